// locks/waitqueue_v5_9.cc: config access blocking as of v5.9: waits by wait_event, with pci_lock dropped.
//
// Models    2a7e32d0547f (v5.9) until 6.12: pci_cfg_access_lock/trylock/unlock and pci_wait_cfg of access.c.
// Legal     every context that pci_lock is legal in; the wake-up not in hardirq under RT.
// Leaves    D-state changes (C11); kernel accesses to a blocked function (C24).
// Against   nothing that the thread knows of; one lock for the whole machine (C13, C26).
#include "harness/kernel/observer.h"
#include "harness/sdk/registry.h"
#include "harness/sdk/strategy.h"

namespace cfgtorture {
namespace {

class WaitqueueV59 final : public Strategy {
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
    do {
      pci_lock_.unlock_irq();
      wait_event(pci_cfg_wait_, [&dev] { return !dev.block_cfg_access.load(std::memory_order_relaxed); });
      pci_lock_.lock_irq();
    } while (dev.block_cfg_access.load(std::memory_order_relaxed));
  }
};

const StrategyRegistration kWaitqueueV59{{
    .name = "waitqueue-v5.9",
    .summary = "v5.9 on: wait_event outside pci_lock, and look again under it",
    .make = Make<WaitqueueV59>,
}};

}  // namespace
}  // namespace cfgtorture
