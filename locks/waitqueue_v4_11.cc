// locks/waitqueue_v4_11.cc: config access blocking as of v4.11: wakes after pci_lock was dropped.
//
// Models    cdcb33f98244 (v4.11) until v5.8: pci_cfg_access_lock/trylock/unlock and pci_wait_cfg of access.c.
// Legal     every context that pci_lock is legal in; the wake-up not in hardirq under RT.
// Leaves    D-state changes (C11); kernel accesses to a blocked function (C24).
// Against   the list is changed under pci_lock and walked under its own lock (C4): a waiter that another function's
//           unblock woke early unlinks its stack entry while a walk stands on it. The panic of October 2019.
#include "harness/kernel/observer.h"
#include "harness/sdk/registry.h"
#include "harness/sdk/strategy.h"

namespace cfgtorture {
namespace {

class WaitqueueV411 final : public Strategy {
 public:
  void access_lock(Device& dev) override {
    might_sleep();
    pci_lock_.lock_irq();
    if (dev.block_cfg_access.load(std::memory_order_relaxed)) wait_cfg(dev);
    dev.block_cfg_access.store(true, std::memory_order_relaxed);
    pci_lock_.unlock_irq();
  }

  bool access_trylock(Device& dev) override {
    const unsigned long flags = pci_lock_.lock_irqsave();
    const bool locked = !dev.block_cfg_access.load(std::memory_order_relaxed);
    if (locked) dev.block_cfg_access.store(true, std::memory_order_relaxed);
    pci_lock_.unlock_irqrestore(flags);
    return locked;
  }

  void access_unlock(Device& dev) override {
    const unsigned long flags = pci_lock_.lock_irqsave();
    if (!dev.block_cfg_access.load(std::memory_order_relaxed)) {
      observer::Violation(Hazard::kOwner, "pci_cfg_access_unlock() of a function that is not blocked");
    }
    dev.block_cfg_access.store(false, std::memory_order_relaxed);
    pci_lock_.unlock_irqrestore(flags);
    wake_up_all(pci_cfg_wait_);
  }

 private:
  void wait_cfg(Device& dev) override {
    WaitQueueEntry wait;
    __add_wait_queue(pci_cfg_wait_, wait);
    do {
      set_current_state(TaskState::kUninterruptible);
      pci_lock_.unlock_irq();
      schedule();
      pci_lock_.lock_irq();
    } while (dev.block_cfg_access.load(std::memory_order_relaxed));
    __remove_wait_queue(pci_cfg_wait_, wait);
  }
};

const StrategyRegistration kWaitqueueV411{{
    .name = "waitqueue-v4.11",
    .summary = "v4.11 to v5.8: the waiter links itself under pci_lock, the waker walks without it",
    .make = Make<WaitqueueV411>,
}};

}  // namespace
}  // namespace cfgtorture
