#include "harness/kernel/sleeping_lock.h"

namespace cfgtorture {

void SleepingLock::Queue(bool writer) {
  Waiter self{.task = current(), .writer = writer};
  unsigned long flags = wait_lock_.lock_irqsave();
  if (first_ == nullptr) {
    first_ = &self;
  } else {
    last_->next = &self;
  }
  last_ = &self;
  count_.fetch_or(kWaiters, std::memory_order_relaxed);
  if (!writer) count_.fetch_sub(kReader, std::memory_order_relaxed);  // what lock_shared() added in vain
  GrantLocked();  // the holder may have left before it could see that somebody waits
  wait_lock_.unlock_irqrestore(flags);

  observer::WaitBegin(this, name_);
  for (;;) {
    set_current_state(TaskState::kUninterruptible);
    if (self.granted.load(std::memory_order_acquire)) break;
    schedule();
  }
  __set_current_state(TaskState::kRunning);
  observer::WaitEnd(this);
  // Whoever granted it still holds wait_lock_ while it wakes us, and this frame is what it reads: it read all of it
  // before it granted.
}

void SleepingLock::WakeNext() {
  const unsigned long flags = wait_lock_.lock_irqsave();
  GrantLocked();
  wait_lock_.unlock_irqrestore(flags);
}

// Hands the lock to the head of the queue: one writer, or all readers up to the next writer.
void SleepingLock::GrantLocked() {
  while (first_ != nullptr) {
    Waiter& head = *first_;
    const bool writer = head.writer;
    uint64_t count = count_.load(std::memory_order_relaxed);
    if ((count & kWriter) != 0) return;
    if (writer) {
      if (count / kReader != 0) return;
      // A reader may come and go (add, see that somebody waits, undo) meanwhile: it queues behind us and grants anew.
      if (!count_.compare_exchange_strong(count, count | kWriter, std::memory_order_acq_rel, std::memory_order_relaxed)) {
        continue;
      }
    } else {
      count_.fetch_add(kReader, std::memory_order_acq_rel);
    }
    TaskStruct& task = *head.task;
    first_ = head.next;
    if (first_ == nullptr) count_.fetch_and(~kWaiters, std::memory_order_relaxed);
    head.granted.store(true, std::memory_order_release);
    try_to_wake_up(task);
    if (writer) return;
  }
}

}  // namespace cfgtorture
