// harness/kernel/spinlock.h: spinlock_t: as raw without RT; under RT a lock that sleeps (facts 7.1).
//
// Context  without RT as RawSpinlock. Under RT: task and threaded handlers only; lock_irqsave() leaves interrupts on.
//          Elsewhere under RT it is illegal (the context judge says so); it then spins, for it cannot sleep.
// Source   include/linux/spinlock.h, spinlock_rt.h, v6.12.
#ifndef CFGTORTURE_HARNESS_KERNEL_SPINLOCK_H_
#define CFGTORTURE_HARNESS_KERNEL_SPINLOCK_H_

#include "harness/kernel/raw_spinlock.h"
#include "harness/kernel/sleeping_lock.h"

namespace cfgtorture {

class Spinlock {
 public:
  explicit Spinlock(const char* name, int subclass = 0)
      : tag_(observer::LockCreated(this, name, observer::WaitType::kConfig, subclass), CurrentSpinAlgorithm(),
             engine::CurrentFlavour() == engine::Flavour::kRt) {
    if (tag_.sleeps()) {
      new (&sleeping_) SleepingLock(name);
    } else {
      new (&core_) SpinCore(tag_.algorithm());
    }
  }
  ~Spinlock() {
    const LockTag tag = LockTag::Unseen(tag_);
    observer::LockGone(tag.id());
    if (tag.sleeps()) {
      sleeping_.~SleepingLock();
    } else {
      core_.Destroy(tag.algorithm());
    }
  }
  Spinlock(const Spinlock&) = delete;
  Spinlock& operator=(const Spinlock&) = delete;

  void lock() {
    const LockTag tag = tag_;
    if (!tag.sleeps()) preempt_disable();
    Acquire(tag);
  }
  void unlock() {
    const LockTag tag = LockTag::Unseen(tag_);
    Release(tag);
    if (!tag.sleeps()) preempt_enable();
  }
  bool try_lock() {
    const LockTag tag = tag_;
    if (!tag.sleeps()) preempt_disable();
    if (tag.sleeps() ? sleeping_.try_lock() : core_.try_lock(tag.algorithm())) {
      observer::LockAcquired(tag.id(), observer::How::kTryExclusive);
      return true;
    }
    if (!tag.sleeps()) preempt_enable();
    return false;
  }

  void lock_irq() {
    const LockTag tag = tag_;
    if (!tag.sleeps()) {
      local_irq_disable();
      preempt_disable();
    }
    Acquire(tag);
  }
  void unlock_irq() {
    const LockTag tag = LockTag::Unseen(tag_);
    Release(tag);
    if (tag.sleeps()) return;
    local_irq_enable();
    preempt_enable();
  }
  [[nodiscard]] unsigned long lock_irqsave() {
    const LockTag tag = tag_;
    unsigned long flags = 0;
    if (!tag.sleeps()) {
      flags = local_irq_save();
      preempt_disable();
    }
    Acquire(tag);
    return flags;
  }
  void unlock_irqrestore(unsigned long flags) {
    const LockTag tag = LockTag::Unseen(tag_);
    Release(tag);
    if (tag.sleeps()) return;
    local_irq_restore(flags);
    preempt_enable();
  }

 private:
  void Acquire(LockTag tag) {
    if (!observer::LockWait(tag.id(), observer::How::kExclusive)) return;
    if (tag.sleeps()) {
      sleeping_.lock();
    } else {
      core_.lock(tag.algorithm());
    }
    observer::LockAcquired(tag.id(), observer::How::kExclusive);
  }
  void Release(LockTag tag) {
    if (!observer::LockReleased(tag.id())) return;
    if (tag.sleeps()) {
      sleeping_.unlock();
    } else {
      core_.unlock(tag.algorithm());
    }
  }

  union {
    SpinCore core_;
    SleepingLock sleeping_;
  };
  const LockTag tag_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_SPINLOCK_H_
