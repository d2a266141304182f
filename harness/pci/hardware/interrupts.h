// harness/pci/hardware/interrupts.h: MSI and INTx of a function, as far as its registers decide about them.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_INTERRUPTS_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_INTERRUPTS_H_

#include "harness/pci/hardware/state.h"

namespace cfgtorture::hw {

// Vectors whose mask bit went from 1 to 0: those that are pending are sent now.
void MsiUnmasked(FunctionState& f, uint32_t unmasked, Slot& self);
// Command was written: an asserted INTx that is no longer disabled interrupts.
void CommandWritten(FunctionState& f, uint32_t old, uint32_t now);

}  // namespace cfgtorture::hw

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_INTERRUPTS_H_
