// harness/kernel/wait_queue.h: wait_queue_head_t (facts 7.2): a non-raw spinlock and a list of entries, which mostly
// lie on their waiters' stacks.
//
// The links are plain, guarded by the head's lock or by whatever the caller of the __ forms believes guards them: that
// belief is what the bug of v4.11 was about. finish_wait() decides by a separate atomic, which whoever unlinks an entry
// release-stores last, because with plain links alone a detector rightly convicts its unlocked look (design 3).
#ifndef CFGTORTURE_HARNESS_KERNEL_WAIT_QUEUE_H_
#define CFGTORTURE_HARNESS_KERNEL_WAIT_QUEUE_H_

#include <atomic>

#include "harness/kernel/named.h"
#include "harness/kernel/spinlock.h"
#include "harness/kernel/task.h"

namespace cfgtorture {

struct WaitLink {
  WaitLink* next;
  WaitLink* prev;
};

struct WaitQueueEntry : WaitLink {
  using Callback = bool (*)(WaitQueueEntry& entry);  // true if it woke somebody

  // Of the current task. The default callback wakes and leaves the entry linked.
  explicit WaitQueueEntry(Callback callback_in = nullptr);
  ~WaitQueueEntry() { observer::EntryGone(this); }
  WaitQueueEntry(const WaitQueueEntry&) = delete;
  WaitQueueEntry& operator=(const WaitQueueEntry&) = delete;

  TaskStruct* const task;
  const Callback callback;
  std::atomic<bool> linked{false};
};

class WaitQueueHead {
 public:
  explicit WaitQueueHead(const char* name) : lock(name), name_(name) {
    list.next = list.prev = &list;
    observer::ListNamed(&list, name);
  }
  ~WaitQueueHead() { observer::QueueGone(this); }
  WaitQueueHead(const WaitQueueHead&) = delete;
  WaitQueueHead& operator=(const WaitQueueHead&) = delete;
  const char* name() const { return name_; }

  Spinlock lock;
  WaitLink list;

 private:
  const char* const name_;
};

// Link and unlink with the head's lock held by the caller, or so the caller says.
void __add_wait_queue(WaitQueueHead& head, WaitQueueEntry& entry);
void __remove_wait_queue(WaitQueueHead& head, WaitQueueEntry& entry);
void add_wait_queue(WaitQueueHead& head, WaitQueueEntry& entry);
void remove_wait_queue(WaitQueueHead& head, WaitQueueEntry& entry);

// Links the entry if it is not, and sets the current task's state; then the caller tests its condition and schedules.
void prepare_to_wait(WaitQueueHead& head, WaitQueueEntry& entry, TaskState state);
void finish_wait(WaitQueueHead& head, WaitQueueEntry& entry);
// Wakes, and unlinks the entry if that woke somebody: what wait_event() waits with.
bool autoremove_wake_function(WaitQueueEntry& entry);

// Calls every entry's callback, the next entry remembered before each call. Not hardirq under rt.
void wake_up_all(WaitQueueHead& head);

// Sleeps until condition() holds. Task context.
template <class Condition>
void wait_event(WaitQueueHead& head, Condition condition) {
  might_sleep();
  if (condition()) return;
  WaitQueueEntry entry(autoremove_wake_function);
  observer::WaitBegin(&head, head.name());
  for (;;) {
    prepare_to_wait(head, entry, TaskState::kUninterruptible);
    if (condition()) break;
    schedule();
  }
  finish_wait(head, entry);
  observer::WaitEnd(&head);
}

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_WAIT_QUEUE_H_
