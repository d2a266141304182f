#include "harness/kernel/wait_queue.h"

#include "harness/kernel/delay_point.h"
#include "harness/kernel/linked_entries.h"
#include "harness/kernel/wake_batch.h"

namespace cfgtorture {
namespace {

bool default_wake_function(WaitQueueEntry& entry) {
  TaskStruct* const task = entry.task;
  RequireLinked(&entry);
  return try_to_wake_up(*task);
}

// What an unlinked entry's links read as: addresses that fault (LIST_POISON1 and 2).
WaitLink* Poison(uintptr_t value) { return reinterpret_cast<WaitLink*>(value); }

// CONFIG_DEBUG_LIST.
void Link(WaitLink& entry, WaitLink& prev, WaitLink& next) {
  if (next.prev != &prev || prev.next != &next)
    observer::Violation(Hazard::kListCorrupt, "list_add: the neighbours' links disagree");
  next.prev = &entry;
  entry.next = &next;
  entry.prev = &prev;
  prev.next = &entry;
}

void LinkBetween(WaitQueueHead& head, WaitQueueEntry& entry, WaitLink& prev, WaitLink& next) {
  entry.linked.store(true, std::memory_order_relaxed);
  NoteLinked(*entry.task, &entry);
  observer::EntryLinked(&head, &entry);
  Link(entry, prev, next);
}

void Unlink(WaitQueueEntry& entry) {
  WaitLink* const next = entry.next;
  WaitLink* const prev = entry.prev;
  if (next == Poison(0x100)) {
    observer::Violation(Hazard::kListCorrupt, "list_del: the entry was unlinked before");
    return;
  }
  if (prev->next != &entry || next->prev != &entry)
    observer::Violation(Hazard::kListCorrupt, "list_del: the neighbours' links disagree");
  next->prev = prev;
  prev->next = next;
  entry.next = Poison(0x100);
  entry.prev = Poison(0x122);
  NoteUnlinked(*entry.task, &entry);
  observer::EntryUnlinked(&entry);
  entry.linked.store(false, std::memory_order_release);
}

}  // namespace

WaitQueueEntry::WaitQueueEntry(Callback callback_in)
    : WaitLink{nullptr, nullptr},
      task(current()),
      callback(callback_in != nullptr ? callback_in : default_wake_function) {}

void __add_wait_queue(WaitQueueHead& head, WaitQueueEntry& entry) {
  LinkBetween(head, entry, head.list, *head.list.next);
}

void __remove_wait_queue(WaitQueueHead&, WaitQueueEntry& entry) { Unlink(entry); }

void add_wait_queue(WaitQueueHead& head, WaitQueueEntry& entry) {
  const unsigned long flags = head.lock.lock_irqsave();
  __add_wait_queue(head, entry);
  head.lock.unlock_irqrestore(flags);
}

void remove_wait_queue(WaitQueueHead& head, WaitQueueEntry& entry) {
  const unsigned long flags = head.lock.lock_irqsave();
  __remove_wait_queue(head, entry);
  head.lock.unlock_irqrestore(flags);
}

void prepare_to_wait(WaitQueueHead& head, WaitQueueEntry& entry, TaskState state) {
  const unsigned long flags = head.lock.lock_irqsave();
  if (!entry.linked.load(std::memory_order_relaxed)) __add_wait_queue(head, entry);
  set_current_state(state);
  head.lock.unlock_irqrestore(flags);
}

void finish_wait(WaitQueueHead& head, WaitQueueEntry& entry) {
  __set_current_state(TaskState::kRunning);
  if (!entry.linked.load(std::memory_order_acquire)) return;
  const unsigned long flags = head.lock.lock_irqsave();
  if (entry.linked.load(std::memory_order_relaxed)) Unlink(entry);
  head.lock.unlock_irqrestore(flags);
}

bool autoremove_wake_function(WaitQueueEntry& entry) {
  const bool woke = default_wake_function(entry);
  if (woke) Unlink(entry);
  return woke;
}

void wake_up_all(WaitQueueHead& head) {
  const unsigned long flags = head.lock.lock_irqsave();
  for (WaitLink* at = head.list.next; at != &head.list;) {
    WaitQueueEntry& entry = *static_cast<WaitQueueEntry*>(at);
    at = entry.next;
    const WaitQueueEntry::Callback callback = entry.callback;
    PassDelayPoint(DelayPoint::kWakeCallback);
    RequireLinked(&entry);
    callback(entry);
  }
  head.lock.unlock_irqrestore(flags);
}

void wake_up_all_batched(WaitQueueHead& head, unsigned batch) {
  WaitQueueEntry bookmark([](WaitQueueEntry&) { return false; });
  unsigned long flags = head.lock.lock_irqsave();
  unsigned called = 0;
  for (WaitLink* at = head.list.next; at != &head.list;) {
    WaitQueueEntry& entry = *static_cast<WaitQueueEntry*>(at);
    at = entry.next;
    const WaitQueueEntry::Callback callback = entry.callback;
    RequireLinked(&entry);
    callback(entry);
    if (++called % batch != 0 || at == &head.list) continue;
    LinkBetween(head, bookmark, *at->prev, *at);
    head.lock.unlock_irqrestore(flags);
    flags = head.lock.lock_irqsave();
    at = bookmark.next;
    Unlink(bookmark);
  }
  head.lock.unlock_irqrestore(flags);
}

}  // namespace cfgtorture
