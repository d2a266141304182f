// The checked worker's half of observer.h: gives locks numbers and classes, lets each context of each thread record its
// acquisitions (measure/lock_stat.h), and tells the judges (judging.h).
//
// Contended is an acquisition during which its context went round a spin loop, or went to sleep: exactly the ones whose
// first try failed, which is what lock_stat counts. An interrupt has a context, and a table, of its own.
// An instance is a place in memory and a class: a lock that is created where one of its class has been is the same
// instance, so that a closed program that is run again and again, or a device that is plugged again, adds to one line.
#define CFGT_OBSERVED 1
#include "harness/native/lock_events.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "harness/kernel/named.h"
#include "harness/kernel/observer.h"
#include "harness/measure/lock_results.h"
#include "harness/measure/lock_stat.h"
#include "harness/measure/tsc.h"
#include "harness/native/judging.h"
#include "harness/native/outcome.h"
#include "harness/native/tasks.h"

namespace cfgtorture::native {

// Of one thread: a table a context.
struct ThreadLocks {
  std::array<measure::LockTable, kContexts> tables;
  std::array<ContextJudge, kContexts> judges;
  uint32_t thread;
  ThreadLocks* next;
};

namespace {

using measure::LockSite;
using measure::LockTable;

constexpr size_t kMaxLocks = 1 << 14;
constexpr size_t kMaxClasses = 512;

struct LockClass {
  const char* name;
  int subclass;
  observer::WaitType type;
  uint32_t instances;
  JudgedLockClass judged;
};

struct Lock {
  std::atomic<const void*> address{nullptr};
  uint32_t lock_class = 0;
  uint32_t ordinal = 0;  // within its class, from 1
};

std::array<LockClass, kMaxClasses> g_classes;
uint32_t g_class_count = 0;
// By id, which is where an address's hash led: found again without a further index. 0 is nobody.
std::array<Lock, kMaxLocks> g_locks;
std::array<measure::LockRecord, kMaxLocks> g_records;
std::atomic_flag g_naming = ATOMIC_FLAG_INIT;  // held while a lock gets its number
std::atomic<uint64_t> g_unnumbered{0};
std::atomic<ThreadLocks*> g_threads{nullptr};
std::atomic<uint32_t> g_thread_count{0};

uint32_t ClassOf(const char* name, observer::WaitType type, int subclass) {
  for (uint32_t i = 0; i < g_class_count; ++i) {
    const LockClass& known = g_classes[i];
    if (known.subclass == subclass && known.type == type && std::strcmp(known.name, name) == 0) return i;
  }
  if (g_class_count == kMaxClasses) Fatal("more than 512 lock classes");
  g_classes[g_class_count] = {name, subclass, type, 0, JudgeClass(name, type, subclass)};
  return g_class_count++;
}

observer::LockId Number(const void* address, uint32_t lock_class) {
  const uint64_t hash = (reinterpret_cast<uintptr_t>(address) + lock_class) * 0x9e3779b97f4a7c15;
  for (size_t probe = 0; probe < kMaxLocks; ++probe) {
    const size_t id = ((hash >> 32) + probe) % kMaxLocks;
    if (id == 0) continue;
    Lock& lock = g_locks[id];
    const void* there = lock.address.load(std::memory_order_relaxed);
    if (there == address && lock.lock_class == lock_class) return static_cast<observer::LockId>(id);
    if (there != nullptr) continue;
    lock.lock_class = lock_class;
    lock.ordinal = ++g_classes[lock_class].instances;
    lock.address.store(address, std::memory_order_release);
    return static_cast<observer::LockId>(id);
  }
  g_unnumbered.fetch_add(1, std::memory_order_relaxed);
  return 0;
}

size_t ContextOf(const Task& task) { return static_cast<size_t>(task.context); }
LockTable& TableOf(Task& task) { return task.locks->tables[ContextOf(task)]; }
ContextJudge& JudgeOf(Task& task) { return task.locks->judges[ContextOf(task)]; }
JudgedLockClass JudgedClassOf(observer::LockId lock) { return g_classes[g_locks[lock].lock_class].judged; }

template <typename Visit>
void ForEachThread(Visit&& visit) {
  for (ThreadLocks* locks = g_threads.load(); locks != nullptr; locks = locks->next) visit(*locks);
}

// By frame pointers: the caller of the observer's call, and its caller. The code under test keeps them; what a plug-in
// without them leaves is a wrong address and never a wrong read.
LockSite SiteAt(const Task& task, const void* frame_address, void* return_address) {
  LockSite site;
  site.pcs[0] = reinterpret_cast<uintptr_t>(return_address);
  const uintptr_t own = reinterpret_cast<uintptr_t>(frame_address);
  const uintptr_t caller = *static_cast<const uintptr_t*>(frame_address);
  if (caller > own && caller < task.stack_top && caller % sizeof caller == 0) {
    site.pcs[1] = reinterpret_cast<const uintptr_t*>(caller)[1];
  }
  return site;
}

}  // namespace

void MapLockTables(Task& task) {
  void* memory =
      mmap(nullptr, sizeof(ThreadLocks), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) Fatal("no memory for a task's lock statistics");
  auto* locks = static_cast<ThreadLocks*>(memory);
  locks->thread = g_thread_count.fetch_add(1);
  locks->next = g_threads.load();
  while (!g_threads.compare_exchange_weak(locks->next, locks)) {
  }
  task.locks = locks;
}

void TaskEnds(Task& task) { JudgeEnd(task, JudgeOf(task)); }
void ProgramEnds() { JudgeProgramEnd(); }

void ForEachJudge(const std::function<void(const ContextJudge&)>& visit) {
  ForEachThread([&](const ThreadLocks& locks) {
    for (const ContextJudge& own : locks.judges) visit(own);
  });
}

std::string InstanceOf(observer::LockId lock) {
  const Lock& of = g_locks[lock];
  return g_classes[of.lock_class].instances > 1 ? absl::StrCat("#", of.ordinal) : "";
}

std::vector<LockResult> LockResults(const run::LoadedPlugin& loaded, double ns_per_tick) {
  measure::LockResults results({
      .class_of =
          [](uint32_t lock_class) {
            const LockClass& of = g_classes[lock_class];
            return measure::LockNames::Class{of.name, of.subclass, of.type, of.instances};
          },
      .lock_of =
          [](uint32_t lock) {
            return measure::LockNames::Lock{g_locks[lock].lock_class, g_locks[lock].ordinal};
          },
      .frames_of = [&](const uintptr_t* pcs, size_t count) { return CodeFrames(loaded, pcs, count); },
      .ns_per_tick = ns_per_tick,
      .rt = engine::CurrentFlavour() == engine::Flavour::kRt,
  });
  ForEachThread([&](const ThreadLocks& locks) {
    for (const LockTable& table : locks.tables) results.Add(locks.thread, table);
  });
  for (uint32_t id = 1; id < kMaxLocks; ++id) {
    if (g_locks[id].address.load() != nullptr) results.Add(id, g_records[id]);
  }
  return results.Finish();
}

uint64_t LockEventsDropped() {
  uint64_t dropped = g_unnumbered.load();
  ForEachThread([&](const ThreadLocks& locks) {
    for (const LockTable& table : locks.tables) dropped += table.dropped();
  });
  return dropped;
}

double ObserverNsPerAcquisition(double ns_per_tick) {
  constexpr int kRounds = 31, kTurns = 5000;
  static Task task;
  if (task.locks == nullptr) MapLockTables(task);
  task.cpu = &CpuAt(0);
  task.stack_top = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  Task* const before = std::exchange(t_self, &task);
  const observer::LockId id = observer::LockCreated(&task, "observer_cost", observer::WaitType::kSpin, 0);
  std::array<double, kRounds> added;
  for (double& ticks : added) {
    uint64_t start = measure::Ticks();
    for (int i = 0; i < kTurns; ++i) asm volatile("" ::: "memory");
    const uint64_t bare = measure::Ticks() - start;
    start = measure::Ticks();
    for (int i = 0; i < kTurns; ++i) {
      (void)observer::LockWait(id, observer::How::kExclusive);
      observer::LockAcquired(id, observer::How::kExclusive);
      (void)observer::LockReleased(id);
    }
    ticks = (static_cast<double>(measure::Ticks() - start) - static_cast<double>(bare)) / kTurns;
  }
  t_self = before;
  std::nth_element(added.begin(), added.begin() + kRounds / 2, added.end());
  return added[kRounds / 2] * ns_per_tick;
}

}  // namespace cfgtorture::native

namespace cfgtorture::observer {

using native::t_self;
using native::Task;

LockId LockCreated(const void* lock, const char* name, WaitType type, int subclass) {
  native::EngineScope engine;  // an interrupt must not find the numbering taken by whom it interrupts
  while (native::g_naming.test_and_set(std::memory_order_acquire)) {
  }
  const LockId id = native::Number(lock, native::ClassOf(name, type, subclass));
  native::g_naming.clear(std::memory_order_release);
  return id;
}

// What others hold is theirs to read: this sees the locks of who frees, and of whom he interrupts, as lockdep does.
void LockGone(LockId lock) {
  Task* task = t_self;
  if (task == nullptr || lock == 0) return;
  for (const native::ContextJudge& own : task->locks->judges) {
    native::JudgeGone(*task, native::JudgeOf(*task), own.held.Find(lock), __builtin_frame_address(0));
  }
}

// The clock is read last before the wait, first after it, and first at the end of the hold: what observing costs falls
// outside the wait, but for that of the acquisition into the hold.
bool LockWait(LockId lock, How how) {
  Task* task = t_self;
  if (task == nullptr || lock == 0) return true;
  native::JudgeWait(*task, native::JudgeOf(*task), lock, native::JudgedClassOf(lock), how, __builtin_frame_address(0));
  native::TableOf(*task).Wait(lock, native::g_records[lock], task->spins[native::ContextOf(*task)], measure::Ticks());
  return true;
}

void LockAcquired(LockId lock, How how) {
  const uint64_t now = measure::Ticks();
  Task* task = t_self;
  if (task == nullptr || lock == 0) return;
  const bool shared = how == How::kShared || how == How::kTryShared;
  const bool tried = how == How::kTryExclusive || how == How::kTryShared;
  const measure::LockSite site = native::SiteAt(*task, __builtin_frame_address(0), __builtin_return_address(0));
  native::TableOf(*task).Acquired(lock, shared, tried, site,
                                  {task->locks->thread, static_cast<uint32_t>(task->cpu->number)},
                                  native::g_records[lock], task->spins[native::ContextOf(*task)], now);
  native::JudgeTaken(*task, native::JudgeOf(*task), lock, native::JudgedClassOf(lock), how, site,
                     __builtin_frame_address(0));
}

bool LockReleased(LockId lock) {
  const uint64_t now = measure::Ticks();
  Task* task = t_self;
  if (task == nullptr || lock == 0) return true;
  native::TableOf(*task).Released(lock, now);
  native::JudgeDropped(*task, native::JudgeOf(*task), lock, native::JudgedClassOf(lock), __builtin_frame_address(0));
  return true;
}

bool Wakes() { return true; }

void WaitBegin(const void*, const char*) {
  if (t_self != nullptr) native::TableOf(*t_self).Blocked();
}
void WaitEnd(const void*) {}

void MightSleep(const char* what) {
  if (t_self != nullptr) native::JudgeSleep(*t_self, native::JudgeOf(*t_self), what, __builtin_frame_address(0));
}
void EntryLinked(const void* queue, const void* entry) {
  if (t_self == nullptr) return;
  native::JudgeEntryLinked(*t_self, native::JudgeOf(*t_self), queue, entry, __builtin_frame_address(0));
}
void EntryUnlinked(const void* entry) {
  if (t_self == nullptr) return;
  native::JudgeEntryUnlinked(*t_self, native::JudgeOf(*t_self), entry, __builtin_frame_address(0));
}
void EntryGone(const void* entry) {
  if (t_self != nullptr) native::JudgeEntryGone(*t_self, native::JudgeOf(*t_self), entry, __builtin_frame_address(0));
}
void QueueGone(const void* queue) {
  if (t_self != nullptr) native::JudgeQueueGone(*t_self, native::JudgeOf(*t_self), queue, __builtin_frame_address(0));
}
void Blocked(uint32_t function) {
  if (t_self != nullptr) native::JudgeBlocked(*t_self, native::JudgeOf(*t_self), function, __builtin_frame_address(0));
}
void Unblocked(uint32_t function) {
  if (t_self != nullptr) native::JudgeUnblocked(function);
}

// Findings here name code and locks, not memory.
void ObjectNamed(const void*, size_t, const char*, const char*) {}
void ListNamed(const void*, const char*) {}

}  // namespace cfgtorture::observer
