// locks/waitqueue_v3_3.cc: config access blocking as of v3.3: pci_lock covers the wait list, and the wake-up.
//
// Models    fb51ccbf217c (v3.3) until v4.10: pci_cfg_access_lock/trylock/unlock and pci_wait_ucfg of access.c.
// Legal     without RT as pci_lock is. Under RT the wake-up takes the queue's sleeping lock inside the raw pci_lock.
// Leaves    D-state changes (C11); kernel accesses to a blocked function (C24).
// Against   a wake-up takes pi_lock inside pci_lock; perf reads a counter under pi_lock and wants pci_lock (C6,
//           cdcb33f98244). The list itself is safe (C5).
#include "harness/kernel/observer.h"
#include "harness/sdk/registry.h"
#include "harness/sdk/strategy.h"

namespace cfgtorture {
namespace {

class WaitqueueV33 final : public Strategy {
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
    wake_up_all(pci_cfg_wait_);
    pci_lock_.unlock_irqrestore(flags);
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

const StrategyRegistration kWaitqueueV33{{
    .name = "waitqueue-v3.3",
    .summary = "v3.3 to v4.10: the waiter links itself and the waker walks under pci_lock",
    .make = Make<WaitqueueV33>,
}};

}  // namespace
}  // namespace cfgtorture
