// harness/kernel/raw_spinlock.h: raw_spinlock_t: spins with preemption off, in every flavour.
//
// Context  any. One that is ever taken in hardirq must be taken with interrupts off everywhere (lock_irqsave).
// Ordering lock() is an acquire, unlock() a release.
// Source   include/linux/spinlock_api_smp.h; the algorithm is the cell's (spin/algorithm.h).
#ifndef CFGTORTURE_HARNESS_KERNEL_RAW_SPINLOCK_H_
#define CFGTORTURE_HARNESS_KERNEL_RAW_SPINLOCK_H_

#include "harness/kernel/irqflags.h"
#include "harness/kernel/lock_tag.h"
#include "harness/kernel/observer.h"
#include "harness/kernel/spin/algorithm.h"

namespace cfgtorture {

class RawSpinlock {
 public:
  // `name` is the lock's class, a literal; `subclass` orders instances along the topology (observer.h).
  explicit RawSpinlock(const char* name, int subclass = 0) : RawSpinlock(name, CurrentSpinAlgorithm(), subclass) {}
  RawSpinlock(const char* name, SpinAlgorithm algorithm, int subclass = 0)
      : core_(algorithm),
        tag_(observer::LockCreated(this, name, observer::WaitType::kSpin, subclass), algorithm, /*sleeps=*/false) {}
  ~RawSpinlock() {
    const LockTag tag = LockTag::Unseen(tag_);
    observer::LockGone(tag.id());
    core_.Destroy(tag.algorithm());
  }
  RawSpinlock(const RawSpinlock&) = delete;
  RawSpinlock& operator=(const RawSpinlock&) = delete;

  void lock() {
    preempt_disable();
    const LockTag tag = tag_;
    if (!observer::LockWait(tag.id(), observer::How::kExclusive)) return;
    core_.lock(tag.algorithm());
    observer::LockAcquired(tag.id(), observer::How::kExclusive);
  }
  bool try_lock() {
    preempt_disable();
    const LockTag tag = tag_;
    if (!core_.try_lock(tag.algorithm())) {
      preempt_enable();
      return false;
    }
    observer::LockAcquired(tag.id(), observer::How::kTryExclusive);
    return true;
  }
  void unlock() {
    unlock_core();
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
  [[nodiscard]] unsigned long lock_irqsave() {
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
    const LockTag tag = LockTag::Unseen(tag_);
    if (observer::LockReleased(tag.id())) core_.unlock(tag.algorithm());
  }

  SpinCore core_;
  const LockTag tag_;
};

template <class Lock>
class [[nodiscard]] SpinGuard {
 public:
  explicit SpinGuard(Lock& lock) : lock_(lock) { lock_.lock(); }
  ~SpinGuard() { lock_.unlock(); }
  SpinGuard(const SpinGuard&) = delete;
  SpinGuard& operator=(const SpinGuard&) = delete;

 private:
  Lock& lock_;
};

// Interrupts off, and back as they were.
template <class Lock>
class [[nodiscard]] SpinIrqGuard {
 public:
  explicit SpinIrqGuard(Lock& lock) : lock_(lock), flags_(lock.lock_irqsave()) {}
  ~SpinIrqGuard() { lock_.unlock_irqrestore(flags_); }
  SpinIrqGuard(const SpinIrqGuard&) = delete;
  SpinIrqGuard& operator=(const SpinIrqGuard&) = delete;

 private:
  Lock& lock_;
  const unsigned long flags_;
};

using RawSpinGuard = SpinGuard<RawSpinlock>;
using RawSpinIrqGuard = SpinIrqGuard<RawSpinlock>;

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_RAW_SPINLOCK_H_
