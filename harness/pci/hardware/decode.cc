// harness/pci/hardware/decode.cc: from a port or an address to a function: CF8/CFC, ECAM, the indirect window. The
// mailbox has a file of its own.
//
// Scheduling points name one location each. Through a latch the register is not known before the point, so the data
// half names the latch, as a write: it conflicts with whatever else goes through that latch.
#include "harness/pci/hardware/decode.h"

#include "harness/pci/hardware/access.h"
#include "harness/pci/hardware/mailbox.h"
#include "harness/pci/hardware/monitors.h"
#include "harness/pci/hardware/msix.h"
#include "harness/pci/hardware/notes.h"

namespace cfgtorture::hw {
namespace {

bool Aligned(uint64_t address, unsigned size) { return (size == 1 || size == 2 || size == 4) && address % size == 0; }

void Wait(uint32_t ns) {
  if (ns != 0) engine::DelayNs(ns);
}

// ---- Configuration mechanism 1 (PCI r3.0 3.2.2.3.2) ----

uint32_t Cf8Data(unsigned lane, bool is_write, uint32_t value, unsigned size) {
  engine::DevicePoint(kCf8, /*is_write=*/true);
  Wait(g_machine->latencies.port_ns);
  Slot& self = CurrentSlot();
  const Identity who = self.Innermost(is_write);
  const uint32_t address = g_machine->cf8.address.load(kRelaxed);
  BridgeState* bridge = (address >> 31) ? g_machine->cf8_bridge : nullptr;  // bit 31: enable
  const uint32_t extended = g_machine->cf8_extended.load(kRelaxed) ? address >> 16 & 0xf00 : 0;
  const uint16_t reg = static_cast<uint16_t>(extended | (address & 0xfc) | lane);
  FunctionState* f = bridge == nullptr
                         ? nullptr
                         : Find(*bridge, static_cast<uint8_t>(address >> 16), static_cast<uint8_t>(address >> 8));
  LatchTransferred(g_machine->cf8, "CF8", f, reg, self, who);
  return Request(bridge, f, reg, is_write, value, size, kAllLanes, self, who);
}

void Cf8Address(uint32_t value) {
  engine::DevicePoint(kCf8, /*is_write=*/true);
  Wait(g_machine->latencies.port_ns);
  Slot& self = CurrentSlot();
  if (!g_machine->cf8_dirty.load(kRelaxed)) g_machine->cf8_dirty.store(true, kRelaxed);
  if (engine::Recording()) NoteRegister("CF8", true, value, 4);
  g_machine->cf8.address.store(value, kRelaxed);
  const BridgeId bridge = g_machine->cf8_bridge == nullptr ? kNoFunction : g_machine->cf8_bridge->id;
  LatchAddressed(g_machine->cf8, bridge, self, self.Innermost(true));
}

// ---- ECAM ----

uint32_t Ecam(BridgeState& bridge, uint64_t address, bool is_write, uint32_t value, unsigned size, uint32_t asked) {
  engine::DevicePoint(address & ~uint64_t{3}, is_write);
  Wait(g_machine->latencies.ecam_ns);
  Slot& self = CurrentSlot();
  FunctionState* f = Find(bridge, static_cast<uint8_t>(address >> 20), static_cast<uint8_t>(address >> 12));
  return Request(&bridge, f, static_cast<uint16_t>(address & 0xfff), is_write, value, size, asked, self,
                 self.Innermost(is_write));
}

// ---- The indirect window ----

void Busy(BridgeState& bridge, uint32_t polls) {
  if (!bridge.dirty.load(kRelaxed)) bridge.dirty.store(true, kRelaxed);
  bridge.window_busy.store(polls, kRelaxed);
  engine::DeviceChanged(bridge.info.window + kWindowStatus);
}

uint32_t WindowData(BridgeState& bridge, unsigned lane, bool is_write, uint32_t value, unsigned size) {
  Slot& self = CurrentSlot();
  const Identity who = self.Innermost(is_write);
  const uint32_t select = bridge.window.address.load(kRelaxed);
  // The lane is the selected register's; drivers that also put it on the address bus say the same twice.
  const uint16_t reg = static_cast<uint16_t>((select & 0xfff) | lane);
  FunctionState* f = Find(bridge, static_cast<uint8_t>(select >> 24), static_cast<uint8_t>(select >> 16));
  LatchTransferred(bridge.window, "the window", f, reg, self, who);
  if (!Aligned(reg, size)) return Ones(size);
  return Request(&bridge, f, reg, is_write, value, size, kAllLanes, self, who);
}

uint32_t WindowRead(BridgeState& bridge, uint64_t offset, unsigned size) {
  const bool is_data = offset >= kWindowData && offset < kWindowData + 4;
  // The two data halves and the select register are one latch; the status is polled, hence a location of its own.
  engine::DevicePoint(bridge.info.window + (offset == kWindowStatus ? kWindowStatus : kWindowSelect), is_data);
  Wait(g_machine->latencies.window_register_ns);
  if (is_data) return WindowData(bridge, static_cast<unsigned>(offset & 3), false, 0, size);
  if (size != 4) return Ones(size);
  if (offset == kWindowSelect) return bridge.window.address.load(kRelaxed);
  if (offset != kWindowStatus) return Ones(size);
  const uint32_t busy = bridge.window_busy.load(kRelaxed);
  if (engine::Recording()) NoteRegister("window status", false, busy != 0, 4);
  if (busy != 0) Busy(bridge, busy - 1);  // progress that a poller may wait for
  return busy != 0;
}

void WindowWrite(BridgeState& bridge, uint64_t offset, uint32_t value, unsigned size) {
  engine::DevicePoint(bridge.info.window + (offset == kWindowStatus ? kWindowStatus : kWindowSelect), true);
  Wait(g_machine->latencies.window_register_ns);
  if (offset >= kWindowData && offset < kWindowData + 4) {
    WindowData(bridge, static_cast<unsigned>(offset & 3), true, value, size);
    return;
  }
  if (offset != kWindowSelect || size != 4) return;
  Slot& self = CurrentSlot();
  if (engine::Recording()) NoteRegister("window select", true, value, 4);
  bridge.window.address.store(value, kRelaxed);
  LatchAddressed(bridge.window, bridge.id, self, self.Innermost(true));
  Busy(bridge, g_machine->latencies.window_busy_polls);
}

// Whoever decodes a memory address, or null.
enum class Region { kEcam, kWindow, kMailbox };
struct Target {
  BridgeState* bridge;
  Region region;
};
Target Decode(uint64_t address) {
  if (address < kEcamBase) return {nullptr, Region::kEcam};
  const auto in = [address](Region region, uint64_t base, unsigned shift) -> Target {
    const uint64_t index = (address - base) >> shift;
    return {index < g_machine->bridges.size() ? g_machine->bridges[index].get() : nullptr, region};
  };
  if (address >= kMailboxBase) return in(Region::kMailbox, kMailboxBase, kMailboxShift);
  if (address >= kWindowBase) return in(Region::kWindow, kWindowBase, kWindowShift);
  return in(Region::kEcam, kEcamBase, kEcamShift);
}

// The function whose MSI-X table is there, or null.
FunctionState* MsixTarget(uint64_t address) {
  if (address < kMsixBase) return nullptr;
  const uint64_t index = (address - kMsixBase) >> kMsixShift;
  if (index >= g_machine->functions.size()) return nullptr;
  FunctionState* const f = g_machine->functions[index].get();
  return f->info.msix_vectors == 0 ? nullptr : f;
}

}  // namespace

uint32_t PortRead(uint16_t port, unsigned size) {
  if (port >= kCfc && port < kCfc + 4 && Aligned(port, size)) return Cf8Data(port & 3, false, 0, size);
  engine::DevicePoint(port, /*is_write=*/false);
  Wait(g_machine->latencies.port_ns);
  if (port != kCf8 || size != 4) return Ones(size);  // only dwords reach the address register
  return g_machine->cf8.address.load(kRelaxed);
}

void PortWrite(uint16_t port, uint32_t value, unsigned size) {
  if (port == kCf8 && size == 4) return Cf8Address(value);
  if (port >= kCfc && port < kCfc + 4 && Aligned(port, size)) {
    Cf8Data(port & 3, true, value, size);
    return;
  }
  engine::DevicePoint(port, /*is_write=*/true);
}

uint32_t MmioRead(uint64_t address, unsigned size) {
  if (FunctionState* const f = MsixTarget(address)) return MsixRead(*f, address - f->info.msix_table, size);
  const Target target = Decode(address);
  if (target.bridge == nullptr || !Aligned(address, size)) return Ones(size);
  if (target.region == Region::kWindow) return WindowRead(*target.bridge, address & 0xfff, size);
  if (target.region == Region::kMailbox) return MailboxRead(*target.bridge, address & 0xfff, size);
  return Ecam(*target.bridge, address, false, 0, size, kAllLanes);
}

void MmioWrite(uint64_t address, uint32_t value, unsigned size) {
  if (FunctionState* const f = MsixTarget(address)) return MsixWrite(*f, address - f->info.msix_table, value, size);
  const Target target = Decode(address);
  if (target.bridge == nullptr || !Aligned(address, size)) return;
  if (target.region == Region::kWindow) return WindowWrite(*target.bridge, address & 0xfff, value, size);
  if (target.region == Region::kMailbox) return MailboxWrite(*target.bridge, address & 0xfff, value, size);
  Ecam(*target.bridge, address, true, value, size, kAllLanes);
}

uint32_t MmioReadWhole(uint64_t address, uint32_t asked) {
  const Target target = Decode(address);
  if (target.bridge == nullptr || target.region != Region::kEcam || !Aligned(address, 4)) return kAllLanes;
  return Ecam(*target.bridge, address, false, 0, 4, asked);
}

void MmioWriteWhole(uint64_t address, uint32_t value, uint32_t asked) {
  const Target target = Decode(address);
  if (target.bridge == nullptr || target.region != Region::kEcam || !Aligned(address, 4)) return;
  Ecam(*target.bridge, address, true, value, 4, asked);
}

void EnableExtendedCf8() {
  if (!g_machine->cf8_dirty.load(kRelaxed)) g_machine->cf8_dirty.store(true, kRelaxed);
  g_machine->cf8_extended.store(true, kRelaxed);
}

}  // namespace cfgtorture::hw
