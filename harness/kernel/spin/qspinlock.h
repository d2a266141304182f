// harness/kernel/spin/qspinlock.h: the kernel's queued spinlock (facts 7.3; kernel/locking/qspinlock.c, v6.12): one
// word of a locked byte, a pending bit for the first waiter, and the tail of an MCS queue for the others.
//
// Departs  the tail is exchanged by a loop of compare-exchange over the whole word (the kernel's form for more than
//          16,384 CPUs), because half-word and word accesses of one lock do not synchronise in a checker's eyes. Stores
//          to the low byte and half-word begin where the word begins, so those do. No paravirtual form.
#ifndef CFGTORTURE_HARNESS_KERNEL_SPIN_QSPINLOCK_H_
#define CFGTORTURE_HARNESS_KERNEL_SPIN_QSPINLOCK_H_

#include <atomic>
#include <cstdint>

#include "harness/kernel/spin/queue_nodes.h"

namespace cfgtorture {

class QSpinlock {
 public:
  QSpinlock() : word_(0) { QueueNodes::Make(); }

  void lock() {
    uint32_t seen = 0;
    if (word_.compare_exchange_strong(seen, kLocked, std::memory_order_acquire, std::memory_order_relaxed)) [[likely]]
      return;
    LockSlowly(seen);
  }
  bool try_lock() {
    uint32_t seen = word_.load(std::memory_order_relaxed);
    return seen == 0 &&
           word_.compare_exchange_strong(seen, kLocked, std::memory_order_acquire, std::memory_order_relaxed);
  }
  void unlock() { locked_.store(0, std::memory_order_release); }

 private:
  static constexpr uint32_t kLocked = 1;
  static constexpr uint32_t kLockedMask = 0xff;
  static constexpr uint32_t kPending = 0x100;
  static constexpr unsigned kTailShift = 16;
  static constexpr uint32_t kTailMask = 0xffffu << kTailShift;

  void LockSlowly(uint32_t seen);
  void LockQueued();

  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
  union {
    std::atomic<uint32_t> word_;
    std::atomic<uint8_t> locked_;           // its lowest byte
    std::atomic<uint16_t> locked_pending_;  // its lower half
  };
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_SPIN_QSPINLOCK_H_
