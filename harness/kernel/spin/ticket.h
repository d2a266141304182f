// harness/kernel/spin/ticket.h: ticket lock (facts 7.3): fair in the order of the fetch-add.
#ifndef CFGTORTURE_HARNESS_KERNEL_SPIN_TICKET_H_
#define CFGTORTURE_HARNESS_KERNEL_SPIN_TICKET_H_

#include <atomic>
#include <cstdint>

#include "harness/kernel/engine.h"

namespace cfgtorture {

// One aligned word, as the kernel's arch_spinlock_t.
class alignas(8) TicketLock {
 public:
  void lock() {
    const uint32_t mine = next_.fetch_add(1, std::memory_order_relaxed);
    while (owner_.load(std::memory_order_acquire) != mine) engine::Relax();
  }
  bool try_lock() {
    // Free means next == owner; taking it means next + 1, if nobody was faster. Whoever drops the lock stores the
    // owner, so that the look at it is what acquires, and the exchange orders nothing (AUDIT.md).
    uint32_t seen = owner_.load(std::memory_order_acquire);
    return next_.compare_exchange_strong(seen, seen + 1, std::memory_order_relaxed, std::memory_order_relaxed);
  }
  void unlock() { owner_.store(owner_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

 private:
  std::atomic<uint32_t> next_{0};
  std::atomic<uint32_t> owner_{0};
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_SPIN_TICKET_H_
