// Litmus tests drawn from a number: whatever dfs reaches of one, dpor must reach (litmus_test.py).
#include "harness/model/testdata/drawn.h"

#include <array>
#include <atomic>

#include "harness/model/testdata/program_list.h"

namespace cfgtorture {
namespace {

constexpr std::memory_order kRelaxed = std::memory_order_relaxed, kAcquire = std::memory_order_acquire,
                            kRelease = std::memory_order_release, kAcqRel = std::memory_order_acq_rel,
                            kSeqCst = std::memory_order_seq_cst;

std::atomic<int> x, y, z;
std::atomic<int> lock;
int sections;  // that lock guards

// A program drawn from the number that is its argument: three tasks of one to three operations on three places. Of
// some, init is one of the three; in some, one task joins another after its first operation; some race. Those that wait
// have sections of a lock, waits for a value, parks and wake-ups in place of fences.
struct DrawnTask {
  unsigned seed, count;
  unsigned seen = 0;  // what it has read, as a hash
  const engine::TaskId* joins = nullptr;
  bool races = false;                   // relaxed loads and stores are plain ones
  const engine::TaskId* all = nullptr;  // of a program that waits
  bool waits = false;
};
constexpr unsigned kDrawnOutcomes = 4096;
constexpr auto kDrawnNames = [] {
  std::array<std::array<char, 8>, kDrawnOutcomes> texts{};
  for (unsigned i = 0; i < kDrawnOutcomes; ++i) {
    for (size_t d = 0; d < 4; ++d) texts[i][d] = static_cast<char>('0' + (i >> (9 - 3 * d) & 7));
  }
  return texts;
}();

unsigned DrawnBits(unsigned& seed, unsigned bits) {
  seed = seed * 1664525 + 1013904223;
  return seed >> (32 - bits);
}
unsigned MixIn(unsigned hash, unsigned value) {
  hash = (hash ^ value) * 0x9e3779b1;
  return hash ^ hash >> 15;
}

// g++ tells volatile accesses apart, as marked ones; clang does not.
#ifdef __clang__
int LoadOnce(const std::atomic<int>& place) { return place.load(kRelaxed); }
void StoreOnce(std::atomic<int>& place, int value) { place.store(value, kRelaxed); }
#else
int LoadOnce(const std::atomic<int>& place) { return *reinterpret_cast<const volatile int*>(&place); }
void StoreOnce(std::atomic<int>& place, int value) { *reinterpret_cast<volatile int*>(&place) = value; }
#endif

int LoadBy(const std::atomic<int>& place, unsigned order) {
  if (order == 0) return place.load(kSeqCst);
  if (order == 1) return LoadOnce(place);
  return order < 3 ? place.load(kRelaxed) : place.load(kAcquire);
}
void StoreBy(std::atomic<int>& place, int value, unsigned order) {
  if (order == 0) return place.store(value, kSeqCst);
  if (order == 1) return StoreOnce(place, value);
  return order < 3 ? place.store(value, kRelaxed) : place.store(value, kRelease);
}

// Reads which section of all it was.
int Section(bool looks_first) {
  do {
    while (looks_first && lock.load(kRelaxed) != 0) engine::Relax();
  } while (lock.exchange(1, kAcquire) != 0 && (looks_first || (engine::Relax(), true)));
  const int number = sections++;
  lock.store(0, kRelease);
  return number;
}

void RunDrawn(void* argument) {
  DrawnTask& task = *static_cast<DrawnTask*>(argument);
  for (unsigned i = 0; i < task.count; ++i) {
    constexpr std::array<unsigned, 8> kOfThoseThatWait = {0, 3, 3, 6, 7, 7, 7, 7};
    unsigned kind = DrawnBits(task.seed, 3);
    if (task.waits) kind = kOfThoseThatWait[kind];
    const unsigned where = DrawnBits(task.seed, 8) % 3, order = DrawnBits(task.seed, 2);
    const int value = static_cast<int>(DrawnBits(task.seed, 1)) + 1;
    std::atomic<int>& place = where == 0 ? x : where == 1 ? y : z;
    int read = 0;
    int& plain = reinterpret_cast<int&>(place);
    if (kind < 3) {
      read = task.races && order == 2 ? plain : LoadBy(place, order);
    } else if (kind < 6) {
      task.races&& order == 2 ? static_cast<void>(plain = value) : StoreBy(place, value, order);
    } else if (kind == 6 && order < 2) {
      read = order == 0 ? place.fetch_or(value, kRelaxed) : place.exchange(value, kAcqRel);
    } else if (kind == 6) {
      read = value;
      place.compare_exchange_strong(read, 3, kAcqRel, kRelaxed);
    } else if (task.waits && order == 3) {
      while ((read = place.load(kAcquire)) == 0) engine::Relax();
    } else if (task.waits && order == 2) {
      value == 1 ? engine::Unpark(task.all[where]) : static_cast<void>(engine::Park());
    } else if (task.waits) {
      read = Section(/*looks_first=*/order == 1);
    } else if (order == 0) {
      std::atomic_thread_fence(kSeqCst);
    } else {
      order == 1 ? std::atomic_thread_fence(kAcquire) : std::atomic_thread_fence(kRelease);
    }
    task.seen = MixIn(task.seen, static_cast<unsigned>(read));
    if (i == 0 && task.joins != nullptr) engine::JoinTasks(task.joins, 1);
  }
}

void DrawAndRun(bool waits) {
  unsigned seed = 0;
  for (const char* digit = program_argument; *digit != '\0'; ++digit)
    seed = seed * 10 + static_cast<unsigned>(*digit - '0');
  seed = MixIn(seed, 1);
  std::array<DrawnTask, 3> drawn;
  std::array<engine::TaskId, 3> tasks{};
  for (unsigned i = 0; i < 3; ++i) drawn[i] = {MixIn(seed, i), 1 + DrawnBits(seed, 8) % 3, 0};
  for (DrawnTask& task : drawn) task.races = DrawnBits(seed, 2) == 0;
  for (DrawnTask& task : drawn) task.all = tasks.data(), task.waits = waits;
  const unsigned own = DrawnBits(seed, 1);  // so many of the three does init itself
  if (DrawnBits(seed, 1) != 0) drawn[0].joins = &tasks[1];
  for (unsigned i = 3; i-- > own;) tasks[i] = engine::StartTask("task", static_cast<int>(i) + 1, RunDrawn, &drawn[i]);
  if (own != 0) {
    tasks[0] = engine::CurrentTask();
    RunDrawn(&drawn[0]);
  }
  engine::JoinTasks(tasks.data() + own, 3 - own);
  unsigned outcome = 0;
  for (const DrawnTask& task : drawn) outcome = MixIn(outcome, task.seen);
  for (const std::atomic<int>* place : {&x, &y, &z})
    outcome = MixIn(outcome, static_cast<unsigned>(place->load(kRelaxed)));
  Check(false, kDrawnNames[outcome % kDrawnOutcomes].data());
}

}  // namespace

void Drawn() { DrawAndRun(/*waits=*/false); }
void DrawnWaits() { DrawAndRun(/*waits=*/true); }

}  // namespace cfgtorture
