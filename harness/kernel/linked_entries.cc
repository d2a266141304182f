#include "harness/kernel/linked_entries.h"

#include "harness/kernel/task.h"

#if CFGT_OBSERVED

namespace cfgtorture {

// By builtins: a member function of std::atomic that is not inlined would be an instrumented one.
__attribute__((no_sanitize("thread"), noinline)) static bool Replace(TaskStruct& owner, const void* from,
                                                                     const void* to) {
  for (const void*& slot : owner.linked_entries) {
    if (__atomic_load_n(&slot, __ATOMIC_RELAXED) != from) continue;
    __atomic_store_n(&slot, to, __ATOMIC_RELEASE);
    return true;
  }
  return false;
}

__attribute__((no_sanitize("thread"), noinline)) void NoteLinked(TaskStruct& owner, const void* entry) {
  if (!Replace(owner, nullptr, entry)) __atomic_store_n(&owner.links_more, true, __ATOMIC_RELEASE);
}

__attribute__((no_sanitize("thread"), noinline)) void NoteUnlinked(TaskStruct& owner, const void* entry) {
  Replace(owner, entry, nullptr);
}

__attribute__((no_sanitize("thread"), noinline)) void RequireLinked(const void* entry) {
  for (const TaskStruct* task = NewestTask(); task != nullptr; task = task->older) {
    if (__atomic_load_n(&task->links_more, __ATOMIC_ACQUIRE)) return;
    for (const void* const& slot : task->linked_entries) {
      if (__atomic_load_n(&slot, __ATOMIC_ACQUIRE) == entry) return;
    }
  }
  observer::Violation(Hazard::kDeadEntry, "a waker is about to call through a wait entry that its owner has unlinked");
  engine::EndExecution("a waker stands on a dead wait entry");
}

}  // namespace cfgtorture

#endif
