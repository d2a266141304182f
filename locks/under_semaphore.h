// locks/under_semaphore.h: what rwsem and percpu-rwsem share: accesses hold one semaphore for read; blocks, D-state
// changes and bus-ops changes hold it for write.
#ifndef CFGTORTURE_LOCKS_UNDER_SEMAPHORE_H_
#define CFGTORTURE_LOCKS_UNDER_SEMAPHORE_H_

#include <atomic>
#include <cerrno>

#include "harness/kernel/irqflags.h"
#include "harness/sdk/strategy.h"

namespace cfgtorture {

template <class Semaphore>
class UnderSemaphore : public Strategy {
 public:
  int read(Device& dev, Offset where, Size size, uint32_t* value) override {
    if (Misaligned(where, size)) return kBadRegisterNumber;
    const bool locked = BeginAccess();
    const int status = BusRead(dev, where, size, value);
    EndAccess(locked);
    return status;
  }
  int write(Device& dev, Offset where, Size size, uint32_t value) override {
    if (Misaligned(where, size)) return kBadRegisterNumber;
    const bool locked = BeginAccess();
    const int status = BusWrite(dev, where, size, value);
    EndAccess(locked);
    return status;
  }

  // Users wait for whoever blocks, themselves included.
  int user_read(Device& dev, Offset where, Size size, uint32_t* value) override {
    *value = ~0u;
    if (Misaligned(where, size)) return -EINVAL;
    changes_.down_read();
    const int status = BusRead(dev, where, size, value);
    changes_.up_read();
    return ErrnoOf(status);
  }
  int user_write(Device& dev, Offset where, Size size, uint32_t value) override {
    if (Misaligned(where, size)) return -EINVAL;
    changes_.down_read();
    const int status = BusWrite(dev, where, size, value);
    changes_.up_read();
    return ErrnoOf(status);
  }

  void access_lock(Device& dev) override {
    BeginChange();
    dev.block_cfg_access.store(true, std::memory_order_relaxed);
  }
  bool access_trylock(Device& dev) override {
    if (Owner()) {
      if (dev.block_cfg_access.load(std::memory_order_relaxed)) return false;
      ++depth_;
    } else {
      if (!changes_.down_write_trylock()) return false;
      TakeOwnership();
    }
    dev.block_cfg_access.store(true, std::memory_order_relaxed);
    return true;
  }
  void access_unlock(Device& dev) override {
    dev.block_cfg_access.store(false, std::memory_order_relaxed);
    EndChange();
  }

  bool intx_mask(Device& dev, bool mask) override {
    const bool locked = BeginAccess();
    const bool changed = CheckAndSetIntx(dev, mask);
    EndAccess(locked);
    return changed;
  }
  // The semaphore sleeps, so it is taken before the spinlocks that these helpers need among themselves.
  int capability_update(Device& dev, Offset reg, uint16_t clear, uint16_t set) override {
    const bool locked = BeginAccess();
    const unsigned long flags = dev.pcie_cap_lock.lock_irqsave();
    const int status = ClearAndSet(dev, reg, clear, set);
    dev.pcie_cap_lock.unlock_irqrestore(flags);
    EndAccess(locked);
    return status;
  }
  void msi_mask(Device& dev, unsigned vector, bool mask) override {
    const Offset where = MsiMaskRegister(dev);
    if (where == 0) return;
    const uint32_t bit = 1u << vector;
    const bool locked = BeginAccess();
    const unsigned long flags = dev.msi_lock.lock_irqsave();
    dev.msi_mask = mask ? dev.msi_mask | bit : dev.msi_mask & ~bit;
    BusWrite(dev, where, Size::kDword, dev.msi_mask);
    dev.msi_lock.unlock_irqrestore(flags);
    EndAccess(locked);
  }

  int set_power_state(Device& dev, PowerState to) override {
    BeginChange();  // held over the recovery time: nobody may meet a function in transition
    const int result = Strategy::set_power_state(dev, to);
    EndChange();
    return result;
  }

  ConfigOps* set_ops(Bus& bus, ConfigOps* ops) override {
    BeginChange();
    ConfigOps* const old = bus.ops;
    bus.ops = ops;
    EndChange();
    return old;
  }

  ConfigOps::Locking ops_locking() const override { return ConfigOps::Locking::kOwn; }

 private:
  static constexpr engine::TaskId kNobody = ~engine::TaskId{0};

  // Whoever holds the semaphore for write has the accesses to himself; taking it for read would wait for himself. An
  // interrupt is never the owner, although it runs in the name of the task that it interrupted.
  bool Owner() const { return !in_hardirq() && owner_.load(std::memory_order_relaxed) == engine::CurrentTask(); }
  void TakeOwnership() {
    owner_.store(engine::CurrentTask(), std::memory_order_relaxed);
    depth_ = 1;
  }

  bool BeginAccess() {
    if (Owner()) return false;
    changes_.down_read();
    return true;
  }
  void EndAccess(bool locked) {
    if (locked) changes_.up_read();
  }
  void BeginChange() {
    if (Owner()) {
      ++depth_;
    } else {
      changes_.down_write();
      TakeOwnership();
    }
  }
  void EndChange() {
    if (--depth_ > 0) return;
    owner_.store(kNobody, std::memory_order_relaxed);
    changes_.up_write();
  }

  Semaphore changes_{"pci_changes"};
  std::atomic<engine::TaskId> owner_{kNobody};  // who holds changes_ for write; only that task acts on its own id
  int depth_ = 0;                               // guarded by changes_ held for write: how often it was taken
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_LOCKS_UNDER_SEMAPHORE_H_
