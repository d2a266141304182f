// The tsan worker's half of observer.h for locks: what each context of each thread holds, so that a report can say so.
// A lock's number is its class's; what is held lies in the thread's own memory, and this file is not instrumented:
// libtsan sees none of it, and nothing of it orders one thread after another but the making of a class, once a name.
#define CFGT_OBSERVED 1
#include "harness/native/lock_names.h"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstring>

#include "harness/kernel/named.h"
#include "harness/kernel/observer.h"
#include "harness/native/lock_events.h"
#include "harness/native/tasks.h"

namespace cfgtorture::native {

// Of one thread. All zero bytes is an empty one.
struct ThreadLocks {
  static constexpr unsigned kMost = 24;
  struct Context {
    unsigned count;
    uint16_t held[kMost];  // classes
  };
  std::array<Context, kContexts> contexts;
};

namespace {

constexpr uint32_t kMaxClasses = 512;
std::array<std::atomic<const char*>, kMaxClasses> g_names;  // by number less one; filled from the front

ThreadLocks::Context* HeldHere() {
  Task* const task = t_self;
  return task == nullptr || task->locks == nullptr ? nullptr
                                                   : &task->locks->contexts[static_cast<size_t>(task->context)];
}

}  // namespace

void MapLockTables(Task& task) {
  void* memory = mmap(nullptr, sizeof(ThreadLocks), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) Fatal("no memory for the names of a task's locks");
  task.locks = static_cast<ThreadLocks*>(memory);
}

void TaskEnds(Task& task) {
  for (ThreadLocks::Context& context : task.locks->contexts) context.count = 0;
}
void ProgramEnds() {}

unsigned LocksHeldHere(const char** names, unsigned most) {
  const ThreadLocks::Context* here = HeldHere();
  if (here == nullptr) return 0;
  unsigned count = 0;
  for (; count < here->count && count < most; ++count) {
    names[count] = g_names[here->held[count] - 1u].load(std::memory_order_relaxed);
  }
  return count;
}

Judgement JudgementOf(Hazard) { return {}; }
std::vector<Finding> JudgeFindings() { return {}; }
std::vector<LockResult> LockResults(const run::LoadedPlugin&, double) { return {}; }
uint64_t LockEventsDropped() { return 0; }
double ObserverNsPerAcquisition(double) { return 0; }

}  // namespace cfgtorture::native

namespace cfgtorture::observer {

using native::g_names;
using native::ThreadLocks;

LockId LockCreated(const void*, const char* name, WaitType, int) {
  for (uint32_t i = 0; i < native::kMaxClasses; ++i) {
    const char* there = g_names[i].load(std::memory_order_relaxed);
    if (there == nullptr && g_names[i].compare_exchange_strong(there, name, std::memory_order_relaxed)) return i + 1;
    if (there == name || std::strcmp(there, name) == 0) return i + 1;
  }
  return 0;
}

void LockGone(LockId) {}
bool LockWait(LockId, How) { return true; }

void LockAcquired(LockId lock, How) {
  ThreadLocks::Context* here = native::HeldHere();
  if (here == nullptr || lock == 0 || here->count == ThreadLocks::kMost) return;
  here->held[here->count++] = static_cast<uint16_t>(lock);
}

bool LockReleased(LockId lock) {
  ThreadLocks::Context* here = native::HeldHere();
  if (here == nullptr || lock == 0) return true;
  for (unsigned i = here->count; i-- > 0;) {
    if (here->held[i] != lock) continue;
    for (--here->count; i < here->count; ++i) here->held[i] = here->held[i + 1];
    break;
  }
  return true;
}

bool Wakes() { return true; }
void WaitBegin(const void*, const char*) {}
void WaitEnd(const void*) {}
void MightSleep(const char*) {}
void EntryLinked(const void*, const void*) {}
void EntryUnlinked(const void*) {}
void EntryGone(const void*) {}
void QueueGone(const void*) {}
void Blocked(uint32_t) {}
void Unblocked(uint32_t) {}
void ObjectNamed(const void*, size_t, const char*, const char*) {}
void ListNamed(const void*, const char*) {}

}  // namespace cfgtorture::observer
