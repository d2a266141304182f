#include "harness/kernel/spin/qspinlock.h"

#include "harness/kernel/engine.h"

namespace cfgtorture {
namespace {

constexpr unsigned kPendingLoops = 512;  // arch/x86/include/asm/qspinlock.h

}  // namespace

// Steps 2 to 5 of facts 7.3.
void QSpinlock::LockSlowly(uint32_t seen) {
  // The owner has left and the pending waiter is about to take over: that is soon done.
  for (unsigned i = 0; seen == kPending && i < kPendingLoops; ++i) {
    engine::Relax();
    seen = word_.load(std::memory_order_relaxed);
  }
  if ((seen & ~kLockedMask) != 0) return LockQueued();
  seen = word_.fetch_or(kPending, std::memory_order_acquire);
  if ((seen & ~kLockedMask) != 0) {
    if ((seen & kPending) == 0) word_.fetch_and(~kPending, std::memory_order_relaxed);  // ours, and in vain
    return LockQueued();
  }
  // The pending owner, who has queued nowhere: next in line.
  while ((word_.load(std::memory_order_acquire) & kLockedMask) != 0) engine::Relax();
  locked_pending_.store(kLocked, std::memory_order_relaxed);
}

// Steps 6 to 8.
void QSpinlock::LockQueued() {
  QueueNode* node = QueueNodes::Claim();
  node->next.store(nullptr, std::memory_order_relaxed);
  node->wait.store(1, std::memory_order_relaxed);
  if (try_lock()) {  // the time until here may have been long
    QueueNodes::Release(node);
    return;
  }

  const uint32_t tail = QueueNodes::CodeOf(node) << kTailShift;
  uint32_t seen = word_.load(std::memory_order_relaxed);
  while (!word_.compare_exchange_weak(seen, (seen & ~kTailMask) | tail, std::memory_order_acq_rel,
                                      std::memory_order_relaxed)) {
  }
  if ((seen & kTailMask) != 0) {
    QueueNodes::NodeOf(seen >> kTailShift)->next.store(node, std::memory_order_release);
    while (node->wait.load(std::memory_order_acquire) != 0) engine::Relax();
  }

  // Head of the queue. Whoever comes now sees the tail and queues, so the pending bit cannot come back.
  while (((seen = word_.load(std::memory_order_acquire)) & (kLockedMask | kPending)) != 0) engine::Relax();
  if ((seen & kTailMask) == tail &&
      word_.compare_exchange_strong(seen, kLocked, std::memory_order_relaxed, std::memory_order_relaxed)) {
    QueueNodes::Release(node);  // nobody behind
    return;
  }
  locked_.store(kLocked, std::memory_order_relaxed);
  QueueNode* next;
  while ((next = node->next.load(std::memory_order_acquire)) == nullptr) engine::Relax();
  next->wait.store(0, std::memory_order_release);
  QueueNodes::Release(node);
}

}  // namespace cfgtorture
