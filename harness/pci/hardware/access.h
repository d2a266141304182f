// harness/pci/hardware/access.h: one configuration request arrives at a function, however it was routed there.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_ACCESS_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_ACCESS_H_

#include "harness/pci/hardware/state.h"

namespace cfgtorture::hw {

constexpr uint32_t Ones(unsigned size) { return size >= 4 ? 0xffffffffu : (1u << (8 * size)) - 1; }

// The function at bus and devfn, or null.
FunctionState* Find(BridgeState& bridge, uint8_t bus, uint8_t devfn);

// Bits of the dword that an access of `size` bytes at `reg` moves.
constexpr uint32_t Lanes(uint16_t reg, unsigned size) { return Ones(size) << (8 * (reg & 3)); }
inline constexpr uint32_t kAllLanes = 0xffffffff;

// A configuration request of 1, 2 or 4 aligned bytes leaves a host bridge; `f` is whom it addresses, or null. A
// function that is not there or does not answer reads all ones and drops the write. `asked`: the bits that it is about,
// where the bridge could not ask for these alone.
uint32_t Request(const BridgeState* bridge, FunctionState* f, uint16_t reg, bool is_write, uint32_t value,
                 unsigned size, uint32_t asked, Slot& self, Identity who);

// The hardware itself changes a register; all writes of registers go through here.
void StoreRegister(FunctionState& f, unsigned offset, uint32_t value, Identity who);

}  // namespace cfgtorture::hw

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_ACCESS_H_
