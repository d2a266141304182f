// locks/waitqueue_locked_add.cc: v4.11 with plain add_wait_queue() and remove_wait_queue(), under pci_lock.
//
// Models    what Wilcox pointed at in October 2019 (C21): the obvious repair of the unlocked list operations.
// Legal     without RT as pci_lock is. Under RT the lock of the queue sleeps, and is taken inside the raw pci_lock.
// Leaves    D-state changes (C11); kernel accesses to a blocked function (C24).
// Against   pci_lock, then the lock of the queue, then (a waker) pi_lock, then (perf's counter) pci_lock: C6 again.
#include "harness/sdk/registry.h"
#include "harness/sdk/strategy.h"

namespace cfgtorture {
namespace {

class WaitqueueLockedAdd final : public Strategy {
 private:
  void wait_cfg(Device& dev) override {
    WaitQueueEntry wait;
    add_wait_queue(pci_cfg_wait_, wait);
    do {
      set_current_state(TaskState::kUninterruptible);
      pci_lock_.unlock_irq();
      schedule();
      pci_lock_.lock_irq();
    } while (dev.block_cfg_access.load(std::memory_order_relaxed));
    remove_wait_queue(pci_cfg_wait_, wait);
  }
};

const StrategyRegistration kWaitqueueLockedAdd{{
    .name = "waitqueue-locked-add",
    .summary = "v4.11, but the waiter links and unlinks itself under the queue's lock, inside pci_lock",
    .make = Make<WaitqueueLockedAdd>,
}};

}  // namespace
}  // namespace cfgtorture
