// harness/pci/hardware/decode.h: the address map of the emulated machine. Firmware tables (BridgeInfo) tell it to
// software; only the machine's builder and decoder know how it is laid out.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_DECODE_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_DECODE_H_

#include <cstdint>

namespace cfgtorture::hw {

inline constexpr uint64_t kEcamBase = uint64_t{0xe0} << 32;
inline constexpr unsigned kEcamShift = 28;  // 256 buses of 1 MiB a bridge
inline constexpr uint64_t kWindowBase = uint64_t{0xf0} << 32;
inline constexpr unsigned kWindowShift = 12;
inline constexpr uint64_t kMailboxBase = uint64_t{0xf8} << 32;
inline constexpr unsigned kMailboxShift = 12;
inline constexpr uint64_t kMsixBase = uint64_t{0xfa} << 32;  // MSI-X tables, one a function
inline constexpr unsigned kMsixShift = 16;                   // 2048 entries of 16 bytes fit

}  // namespace cfgtorture::hw

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_DECODE_H_
