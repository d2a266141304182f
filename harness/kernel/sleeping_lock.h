// harness/kernel/sleeping_lock.h: the blocking reader/writer lock that Mutex, RwSemaphore and, under rt, Spinlock stand
// on.
//
// count_: bit 0 writer, bit 1 waiters, readers from bit 8. The fast paths are one read-modify-write; who cannot have it
// queues FIFO and is handed the lock by whoever releases it, so a queued writer stops new readers (facts 7.3, rwsem).
//
// In atomic context, where it must not sleep (the context judge has said so), a waiter spins until it is handed the
// lock: a hardirq that waits for the task under it hangs, as it would.
//
// Departs  no optimistic spinning, and every waiter gets the hand-off that the kernel's asks for after 4 ms: fairer and
//          slower under contention.
// Inside   wait_lock_ is a bare ticket lock that nobody observes: nothing is taken inside it, and whoever is to wake is
//          woken after it was dropped, as the kernel's wake_q does it; but still with interrupts off, so that a handler
//          that hangs cannot stand between a grant and its wake-up.
// Source   kernel/locking/rwsem.c, v6.12.
#ifndef CFGTORTURE_HARNESS_KERNEL_SLEEPING_LOCK_H_
#define CFGTORTURE_HARNESS_KERNEL_SLEEPING_LOCK_H_

#include <atomic>
#include <cstdint>

#include "harness/kernel/spin/ticket.h"
#include "harness/kernel/task.h"

namespace cfgtorture {

class SleepingLock {
 public:
  explicit SleepingLock(const char* name) : name_(name) {}

  void lock_shared() {
    // Looks first: a share that was added in vain can keep a writer out, which then has to be granted anew.
    if ((count_.load(std::memory_order_relaxed) & (kWriter | kWaiters)) == 0) {
      if ((count_.fetch_add(kReader, std::memory_order_acquire) & (kWriter | kWaiters)) == 0) return;
      unlock_shared();
    }
    Queue(/*writer=*/false);
  }
  bool try_lock_shared() {
    uint64_t count = count_.load(std::memory_order_relaxed);
    while ((count & (kWriter | kWaiters)) == 0) {
      if (count_.compare_exchange_strong(count, count + kReader, std::memory_order_acquire,
                                         std::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }
  void unlock_shared() {
    const uint64_t before = count_.fetch_sub(kReader, std::memory_order_release);
    if ((before & kWaiters) != 0 && before / kReader == 1) GrantAndWake();
  }
  void lock() {
    if (!try_lock()) Queue(/*writer=*/true);
  }
  bool try_lock() {
    uint64_t expected = 0;
    return count_.compare_exchange_strong(expected, kWriter, std::memory_order_acquire, std::memory_order_relaxed);
  }
  void unlock() {
    if ((count_.fetch_sub(kWriter, std::memory_order_release) & kWaiters) != 0) GrantAndWake();
  }

 private:
  static constexpr uint64_t kWriter = 1, kWaiters = 2, kReader = 256;

  // On its owner's stack: gone once it is granted.
  struct Waiter {
    TaskStruct* task;
    bool writer;
    Waiter* next = nullptr;
    std::atomic<bool> granted{false};
  };
  // Whom to wake once wait_lock_ is dropped.
  struct WakeList {
    static constexpr unsigned kMost = 8;
    TaskStruct* tasks[kMost];
    unsigned count = 0;
  };

  void Queue(bool writer);
  void GrantAndWake(Waiter* newcomer = nullptr);
  bool GrantLocked(WakeList& woken);

  std::atomic<uint64_t> count_{0};
  TicketLock wait_lock_;     // interrupts off: a hardirq may release
  Waiter* first_ = nullptr;  // guarded by wait_lock_, as is last_
  Waiter* last_ = nullptr;
  const char* const name_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_SLEEPING_LOCK_H_
