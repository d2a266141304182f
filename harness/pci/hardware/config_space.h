// harness/pci/hardware/config_space.h: what each bit of a function's configuration space does.
//
// Pure: an image in, masks and offsets out. A bit is read-only unless its register says otherwise; the masks follow
// from the header type and from the capabilities that the image has (PCIe Base r5.0 7.5 to 7.9, PCI r3.0 6, PCI-to-PCI
// Bridge r1.2, PM r1.2). What a dump cannot tell is assumed here, and said.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_CONFIG_SPACE_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_CONFIG_SPACE_H_

#include <cstdint>
#include <vector>

#include "harness/pci/topology/topology.h"

namespace cfgtorture::hw {

// Registers that the hardware itself acts on; all of them by dword.
inline constexpr unsigned kCommand = 0x04;  // Status in the high half
inline constexpr uint32_t kCommandIntxDisable = 1u << 10;
inline constexpr uint32_t kStatusIntx = 1u << 19;  // Interrupt Status, in the dword at kCommand
inline constexpr unsigned kBistDword = 0x0c;       // BIST in the highest byte
inline constexpr uint32_t kBistCapable = 1u << 31, kBistStart = 1u << 30;
inline constexpr unsigned kBridgeControlDword = 0x3c;  // Bridge Control in the high half
inline constexpr uint32_t kBridgeReset = 1u << 22;     // Secondary Bus Reset, in that dword
inline constexpr uint32_t kDeviceControlFlr = 1u << 15;
inline constexpr uint32_t kNoSoftReset = 1u << 3;  // of PMCSR

struct ConfigSpace {
  uint16_t bytes = 256;     // 256 or 4096
  uint8_t header_type = 0;  // 0 or 1
  bool has_intx = false;
  bool has_bist = false;
  uint8_t secondary_bus = 0, subordinate_bus = 0;

  // Offsets, 0 where there is none.
  uint8_t pm = 0, msi = 0, msix = 0, pcie = 0, af = 0;
  uint16_t aer = 0, serial_number = 0, sriov = 0;

  bool has_d1 = false, has_d2 = false;
  bool msi_64bit = false, msi_maskable = false;
  uint8_t msi_vectors = 0;
  uint8_t pcie_type = 0;                                      // Device/Port Type: 0 endpoint, 4 root port, ...
  bool has_flr = false;                                       // through the PCIe capability
  bool has_af_flr = false;                                    // through Advanced Features
  uint16_t vf_first_offset = 0, vf_stride = 0, vf_count = 0;  // SR-IOV: routing IDs of the enabled VFs

  // By dword. Bits in neither mask are read-only.
  std::vector<uint32_t> initial;   // as the dump has it: the running machine
  std::vector<uint32_t> power_on;  // after a reset: writable bits are 0
  std::vector<uint32_t> rw;
  std::vector<uint32_t> rw1c;

  unsigned msi_data() const { return msi + (msi_64bit ? 0x0cu : 0x08u); }
  unsigned msi_mask() const { return msi + (msi_64bit ? 0x10u : 0x0cu); }  // if msi_maskable; pending follows
};

ConfigSpace MakeConfigSpace(const topology::FunctionImage& image);

// A VF has no INTx, no Vendor and Device ID (all ones: whoever waits for it polls Command instead) and a Command
// register of which only bus master is real (SR-IOV r1.1 3.4.1).
void MakeVirtualFunction(ConfigSpace* space);

// True if a function-level reset leaves this dword alone: the link's state is not the function's (r5.0 6.6.2).
bool SurvivesFlr(const ConfigSpace& space, unsigned offset);

}  // namespace cfgtorture::hw

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_CONFIG_SPACE_H_
