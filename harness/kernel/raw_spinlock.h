// harness/kernel/raw_spinlock.h: raw_spinlock_t: spins with preemption off, in every flavour.
//
// Context  any. One that is ever taken in hardirq must be taken with interrupts off everywhere (lock_irqsave).
// Ordering lock() is an acquire, unlock() a release.
// Source   include/linux/spinlock_api_smp.h; the algorithm is the cell's (spin/algorithm.h).
#ifndef CFGTORTURE_HARNESS_KERNEL_RAW_SPINLOCK_H_
#define CFGTORTURE_HARNESS_KERNEL_RAW_SPINLOCK_H_

#include "harness/kernel/irqflags.h"
#include "harness/kernel/observer.h"
#include "harness/kernel/spin/algorithm.h"

namespace cfgtorture {

class RawSpinlock {
 public:
  // `name` is the lock's class, a literal; `subclass` orders instances along the topology (observer.h).
  explicit RawSpinlock(const char* name, int subclass = 0) : RawSpinlock(name, CurrentSpinAlgorithm(), subclass) {}
  RawSpinlock(const char* name, SpinAlgorithm algorithm, int subclass = 0)
      : core_(algorithm), id_(observer::LockCreated(this, name, observer::WaitType::kSpin, subclass)) {}
  RawSpinlock(const RawSpinlock&) = delete;
  RawSpinlock& operator=(const RawSpinlock&) = delete;

  void lock() {
    preempt_disable();
    observer::LockWait(id_, observer::How::kExclusive);
    core_.lock();
    observer::LockAcquired(id_, observer::How::kExclusive);
  }
  bool try_lock() {
    preempt_disable();
    if (!core_.try_lock()) {
      preempt_enable();
      return false;
    }
    observer::LockAcquired(id_, observer::How::kTryExclusive);
    return true;
  }
  void unlock() {
    observer::LockReleased(id_);
    core_.unlock();
    preempt_enable();
  }

  void lock_irq() {
    local_irq_disable();
    lock();
  }
  void unlock_irq() {
    unlock_core();
    local_irq_enable();
    preempt_enable();
  }
  unsigned long lock_irqsave() {
    const unsigned long flags = local_irq_save();
    lock();
    return flags;
  }
  void unlock_irqrestore(unsigned long flags) {
    unlock_core();
    local_irq_restore(flags);
    preempt_enable();
  }

 private:
  void unlock_core() {
    observer::LockReleased(id_);
    core_.unlock();
  }

  SpinCore core_;
  [[no_unique_address]] observer::LockId id_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_RAW_SPINLOCK_H_
