// harness/pci/ops/slow_mailbox.h: a host bridge to which a configuration request is a message: send it, wait for the
// answer.
#ifndef CFGTORTURE_HARNESS_PCI_OPS_SLOW_MAILBOX_H_
#define CFGTORTURE_HARNESS_PCI_OPS_SLOW_MAILBOX_H_

#include "harness/pci/hardware/hardware.h"
#include "harness/pci/ops/config_ops.h"
#include "harness/pci/ops/own_lock.h"

namespace cfgtorture {

// Altera's (facts 4, "packet / mailbox"): write the request's registers, ring the doorbell, poll for the completion
// every 5 us, busily, since the caller has IRQs off. The driver leaves the serialising to pci_lock, which is thus held
// for as long as the slowest completion takes; Locking::kOwn brings the lock that a lockless kernel would need.
class SlowMailboxOps final : public ConfigOps {
 public:
  SlowMailboxOps(const hw::BridgeInfo& bridge, Locking locking)
      : mailbox_(bridge.mailbox), mailbox_lock_("mailbox_lock", locking) {}
  int read(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t* value) override;
  int write(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t value) override;

 private:
  void Build(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, bool is_write);
  int SendAndWait(uint32_t* completion);

  const uint64_t mailbox_;
  OwnLock mailbox_lock_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_PCI_OPS_SLOW_MAILBOX_H_
