#include "harness/kernel/completion.h"

namespace cfgtorture {

void Completion::Append(Waiter& waiter) {
  Waiter** link = &first_;
  while (*link != nullptr) link = &(*link)->next;
  waiter.next = nullptr;
  waiter.queued = true;
  *link = &waiter;
}

void Completion::Remove(Waiter& waiter) {
  Waiter** link = &first_;
  while (*link != &waiter) link = &(*link)->next;
  *link = waiter.next;
  waiter.queued = false;
}

void Completion::WakeFirst() {
  Waiter& waiter = *first_;
  Remove(waiter);
  try_to_wake_up(*waiter.task);
}

void Completion::complete() {
  RawSpinIrqGuard guard(lock_);
  if (done_ != kForAll) ++done_;
  if (first_ != nullptr) WakeFirst();
}

void Completion::complete_all() {
  RawSpinIrqGuard guard(lock_);
  done_ = kForAll;
  while (first_ != nullptr) WakeFirst();
}

void Completion::wait_for_completion() {
  might_sleep("wait_for_completion");
  Waiter self{.task = current()};
  observer::WaitBegin(this, name_);
  unsigned long flags = lock_.lock_irqsave();
  while (done_ == 0) {
    if (!self.queued) Append(self);
    set_current_state(TaskState::kUninterruptible);
    lock_.unlock_irqrestore(flags);
    schedule();
    flags = lock_.lock_irqsave();
  }
  __set_current_state(TaskState::kRunning);
  if (self.queued) Remove(self);
  if (done_ != kForAll) --done_;
  lock_.unlock_irqrestore(flags);
  observer::WaitEnd(this);
}

}  // namespace cfgtorture
