// harness/kernel/mutex.h: struct mutex. Task context, sleeps; released by who took it.
#ifndef CFGTORTURE_HARNESS_KERNEL_MUTEX_H_
#define CFGTORTURE_HARNESS_KERNEL_MUTEX_H_

#include "harness/kernel/sleeping_lock.h"

namespace cfgtorture {

class Mutex {
 public:
  explicit Mutex(const char* name, int subclass = 0)
      : core_(name), id_(observer::LockCreated(this, name, observer::WaitType::kSleep, subclass)) {}
  ~Mutex() { observer::LockGone(id_); }
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() {
    might_sleep("mutex_lock");
    if (!observer::LockWait(id_, observer::How::kExclusive)) return;
    core_.lock();
    observer::LockAcquired(id_, observer::How::kExclusive);
  }
  bool try_lock() {
    if (!core_.try_lock()) return false;
    observer::LockAcquired(id_, observer::How::kTryExclusive);
    return true;
  }
  void unlock() {
    if (observer::LockReleased(id_)) core_.unlock();
  }

 private:
  SleepingLock core_;
  [[no_unique_address]] observer::LockId id_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_MUTEX_H_
