// The checked worker's half of observer.h: gives locks numbers and classes, and lets each context of each thread record
// its acquisitions (measure/lock_stat.h).
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

#include "harness/kernel/observer.h"
#include "harness/measure/lock_stat.h"
#include "harness/measure/lock_summary.h"
#include "harness/measure/tsc.h"
#include "harness/native/outcome.h"
#include "harness/native/tasks.h"

namespace cfgtorture::native {

// Of one thread: a table a context.
struct ThreadLocks {
  std::array<measure::LockTable, kContexts> tables;
  uint32_t thread;
  ThreadLocks* next;
};

namespace {

using measure::LockSite;
using measure::LockTable;

constexpr size_t kMaxLocks = 1 << 14;
constexpr size_t kMaxClasses = 512;
constexpr size_t kMostInstances = 16;  // of a class, in a result
constexpr size_t kMostSites = 64;

struct LockClass {
  const char* name;
  int subclass;
  observer::WaitType type;
  uint32_t instances;
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
  g_classes[g_class_count] = {name, subclass, type, 0};
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

struct ToNs {
  double ns_per_tick;
  double operator()(uint64_t ticks) const { return static_cast<double>(ticks) * ns_per_tick; }
  double Average(const measure::Times& times) const {
    return times.count == 0 ? 0 : (*this)(times.total) / static_cast<double>(times.count);
  }
};

LockStat StatOf(const measure::LockFigures& figures, ToNs to_ns) {
  LockStat stat;
  stat.con_bounces = figures.contention_bounces;
  stat.contentions = figures.wait.count;
  stat.waittime_min_ns = to_ns(figures.wait.min);
  stat.waittime_max_ns = to_ns(figures.wait.max);
  stat.waittime_total_ns = to_ns(figures.wait.total);
  stat.waittime_avg_ns = to_ns.Average(figures.wait);
  stat.acq_bounces = figures.acquisition_bounces;
  stat.acquisitions = figures.acquisitions;
  stat.holdtime_min_ns = to_ns(figures.hold.min);
  stat.holdtime_max_ns = to_ns(figures.hold.max);
  stat.holdtime_total_ns = to_ns(figures.hold.total);
  stat.holdtime_avg_ns = to_ns.Average(figures.hold);
  return stat;
}

LockResult ResultOf(const LockClass& lock_class, bool shared, bool has_readers, const measure::LockSummary& summary,
                    ToNs to_ns) {
  LockResult result;
  result.name = lock_class.name;
  if (lock_class.subclass != 0) result.name += "/" + std::to_string(lock_class.subclass);
  if (has_readers) result.side = shared ? "R" : "W";
  // Only who is read-locked shows that a sleeping lock is an rw_semaphore: observer.h does not tell.
  switch (lock_class.type) {
    case observer::WaitType::kSleep:
      result.type = !has_readers ? "mutex" : shared ? "rwsem:R" : "rwsem:W";
      break;
    case observer::WaitType::kConfig:
      result.type = engine::CurrentFlavour() == engine::Flavour::kRt ? "rt-mutex" : "spinlock";
      break;
    default:
      result.type = "spinlock";
  }
  result.stat = StatOf(summary.figures, to_ns);
  result.longest_wait_acquisitions = summary.figures.longest_wait_acquisitions;
  result.longest_run = summary.longest_run;
  result.threads = summary.competitors.size();
  result.acquisitions_most = summary.Most();
  result.acquisitions_fewest = summary.Fewest();
  result.fairness_jain = summary.Jain();
  return result;
}

void AddSites(const measure::LockSummary& summary, const run::LoadedPlugin& loaded, ToNs to_ns,
              std::vector<cfgtorture::LockSite>& sites) {
  for (const auto& [pcs, of_site] : summary.sites) {
    cfgtorture::LockSite site;
    const uintptr_t chain[] = {pcs.first, pcs.second};
    site.stack = CodeFrames(loaded, chain, 2);
    site.stat = StatOf(of_site.figures, to_ns);
    site.made_wait = of_site.made_wait.count;
    site.made_wait_total_ns = to_ns(of_site.made_wait.total);
    sites.push_back(std::move(site));
  }
  std::sort(sites.begin(), sites.end(), [](const cfgtorture::LockSite& a, const cfgtorture::LockSite& b) {
    const double cost_a = a.stat.waittime_total_ns + a.made_wait_total_ns;
    const double cost_b = b.stat.waittime_total_ns + b.made_wait_total_ns;
    return cost_a != cost_b ? cost_a > cost_b : a.stat.acquisitions > b.stat.acquisitions;
  });
  if (sites.size() > kMostSites) sites.resize(kMostSites);
}

bool CostsMore(const LockResult& a, const LockResult& b) {
  if (a.stat.waittime_total_ns != b.stat.waittime_total_ns) return a.stat.waittime_total_ns > b.stat.waittime_total_ns;
  return a.stat.acquisitions > b.stat.acquisitions;
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

std::vector<LockResult> LockResults(const run::LoadedPlugin& loaded, double ns_per_tick) {
  const ToNs to_ns{ns_per_tick};
  measure::LockSummaries by_class, by_lock;
  ForEachThread([&](const ThreadLocks& locks) {
    for (const LockTable& table : locks.tables) {
      by_class.Add(locks.thread, table, [](uint32_t lock) { return g_locks[lock].lock_class; });
      by_lock.Add(locks.thread, table, [](uint32_t lock) { return lock; });
    }
  });
  for (uint32_t id = 1; id < kMaxLocks; ++id) {
    if (g_locks[id].address.load() == nullptr) continue;
    const uint64_t longest = g_records[id].longest_run.load(std::memory_order_relaxed);
    by_class.AddRun(g_locks[id].lock_class, longest);
    by_lock.AddRun(id, longest);
  }
  const std::map<measure::LockKey, measure::LockSummary> classes = by_class.Finish(), instances = by_lock.Finish();
  std::vector<std::pair<LockResult, std::vector<LockResult>>> found;
  for (const auto& [key, summary] : classes) {
    const LockClass& lock_class = g_classes[key.group];
    const bool has_readers = classes.contains({key.group, true});
    LockResult total = ResultOf(lock_class, key.shared, has_readers, summary, to_ns);
    total.instances = lock_class.instances;
    AddSites(summary, loaded, to_ns, total.sites);
    std::vector<LockResult> single;
    for (const auto& [of, figures] : instances) {
      const Lock& lock = g_locks[of.group];
      if (lock.lock_class != key.group || of.shared != key.shared) continue;
      single.push_back(ResultOf(lock_class, key.shared, has_readers, figures, to_ns));
      single.back().instance = "#" + std::to_string(lock.ordinal);
    }
    std::sort(single.begin(), single.end(), CostsMore);
    if (single.size() > kMostInstances) single.resize(kMostInstances);
    found.emplace_back(std::move(total), std::move(single));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return CostsMore(a.first, b.first); });
  std::vector<LockResult> results;
  for (auto& [total, single] : found) {
    results.push_back(std::move(total));
    for (LockResult& one : single) results.push_back(std::move(one));
  }
  return results;
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

// The clock is read last before the wait, first after it, and first at the end of the hold: what observing costs falls
// outside the wait, but for that of the acquisition into the hold.
bool LockWait(LockId lock, How) {
  Task* task = t_self;
  if (task == nullptr || lock == 0) return true;
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
}

bool LockReleased(LockId lock) {
  const uint64_t now = measure::Ticks();
  Task* task = t_self;
  if (task == nullptr || lock == 0) return true;
  native::TableOf(*task).Released(lock, now);
  return true;
}

bool Wakes() { return true; }

void WaitBegin(const void*, const char*) {
  if (t_self != nullptr) native::TableOf(*t_self).Blocked();
}
void WaitEnd(const void*) {}

}  // namespace cfgtorture::observer
