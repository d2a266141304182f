// locks/waitqueue_2019_a.cc: the repair proposed in December 2019: link under the lock of the queue, but too late.
//
// Models    pci_wait_cfg of Zheng's third patch ("A" in the discussion of June 2020, C22), on access.c of v4.11; never
//           merged. Its waiter sets its state, drops pci_lock, links itself under the lock of the queue, and sleeps.
// Legal     as waitqueue-v4.11.
// Leaves    D-state changes (C11); kernel accesses to a blocked function (C24).
// Against   it does not look at the flag again once it is linked: an unblock between the drop of pci_lock and the link
//           finds an empty queue, and the waiter sleeps until some other function is unblocked. The thread held it to
//           "probably work".
#include "harness/sdk/registry.h"
#include "harness/sdk/strategy.h"

namespace cfgtorture {
namespace {

class Waitqueue2019A final : public Strategy {
 private:
  void wait_cfg(Device& dev) override {
    WaitQueueEntry wait;
    observer::WaitBegin(&pci_cfg_wait_, pci_cfg_wait_.name());
    do {
      set_current_state(TaskState::kUninterruptible);
      pci_lock_.unlock_irq();
      add_wait_queue(pci_cfg_wait_, wait);
      schedule();
      remove_wait_queue(pci_cfg_wait_, wait);
      pci_lock_.lock_irq();
    } while (dev.block_cfg_access.load(std::memory_order_relaxed));
    observer::WaitEnd(&pci_cfg_wait_);
  }
};

const StrategyRegistration kWaitqueue2019A{{
    .name = "waitqueue-2019-a",
    .summary = "proposed in December 2019: links under the queue's lock, after pci_lock was dropped",
    .make = Make<Waitqueue2019A>,
}};

}  // namespace
}  // namespace cfgtorture
