// harness/kernel/spinlock.h: spinlock_t: as raw without RT; under RT a lock that sleeps (facts 7.1).
//
// Context  without RT as RawSpinlock. Under RT: task and threaded handlers only; lock_irqsave() leaves interrupts on.
//          In hardirq under RT it is illegal (the context judge says so); it then spins, for it cannot sleep.
// Source   include/linux/spinlock.h, spinlock_rt.h, v6.12.
#ifndef CFGTORTURE_HARNESS_KERNEL_SPINLOCK_H_
#define CFGTORTURE_HARNESS_KERNEL_SPINLOCK_H_

#include "harness/kernel/raw_spinlock.h"
#include "harness/kernel/sleeping_lock.h"

namespace cfgtorture {

class Spinlock {
 public:
  explicit Spinlock(const char* name, int subclass = 0)
      : rt_(engine::CurrentFlavour() == engine::Flavour::kRt),
        core_(CurrentSpinAlgorithm()),
        sleeping_(name),
        id_(observer::LockCreated(this, name, observer::WaitType::kConfig, subclass)) {}
  Spinlock(const Spinlock&) = delete;
  Spinlock& operator=(const Spinlock&) = delete;

  void lock() {
    if (!rt_) preempt_disable();
    observer::LockWait(id_, observer::How::kExclusive);
    if (!rt_) {
      core_.lock();
    } else if (in_hardirq()) {
      while (!sleeping_.try_lock()) engine::Relax();
    } else {
      sleeping_.lock();
    }
    observer::LockAcquired(id_, observer::How::kExclusive);
  }
  void unlock() {
    observer::LockReleased(id_);
    if (rt_) {
      sleeping_.unlock();
    } else {
      core_.unlock();
      preempt_enable();
    }
  }

  void lock_irq() {
    if (!rt_) local_irq_disable();
    lock();
  }
  void unlock_irq() {
    unlock();
    if (!rt_) local_irq_enable();
  }
  unsigned long lock_irqsave() {
    const unsigned long flags = rt_ ? 1 : local_irq_save();
    lock();
    return flags;
  }
  void unlock_irqrestore(unsigned long flags) {
    unlock();
    local_irq_restore(flags);
  }

 private:
  const bool rt_;
  SpinCore core_;
  SleepingLock sleeping_;
  [[no_unique_address]] observer::LockId id_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_SPINLOCK_H_
