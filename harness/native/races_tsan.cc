// libtsan's report hook. It runs in the thread that found the race, inside libtsan's locks: it takes no lock, allocates
// nothing, and copies raw PCs into a fixed ring that is converted after the run. Uninstrumented.
#include <fcntl.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/tsan_interface.h>

#include <array>
#include <atomic>
#include <cstring>

#include "harness/native/lock_names.h"
#include "harness/native/races.h"

extern "C" {

// libtsan's interface for debuggers (compiler-rt/lib/tsan/rtl/tsan_debugging.cpp); no header declares it.
int __tsan_get_report_data(void* report, const char** description, int* count, int* stack_count, int* mop_count,
                           int* loc_count, int* mutex_count, int* thread_count, int* unique_tid_count,
                           void** sleep_trace, unsigned long trace_size);
int __tsan_get_report_mop(void* report, unsigned long index, int* tid, void** address, int* size, int* write,
                          int* atomic, void** trace, unsigned long trace_size);
int __tsan_get_report_thread(void* report, unsigned long index, int* tid, unsigned long long* os_id, int* running,
                             const char** name, int* parent_tid, void** trace, unsigned long trace_size);

// exitcode=0, atexit_sleep_ms=0      findings are reported by us; nothing runs at exit
// suppress_equal_addresses=0         a second race at an address is another finding
// history_size=7                     the other access's stack is kept as long as libtsan can
// symbolize=0                        PCs are converted after the run, not while libtsan holds its locks
// detect_deadlocks, report_mutex_bugs, report_thread_leaks, report_signal_unsafe = 0: about pthread, which is ours
const char* __tsan_default_options() {
  return "report_bugs=1:exitcode=0:halt_on_error=0:atexit_sleep_ms=0:history_size=7:symbolize=0:"
         "suppress_equal_addresses=0:detect_deadlocks=0:report_mutex_bugs=0:report_thread_leaks=0:"
         "report_signal_unsafe=0:report_destroy_locked=0:print_suppressions=0";
}

// Nothing is suppressed: what is reported has a frame in the code under test (InCode), and is that code's. Whoever adds
// a line says beside it which correct code libtsan convicts there, and why.
const char* __tsan_default_suppressions() { return ""; }

}  // extern "C"

namespace cfgtorture::native {
namespace {

constexpr size_t kKept = 256;
constexpr size_t kFrames = 32;
constexpr size_t kAccesses = 2;
constexpr size_t kLocks = 8;

struct RawAccess {
  int tid, size, write, atomic;
  void* address;
  std::array<void*, kFrames> trace;
  char thread[32];
  unsigned lock_count;
  std::array<const char*, kLocks> locks;
};

struct RawReport {
  std::atomic<bool> complete{false};
  char kind[32];
  int accesses;
  std::array<RawAccess, kAccesses> access;
};

std::array<RawReport, kKept> g_reports;
std::atomic<uint64_t> g_reported{0};
uintptr_t g_text_begin = 0;
uintptr_t g_text_end = UINTPTR_MAX;

// libtsan prints what we report ourselves: send it nowhere.
[[maybe_unused]] const int kSilenced = [] {
  __sanitizer_set_report_fd(reinterpret_cast<void*>(static_cast<intptr_t>(open("/dev/null", O_WRONLY | O_CLOEXEC))));
  return 0;
}();

void Copy(char* to, size_t size, const char* from) {
  size_t i = 0;
  for (; from != nullptr && from[i] != '\0' && i + 1 < size; ++i) to[i] = from[i];
  to[i] = '\0';
}

bool InCode(const RawAccess& access) {
  for (void* pc : access.trace) {
    const auto address = reinterpret_cast<uintptr_t>(pc);
    if (address >= g_text_begin && address < g_text_end) return true;
  }
  return false;
}

// Fills `kept`; false if the code under test has no part in it.
bool Convert(void* report, RawReport& kept) {
  const char* description = nullptr;
  int count = 0, stacks = 0, mops = 0, locations = 0, mutexes = 0, threads = 0, tids = 0;
  void* sleep_trace[1] = {};
  __tsan_get_report_data(report, &description, &count, &stacks, &mops, &locations, &mutexes, &threads, &tids,
                         sleep_trace, 0);
  Copy(kept.kind, sizeof kept.kind, description);
  kept.accesses = mops < static_cast<int>(kAccesses) ? mops : static_cast<int>(kAccesses);
  bool in_code = false;
  for (int i = 0; i < kept.accesses; ++i) {
    RawAccess& access = kept.access[static_cast<size_t>(i)];
    access.trace.fill(nullptr);
    __tsan_get_report_mop(report, static_cast<unsigned long>(i), &access.tid, &access.address, &access.size,
                          &access.write, &access.atomic, access.trace.data(), kFrames);
    in_code = in_code || InCode(access);
    Copy(access.thread, sizeof access.thread, nullptr);
    // The first is the one that is being made, by this thread.
    access.lock_count = i == 0 ? LocksHeldHere(access.locks.data(), kLocks) : 0;
    for (int thread = 0; thread < threads; ++thread) {
      int tid = -1, running = 0, parent = 0;
      unsigned long long os_id = 0;
      const char* name = nullptr;
      void* trace[1] = {};
      __tsan_get_report_thread(report, static_cast<unsigned long>(thread), &tid, &os_id, &running, &name, &parent,
                               trace, 0);
      if (tid == access.tid) Copy(access.thread, sizeof access.thread, name);
    }
  }
  return in_code;
}

// libtsan calls the hook with its report lock held: one at a time.
void Keep(void* report) {
  static RawReport scratch;
  const uint64_t index = g_reported.load(std::memory_order_relaxed);
  RawReport& kept = index < kKept ? g_reports[index] : scratch;
  if (!Convert(report, kept)) return;
  kept.complete.store(true, std::memory_order_release);
  g_reported.store(index + 1, std::memory_order_relaxed);
}

}  // namespace

void WatchRacesIn(uintptr_t text_begin, uintptr_t text_end) {
  g_text_begin = text_begin;
  g_text_end = text_end;
}

uint64_t RacesReported() { return g_reported.load(std::memory_order_relaxed); }

std::vector<RaceReport> KeptRaces() {
  std::vector<RaceReport> reports;
  for (const RawReport& raw : g_reports) {
    if (!raw.complete.load(std::memory_order_acquire)) continue;
    RaceReport& report = reports.emplace_back();
    report.kind = raw.kind;
    for (int i = 0; i < raw.accesses; ++i) {
      const RawAccess& from = raw.access[static_cast<size_t>(i)];
      RaceAccess& access = report.accesses.emplace_back();
      access.is_write = from.write != 0;
      access.is_atomic = from.atomic != 0;
      access.size = from.size;
      access.address = reinterpret_cast<uintptr_t>(from.address);
      access.thread = from.thread;
      for (unsigned lock = 0; lock < from.lock_count; ++lock) access.locks.emplace_back(from.locks[lock]);
      for (void* pc : from.trace) {
        const auto address = reinterpret_cast<uintptr_t>(pc);
        // The trace repeats a PC for each function that was inlined there.
        if (address != 0 && (access.stack.empty() || access.stack.back() != address)) access.stack.push_back(address);
      }
    }
  }
  return reports;
}

}  // namespace cfgtorture::native

extern "C" void __tsan_on_report(void* report) { cfgtorture::native::Keep(report); }
