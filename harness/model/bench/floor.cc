// cfgtorture_model_floor: what an execution of the model costs at the least: three tasks, 31 points; at each a draw, a
// hash of what was drawn, a switch if it is another task, and the race detector's part of an acquire load or a release
// store. No code under test, no engine, no judge. speed.py runs it in turn with the engine itself.
#include <cstdint>

#include "benchmark/benchmark.h"
#include "harness/explore/random.h"
#include "harness/model/arena.h"
#include "harness/model/fiber.h"
#include "harness/model/race_detector.h"

namespace cfgtorture::model {
namespace {

constexpr unsigned kTasks = 3, kPoints = 31, kMainFiber = 63;
constexpr uintptr_t kFlag = kHeapBase + 128;

Fibers fibers;
RaceDetector races;
explore::RandomExplorer random_choices(1);
uint64_t hash, points_left;

[[gnu::noinline]] CFGT_SWITCHES void Point() {
  if (--points_left == 0) fibers.Switch(races.current(), kMainFiber);
  const unsigned from = races.current();
  const unsigned next = random_choices.Choose((1u << kTasks) - 1, from);
  hash = (hash ^ next) * 0x1000193;
  if (next == from) return;
  races.SetCurrent(next);
  fibers.Switch(from, next);
}

void Task() {
  Cell* const cell = RaceDetector::CellAt(kFlag - kBase);
  for (bool race = false;;) {
    Point();
    races.LoadOrder(*races.Atomic(cell, kFlag, 4, /*write=*/false, /*read=*/true, &race), __ATOMIC_ACQUIRE);
    Point();
    races.StoreOrder(*races.Atomic(cell, kFlag, 4, /*write=*/true, /*read=*/false, &race), __ATOMIC_RELEASE);
  }
}

void Floor(benchmark::State& state) {
  races.Init(0, 0);
  uint64_t number = 0;
  for (auto _ : state) {
    races.BeginExecution();
    random_choices.Begin(number++);
    points_left = kPoints;
    for (unsigned i = 0; i < kTasks; ++i) {
      races.AddContext(i);
      fibers.Make<Task>(i, StackBottom(i), StackBytes(i));
    }
    races.SetCurrent(0);
    fibers.Switch(kMainFiber, 0);
    benchmark::DoNotOptimize(hash);
  }
  state.counters["points"] = benchmark::Counter(static_cast<double>(number * kPoints), benchmark::Counter::kIsRate);
  state.SetItemsProcessed(static_cast<int64_t>(number));
}
BENCHMARK(Floor);

}  // namespace
}  // namespace cfgtorture::model

BENCHMARK_MAIN();
