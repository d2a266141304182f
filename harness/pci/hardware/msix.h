// harness/pci/hardware/msix.h: the MSI-X table: registers in the function's memory space (PCIe Base r5.0 7.7.2).
//
// An entry is four dwords: address low, address high, data, vector control, whose bit 0 masks it. The device reads an
// entry when it signals. What it reads of an unmasked entry that is being changed is undefined by the specification:
// here the words as they stand, of which torn_message.cc judges.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_MSIX_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_MSIX_H_

#include "harness/pci/hardware/state.h"

namespace cfgtorture::hw {

// `offset` within the function's table. Beyond it, and anything but an aligned dword, reads all ones; so does a
// function that is gone, not in D0, in reset or without Memory Space enabled.
uint32_t MsixRead(FunctionState& f, uint64_t offset, unsigned size);
void MsixWrite(FunctionState& f, uint64_t offset, uint32_t value, unsigned size);
// Message Control was written: entries that the function mask held back are sent.
void MsixControlWritten(FunctionState& f, Slot& self);
void ResetMsix(FunctionState& f);

}  // namespace cfgtorture::hw

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_MSIX_H_
