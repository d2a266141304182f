// harness/pci/hardware/access.h: one configuration request arrives at a function, however it was routed there.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_ACCESS_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_ACCESS_H_

#include "harness/pci/hardware/state.h"

namespace cfgtorture::hw {

constexpr uint32_t Ones(unsigned size) { return size >= 4 ? 0xffffffffu : (1u << (8 * size)) - 1; }

// The function at bus and devfn, or null.
FunctionState* Find(BridgeState& bridge, uint8_t bus, uint8_t devfn);

// A request of 1, 2 or 4 aligned bytes. A function that does not answer reads all ones and drops the write.
uint32_t ReadFunction(FunctionState& f, uint16_t reg, unsigned size, Slot& self, Identity who);
void WriteFunction(FunctionState& f, uint16_t reg, uint32_t value, unsigned size, Slot& self, Identity who);

// The hardware itself changes a register; all writes of registers go through here.
void StoreRegister(FunctionState& f, unsigned offset, uint32_t value, Identity who);

}  // namespace cfgtorture::hw

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_ACCESS_H_
