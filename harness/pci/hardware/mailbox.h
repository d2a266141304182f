// harness/pci/hardware/mailbox.h: a host bridge to which configuration requests are messages.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_MAILBOX_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_MAILBOX_H_

#include "harness/pci/hardware/state.h"

namespace cfgtorture::hw {

// `offset` within the bridge's mailbox registers (hardware.h). Anything but an aligned dword reads all ones.
uint32_t MailboxRead(BridgeState& bridge, uint64_t offset, unsigned size);
void MailboxWrite(BridgeState& bridge, uint64_t offset, uint32_t value, unsigned size);

}  // namespace cfgtorture::hw

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_MAILBOX_H_
