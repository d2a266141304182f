// harness/kernel/rwsem.h: struct rw_semaphore. Task context, sleeps. Fair: a queued writer stops new readers, so a
// reader that takes it twice can wait for itself.
#ifndef CFGTORTURE_HARNESS_KERNEL_RWSEM_H_
#define CFGTORTURE_HARNESS_KERNEL_RWSEM_H_

#include "harness/kernel/sleeping_lock.h"

namespace cfgtorture {

class RwSemaphore {
 public:
  explicit RwSemaphore(const char* name, int subclass = 0)
      : core_(name), id_(observer::LockCreated(this, name, observer::WaitType::kSleep, subclass)) {}
  ~RwSemaphore() { observer::LockGone(id_); }
  RwSemaphore(const RwSemaphore&) = delete;
  RwSemaphore& operator=(const RwSemaphore&) = delete;

  void down_read() {
    might_sleep("down_read");
    if (!observer::LockWait(id_, observer::How::kShared)) return;
    core_.lock_shared();
    observer::LockAcquired(id_, observer::How::kShared);
  }
  bool down_read_trylock() {
    if (!core_.try_lock_shared()) return false;
    observer::LockAcquired(id_, observer::How::kTryShared);
    return true;
  }
  void up_read() {
    if (observer::LockReleased(id_)) core_.unlock_shared();
  }
  void down_write() {
    might_sleep("down_write");
    if (!observer::LockWait(id_, observer::How::kExclusive)) return;
    core_.lock();
    observer::LockAcquired(id_, observer::How::kExclusive);
  }
  bool down_write_trylock() {
    if (!core_.try_lock()) return false;
    observer::LockAcquired(id_, observer::How::kTryExclusive);
    return true;
  }
  void up_write() {
    if (observer::LockReleased(id_)) core_.unlock();
  }

 private:
  SleepingLock core_;
  [[no_unique_address]] observer::LockId id_;
};

class [[nodiscard]] ReadGuard {
 public:
  explicit ReadGuard(RwSemaphore& semaphore) : semaphore_(semaphore) { semaphore_.down_read(); }
  ~ReadGuard() { semaphore_.up_read(); }
  ReadGuard(const ReadGuard&) = delete;
  ReadGuard& operator=(const ReadGuard&) = delete;

 private:
  RwSemaphore& semaphore_;
};

class [[nodiscard]] WriteGuard {
 public:
  explicit WriteGuard(RwSemaphore& semaphore) : semaphore_(semaphore) { semaphore_.down_write(); }
  ~WriteGuard() { semaphore_.up_write(); }
  WriteGuard(const WriteGuard&) = delete;
  WriteGuard& operator=(const WriteGuard&) = delete;

 private:
  RwSemaphore& semaphore_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_RWSEM_H_
