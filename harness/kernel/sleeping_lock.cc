#include "harness/kernel/sleeping_lock.h"

#include "harness/kernel/irqflags.h"

namespace cfgtorture {

void SleepingLock::Queue(bool writer) {
  if (in_atomic()) {
    observer::Violation(Hazard::kContext, "scheduling while atomic: a sleeping lock is waited for");
    while (writer ? !try_lock() : !try_lock_shared()) engine::Relax();
    return;
  }
  Waiter self{.task = current(), .writer = writer};
  GrantAndWake(&self);
  if (self.granted.load(std::memory_order_acquire)) return;
  observer::WaitBegin(this, name_);
  for (;;) {
    set_current_state(TaskState::kUninterruptible);
    if (self.granted.load(std::memory_order_acquire)) break;
    schedule();
  }
  __set_current_state(TaskState::kRunning);
  observer::WaitEnd(this);
}

// Queues `newcomer`, if any, and hands the lock on if it is free: its holder may have left before it could see that
// somebody waits.
void SleepingLock::GrantAndWake(Waiter* newcomer) {
  const unsigned long flags = local_irq_save();
  preempt_disable();
  for (bool more = true; more; newcomer = nullptr) {
    WakeList woken;
    wait_lock_.lock();
    if (newcomer != nullptr) {
      (first_ == nullptr ? first_ : last_->next) = newcomer;
      last_ = newcomer;
      count_.fetch_or(kWaiters, std::memory_order_relaxed);
    }
    more = GrantLocked(woken);
    wait_lock_.unlock();
    for (unsigned i = 0; i < woken.count; ++i) try_to_wake_up(*woken.tasks[i]);
  }
  local_irq_restore(flags);
  preempt_enable();
}

// Hands the lock to the head of the queue: one writer, or all readers up to the next writer. True if `woken` is full
// and there may be more. Taking it for them acquires; what passes it on to them is the store to `granted` (AUDIT.md).
bool SleepingLock::GrantLocked(WakeList& woken) {
  while (first_ != nullptr) {
    if (woken.count == WakeList::kMost) return true;
    Waiter& head = *first_;
    const bool writer = head.writer;
    uint64_t count = count_.load(std::memory_order_relaxed);
    if ((count & kWriter) != 0) return false;
    if (writer) {
      if (count / kReader != 0) return false;
      if (!count_.compare_exchange_strong(count, count | kWriter, std::memory_order_acquire,
                                          std::memory_order_relaxed)) {
        continue;
      }
    } else {
      count_.fetch_add(kReader, std::memory_order_acquire);
    }
    woken.tasks[woken.count++] = head.task;
    first_ = head.next;
    if (first_ == nullptr) count_.fetch_and(~kWaiters, std::memory_order_relaxed);
    head.granted.store(true, std::memory_order_release);
    if (writer) return false;
  }
  return false;
}

}  // namespace cfgtorture
