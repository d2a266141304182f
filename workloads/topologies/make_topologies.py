#!/usr/bin/env python3
"""Writes the topologies that are shipped, as `lspci -xxx`/`-xxxx` text: pair.txt, vfio-nic.txt, legacy-pci.txt.

Made by us, register by register; vendor, device and class numbers are those of real parts, so that lspci names them.
Usage: make_topologies.py [DIRECTORY]     (default: the script's own)
"""

import os
import sys

COMMENT = "# Made by workloads/topologies/make_topologies.py; edit that, not this.\n"


class Function:
    """A configuration space under construction. Capabilities are chained in the order in which they are added."""

    def __init__(self, name, title, vendor, device, cls, size=256, revision=1, header=0, multi=False):
        self.name, self.title = name, title
        self.bytes = bytearray(size)
        self.last = 0x34  # where the next capability's offset goes
        self.last_ext = None
        self.put(0x00, vendor, 2)
        self.put(0x02, device, 2)
        self.put(0x08, revision, 1)
        self.put(0x09, cls, 3)
        self.put(0x0C, 0x10, 1)
        self.put(0x0E, header | (0x80 if multi else 0), 1)

    def put(self, at, value, size):
        self.bytes[at : at + size] = value.to_bytes(size, "little")

    def get(self, at, size):
        return int.from_bytes(self.bytes[at : at + size], "little")

    def command(self, value, status=0):
        self.put(0x04, value, 2)
        self.put(0x06, self.get(0x06, 2) | status, 2)
        return self

    def bars(self, *values):
        for i, value in enumerate(values):
            self.put(0x10 + 4 * i, value, 4)
        return self

    def subsystem(self, vendor, device):
        self.put(0x2C, vendor, 2)
        self.put(0x2E, device, 2)
        return self

    def interrupt(self, line, pin):
        self.put(0x3C, line, 1)
        self.put(0x3D, pin, 1)
        return self

    def bridge(self, primary, secondary, subordinate, memory=(0xFFF0, 0x0000), prefetch=(0xFFF1, 0x0001), io=(0xF1, 0x01),
               control=0x0003):
        self.bytes[0x18:0x1B] = bytes([primary, secondary, subordinate])
        self.bytes[0x1C:0x1E] = bytes(io)
        for at, pair in ((0x20, memory), (0x24, prefetch)):
            self.put(at, pair[0], 2)
            self.put(at + 2, pair[1], 2)
        self.put(0x3E, control, 2)
        return self

    def capability(self, at, ident):
        self.put(0x06, self.get(0x06, 2) | 0x10, 2)
        self.bytes[self.last] = at
        self.bytes[at] = ident
        self.last = at + 1

    def extended(self, at, ident, version):
        if self.last_ext is not None:
            self.put(self.last_ext, self.get(self.last_ext, 4) | at << 20, 4)
        else:
            assert at == 0x100
        self.put(at, ident | version << 16, 4)
        self.last_ext = at

    def pm(self, at, no_soft_reset, d1_d2=False):
        self.capability(at, 0x01)
        self.put(at + 2, 0xC803 | (0x0600 if d1_d2 else 0), 2)  # version 3, PME from D0, D3hot and D3cold
        self.put(at + 4, 0x0008 if no_soft_reset else 0, 2)
        return self

    def msi(self, at, log2_vectors, is64=True, maskable=True, enabled=False, address=0, data=0):
        self.capability(at, 0x05)
        enable = 1 | log2_vectors << 4 if enabled else 0
        self.put(at + 2, enable | log2_vectors << 1 | (0x80 if is64 else 0) | (0x100 if maskable else 0), 2)
        self.put(at + 4, address, 4)
        self.put(at + (0x0C if is64 else 0x08), data, 2)
        return self

    def msix(self, at, vectors, bar, table, pba, enabled=False):
        self.capability(at, 0x11)
        self.put(at + 2, (vectors - 1) | (0x8000 if enabled else 0), 2)
        self.put(at + 4, table | bar, 4)
        self.put(at + 8, pba | bar, 4)
        return self

    def pcie(self, at, kind, speed, width, flr=False, slot=None, rrs=False):
        """kind: 0 endpoint, 4 root port. speed: 1 is 2.5 GT/s, 3 is 8 GT/s, 4 is 16 GT/s."""
        self.capability(at, 0x10)
        self.put(at + 0x02, 2 | kind << 4 | (0x100 if slot is not None else 0), 2)
        self.put(at + 0x04, 0x00008002 | (0x10000000 if flr else 0), 4)  # 512 bytes, role-based errors
        self.put(at + 0x08, 0x2036 if kind == 0 else 0x0026, 2)
        self.put(at + 0x0C, speed | width << 4 | 3 << 10 | (0x00100000 if kind == 4 else 0), 4)
        self.put(at + 0x10, 0x0040, 2)  # common clock
        self.put(at + 0x12, speed | width << 4 | 0x1000 | (0x2000 if kind == 4 else 0), 2)
        if slot is not None:
            self.put(at + 0x14, slot << 19 | 0x60, 4)  # hot-plug capable, surprise
            self.put(at + 0x18, 0x0038, 2)
            self.put(at + 0x1A, 0x0040, 2)  # presence
        if kind == 4:
            self.put(at + 0x1C, 0x0018 if rrs else 0x0008, 2)
            self.put(at + 0x1E, 0x0001 if rrs else 0, 2)
        self.put(at + 0x24, 0x0000001F, 4)
        self.put(at + 0x2C, ((1 << speed) - 1) << 1, 4)
        self.put(at + 0x30, speed, 2)
        return self

    def aer(self, at, root=False):
        self.extended(at, 0x0001, 2)
        self.put(at + 0x0C, 0x00462030, 4)
        self.put(at + 0x14, 0x2000, 4)
        self.put(at + 0x18, 0xA0, 4)
        if root:
            self.put(at + 0x2C, 7, 4)
        return self

    def serial_number(self, at, number):
        self.extended(at, 0x0003, 1)
        self.put(at + 4, number, 8)
        return self

    def sriov(self, at, total, enabled, offset, stride, vf_device):
        self.extended(at, 0x0010, 1)
        self.put(at + 0x04, 2, 4)
        self.put(at + 0x08, 0x0009 if enabled else 0, 2)  # VF enable, VF memory space
        self.put(at + 0x0C, total, 2)
        self.put(at + 0x0E, total, 2)
        self.put(at + 0x10, total if enabled else 0, 2)
        self.put(at + 0x14, offset, 2)
        self.put(at + 0x16, stride, 2)
        self.put(at + 0x1A, vf_device, 2)
        self.put(at + 0x1C, 0x553, 4)
        self.put(at + 0x20, 1, 4)
        self.put(at + 0x24, 0x0000000C, 4)
        self.put(at + 0x28, 0x00002080, 4)
        return self

    def text(self):
        lines = [f"{self.name} {self.title}"]
        for at in range(0, len(self.bytes), 16):
            lines.append(f"{at:02x}: " + " ".join(f"{b:02x}" for b in self.bytes[at : at + 16]))
        return "\n".join(lines) + "\n\n"


def pair():
    """The smallest machine that has everything the probes need: one hot-plug root port, one two-function endpoint.

    The real I350 has one MSI vector; ours announces four, so that several vectors can share one mask register.
    """
    port = Function("0000:00:1c.0", "PCI bridge: Intel Corporation Sunrise Point-H PCI Express Root Port #1 (rev f1)",
                    0x8086, 0xA110, 0x060400, revision=0xF1, header=1, multi=True)
    port.command(0x0407).interrupt(16, 1).bridge(0, 3, 3, memory=(0xDF00, 0xDF10))
    port.pcie(0x40, 4, 3, 4, slot=1, rrs=True).msi(0x80, 0, is64=False, maskable=False).pm(0xA0, no_soft_reset=True)
    out = [port]
    for n in (0, 1):
        f = Function(f"0000:03:00.{n}", "Ethernet controller: Intel Corporation I350 Gigabit Network Connection (rev 01)",
                     0x8086, 0x1521, 0x020000, multi=True)
        f.command(0x0406).bars(0xDF000000 + n * 0x80000, 0, 0, 0xDF100000 + n * 0x4000).subsystem(0x8086, 0x0001)
        f.interrupt(16 + n, 1 + n)
        f.pm(0x40, no_soft_reset=True, d1_d2=True)
        f.msi(0x50, 2, enabled=True, address=0xFEE00000, data=0x0040 + 8 * n)
        f.msix(0x70, 10, 3, 0x0, 0x2000).pcie(0xA0, 0, 2, 4, flr=True)
        out.append(f)
    return out


def vfio_nic():
    """The reporter's machine in small: a Kunpeng 920's root ports, a multi-function NIC whose VFs are 06:02.0 to 06:03.7
    (those that came up in the 2019 report are 06:02.7 to 06:03.7), and an NVMe disk in a hot-plug slot.

    VFs are dumped with 256 bytes, to keep the file small; all ones is what a VF's Vendor and Device ID read.
    """
    out = []
    for device, secondary, slot in ((0x04, 0x06, 4), (0x0C, 0x81, 12)):
        port = Function(f"0000:00:{device:02x}.0", "PCI bridge: Huawei Technologies Co., Ltd. HiSilicon PCIe Root Port with "
                        "Gen4 (rev 21)", 0x19E5, 0xA120, 0x060400, size=4096, revision=0x21, header=1)
        port.command(0x0507).interrupt(0xFF, 1).bridge(0, secondary, secondary, memory=(0xE100, 0xE1F0))
        port.pcie(0x40, 4, 4, 8, slot=slot, rrs=True).msi(0x80, 5, enabled=True, address=0xFEE00000, data=0x30)
        port.pm(0xA0, no_soft_reset=False).aer(0x100, root=True)
        out.append(port)
    for n in range(4):
        pf = Function(f"0000:06:00.{n}", "Ethernet controller: Huawei Technologies Co., Ltd. Hi1822 Family (4*25GE) (rev 45)",
                      0x19E5, 0x1822, 0x020000, size=4096, revision=0x45, multi=True)
        pf.command(0x0406).bars(0x0000000C, 0x2080 + n, 0x0000000C, 0x2090 + n).subsystem(0x19E5, 0xD129)
        pf.interrupt(0, 1 + n)
        pf.pcie(0x40, 0, 3, 8, flr=True).msi(0x80, 5).msix(0xA0, 32, 2, 0x0, 0x4000, enabled=True)
        pf.pm(0xB0, no_soft_reset=False)
        pf.aer(0x100).serial_number(0x150, 0x0446A1FFFF000000 + n)
        pf.sriov(0x200, total=16, enabled=n == 0, offset=0x10, stride=1, vf_device=0x375E)
        out.append(pf)
    for i in range(16):
        devfn = 0x10 + i
        vf = Function(f"0000:06:{devfn >> 3:02x}.{devfn & 7}", "Ethernet controller: Huawei Technologies Co., Ltd. Hi1822 "
                      "Family Virtual Function (rev 45)", 0xFFFF, 0xFFFF, 0x020000, revision=0x45)
        vf.command(0x0004).subsystem(0x19E5, 0xD129)
        vf.pcie(0x40, 0, 3, 8, flr=True).msi(0x80, 5).msix(0xA0, 32, 2, 0x0, 0x4000)
        out.append(vf)
    disk = Function("0000:81:00.0", "Non-Volatile memory controller: Samsung Electronics Co Ltd NVMe SSD Controller "
                    "SM981/PM981/PM983", 0x144D, 0xA808, 0x010802, size=4096, revision=0)
    disk.command(0x0406).bars(0xE1100004, 0).subsystem(0x144D, 0xA801).interrupt(0xFF, 1)
    disk.pm(0x40, no_soft_reset=False).msi(0x50, 5, maskable=False).pcie(0x70, 0, 3, 4, flr=True)
    disk.msix(0xB0, 33, 0, 0x3000, 0x2000, enabled=True).aer(0x100).serial_number(0x148, 0)
    out.append(disk)
    return out


def legacy_pci():
    """Conventional PCI: 256-byte spaces, no PCIe capability, a PCI-to-PCI bridge, and a second domain behind a PCI-X
    host bridge."""
    host = Function("0000:00:00.0", "Host bridge: Intel Corporation 440BX/ZX/DX - 82443BX/ZX/DX Host bridge (rev 03)",
                    0x8086, 0x7190, 0x060000, revision=3).command(0x0106, 0x2200)
    isa = Function("0000:00:07.0", "ISA bridge: Intel Corporation 82371AB/EB/MB PIIX4 ISA (rev 02)",
                   0x8086, 0x7110, 0x060100, revision=2, multi=True).command(0x000F, 0x0280)
    bridge = Function("0000:00:1e.0", "PCI bridge: Digital Equipment Corporation DECchip 21152 (rev 03)",
                      0x1011, 0x0024, 0x060400, revision=3, header=1)
    bridge.command(0x0107, 0x0290).bridge(0, 1, 1, memory=(0xFE90, 0xFEA0), io=(0xD1, 0xD1), control=0x0023)
    bridge.pm(0xDC, no_soft_reset=False)
    out = [host, isa, bridge]
    for device, io, memory in ((4, 0xD001, 0xFEA00000), (5, 0xD101, 0xFEA01000)):
        nic = Function(f"0000:01:{device:02x}.0", "Ethernet controller: Realtek Semiconductor Co., Ltd. "
                       "RTL-8100/8101L/8139 PCI Fast Ethernet Adapter (rev 10)", 0x10EC, 0x8139, 0x020000, revision=0x10)
        nic.command(0x0007, 0x0290).bars(io, memory).subsystem(0x10EC, 0x8139).interrupt(10 + device % 2, 1)
        nic.bytes[0x0D] = 0x40
        nic.pm(0x50, no_soft_reset=False, d1_d2=True)
        out.append(nic)
    remote = Function("0001:00:02.0", "PCI bridge: IBM EADS-X PCI-X to PCI-X Bridge (rev 03)",
                      0x1014, 0x0188, 0x060400, revision=3, header=1)
    remote.command(0x0147, 0x0230).bridge(0, 1, 1, memory=(0xC010, 0xC020)).pm(0x90, no_soft_reset=False)
    disks = Function("0001:01:01.0", "SCSI storage controller: Broadcom / LSI 53c1030 PCI-X Fusion-MPT Dual Ultra320 SCSI "
                     "(rev 07)", 0x1000, 0x0030, 0x010000, revision=7)
    disks.command(0x0006, 0x0230).bars(0x00E101, 0xC0140004, 0, 0xC0150004, 0).subsystem(0x1000, 0x1030).interrupt(24, 1)
    disks.pm(0x50, no_soft_reset=False, d1_d2=True).msi(0x58, 0, maskable=False)
    return out + [remote, disks]


def main():
    directory = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    for name, functions in (("pair", pair()), ("vfio-nic", vfio_nic()), ("legacy-pci", legacy_pci())):
        with open(os.path.join(directory, name + ".txt"), "w", encoding="ascii") as out:
            out.write(COMMENT)
            for function in functions:
                out.write(function.text())


if __name__ == "__main__":
    main()
