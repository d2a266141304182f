// harness/kernel/sleeping_lock.h: the blocking reader/writer lock that Mutex, RwSemaphore and, under rt, Spinlock stand on.
//
// count_: bit 0 writer, bit 1 waiters, readers from bit 8. The fast paths are one read-modify-write; who cannot have it
// queues FIFO and is handed the lock by whoever releases it, so a queued writer stops new readers (facts 7.3, rwsem).
//
// Departs  no optimistic spinning, and every waiter gets the hand-off that the kernel's asks for after 4 ms: fairer and
//          slower under contention. The wake-up happens under wait_lock_, not from a wake queue afterwards.
// Source   kernel/locking/rwsem.c, v6.12.
#ifndef CFGTORTURE_HARNESS_KERNEL_SLEEPING_LOCK_H_
#define CFGTORTURE_HARNESS_KERNEL_SLEEPING_LOCK_H_

#include <atomic>
#include <cstdint>

#include "harness/kernel/raw_spinlock.h"
#include "harness/kernel/task.h"

namespace cfgtorture {

class SleepingLock {
 public:
  explicit SleepingLock(const char* name) : name_(name) {}

  void lock_shared() {
    if ((count_.fetch_add(kReader, std::memory_order_acquire) & (kWriter | kWaiters)) != 0) Queue(/*writer=*/false);
  }
  void unlock_shared() {
    const uint64_t before = count_.fetch_sub(kReader, std::memory_order_release);
    if ((before & kWaiters) != 0 && before / kReader == 1) WakeNext();
  }
  void lock() {
    if (!try_lock()) Queue(/*writer=*/true);
  }
  bool try_lock() {
    uint64_t expected = 0;
    return count_.compare_exchange_strong(expected, kWriter, std::memory_order_acquire, std::memory_order_relaxed);
  }
  void unlock() {
    if ((count_.fetch_sub(kWriter, std::memory_order_release) & kWaiters) != 0) WakeNext();
  }

 private:
  static constexpr uint64_t kWriter = 1, kWaiters = 2, kReader = 256;

  struct Waiter {
    TaskStruct* task;
    bool writer;
    Waiter* next = nullptr;
    std::atomic<bool> granted{false};
  };

  void Queue(bool writer);
  void WakeNext();
  void GrantLocked();

  std::atomic<uint64_t> count_{0};
  RawSpinlock wait_lock_{"wait_lock"};
  Waiter* first_ = nullptr;  // guarded by wait_lock_, as is last_
  Waiter* last_ = nullptr;
  const char* const name_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_SLEEPING_LOCK_H_
