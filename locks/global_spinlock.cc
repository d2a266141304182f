// locks/global_spinlock.cc: as global-raw-spinlock, but the lock is not raw.
//
// Models    pci_lock before 511dd98ce8cf (v2.6.35), with today's helpers and wait queue around it.
// Legal     every context without RT. Under RT it sleeps: not from hardirq, nor under a raw lock (C16, C17).
// Leaves    D-state changes, as every form of pci_lock does (C11).
// Against   under RT an interrupt that masks an MSI holds the raw descriptor lock and goes to sleep.
#include <cerrno>

#include "harness/kernel/observer.h"
#include "harness/sdk/registers.h"
#include "harness/sdk/registry.h"
#include "harness/sdk/strategy.h"

namespace cfgtorture {
namespace {

class GlobalSpinlock final : public Strategy {
 public:
  int read(Device& dev, Offset where, Size size, uint32_t* value) override {
    if (Misaligned(where, size)) return kBadRegisterNumber;
    const unsigned long flags = lock_.lock_irqsave();
    const int status = BusRead(dev, where, size, value);
    lock_.unlock_irqrestore(flags);
    return status;
  }
  int write(Device& dev, Offset where, Size size, uint32_t value) override {
    if (Misaligned(where, size)) return kBadRegisterNumber;
    const unsigned long flags = lock_.lock_irqsave();
    const int status = BusWrite(dev, where, size, value);
    lock_.unlock_irqrestore(flags);
    return status;
  }

  int user_read(Device& dev, Offset where, Size size, uint32_t* value) override {
    *value = ~0u;
    if (Misaligned(where, size)) return -EINVAL;
    lock_.lock_irq();
    if (dev.block_cfg_access.load(std::memory_order_relaxed)) wait_cfg(dev);
    const int status = BusRead(dev, where, size, value);
    lock_.unlock_irq();
    return ErrnoOf(status);
  }
  int user_write(Device& dev, Offset where, Size size, uint32_t value) override {
    if (Misaligned(where, size)) return -EINVAL;
    lock_.lock_irq();
    if (dev.block_cfg_access.load(std::memory_order_relaxed)) wait_cfg(dev);
    const int status = BusWrite(dev, where, size, value);
    lock_.unlock_irq();
    return ErrnoOf(status);
  }

  void access_lock(Device& dev) override {
    might_sleep();
    lock_.lock_irq();
    if (dev.block_cfg_access.load(std::memory_order_relaxed)) wait_cfg(dev);
    dev.block_cfg_access.store(true, std::memory_order_relaxed);
    lock_.unlock_irq();
  }
  bool access_trylock(Device& dev) override {
    const unsigned long flags = lock_.lock_irqsave();
    const bool locked = !dev.block_cfg_access.load(std::memory_order_relaxed);
    if (locked) dev.block_cfg_access.store(true, std::memory_order_relaxed);
    lock_.unlock_irqrestore(flags);
    return locked;
  }
  void access_unlock(Device& dev) override {
    const unsigned long flags = lock_.lock_irqsave();
    if (!dev.block_cfg_access.load(std::memory_order_relaxed)) {
      observer::Violation(Hazard::kOwner, "pci_cfg_access_unlock() of a function that is not blocked");
    }
    dev.block_cfg_access.store(false, std::memory_order_relaxed);
    lock_.unlock_irqrestore(flags);
    wake_up_all(pci_cfg_wait_);
  }

  bool intx_mask(Device& dev, bool mask) override {
    const unsigned long flags = lock_.lock_irqsave();
    const bool changed = CheckAndSetIntx(dev, mask);
    lock_.unlock_irqrestore(flags);
    return changed;
  }
  int capability_update(Device& dev, Offset reg, uint16_t clear, uint16_t set) override {
    const unsigned long flags = lock_.lock_irqsave();
    const int status = ClearAndSet(dev, reg, clear, set);
    lock_.unlock_irqrestore(flags);
    return status;
  }
  void msi_mask(Device& dev, unsigned vector, bool mask) override {
    const Offset where = MsiMaskRegister(dev);
    if (where == 0) return;
    const uint32_t bit = 1u << vector;
    const unsigned long flags = lock_.lock_irqsave();
    dev.msi_mask = mask ? dev.msi_mask | bit : dev.msi_mask & ~bit;
    BusWrite(dev, where, Size::kDword, dev.msi_mask);
    lock_.unlock_irqrestore(flags);
  }

  ConfigOps* set_ops(Bus& bus, ConfigOps* ops) override {
    const unsigned long flags = lock_.lock_irqsave();
    ConfigOps* const old = bus.ops;
    bus.ops = ops;
    lock_.unlock_irqrestore(flags);
    return old;
  }

 private:
  void wait_cfg(Device& dev) override {
    do {
      lock_.unlock_irq();
      wait_event(pci_cfg_wait_, [&dev] { return !dev.block_cfg_access.load(std::memory_order_relaxed); });
      lock_.lock_irq();
    } while (dev.block_cfg_access.load(std::memory_order_relaxed));
  }

  Spinlock lock_{"pci_lock"};
};

const StrategyRegistration kGlobalSpinlock{{
    .name = "global-spinlock",
    .summary = "as global-raw-spinlock, but sleeping under RT",
    .make = Make<GlobalSpinlock>,
}};

}  // namespace
}  // namespace cfgtorture
