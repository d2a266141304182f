// What the harness costs: a bare loop over a strategy on a bridge without latency, against the same loop with every
// call stamped for the monitors and timed. And what our spin locks cost, beside pthread_spinlock.
//
//   cfgtorture_bench --strategy NAME [Google Benchmark's options]
//
// Both loops are the same object code (testdata/bench_code.cc), run in a task of the native engine, interleaved at
// random. The last line is the verdict: median added cost per operation, at most 30 ns, else exit status 1.
#include <benchmark/benchmark.h>
#include <dlfcn.h>
#include <pthread.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "harness/kernel/engine.h"
#include "harness/native/tasks.h"
#include "harness/native/timing.h"
#include "harness/pci/hardware/machine.h"
#include "harness/pci/topology/topology.h"

namespace cfgtorture::native {
namespace {

constexpr uint64_t kBatch = 1000;
constexpr double kMostAddedNs = 30;

template <class F>
F* Symbol(void* object, const char* name) {
  void* symbol = dlsym(object, name);
  if (symbol == nullptr) Fatal(dlerror());
  return reinterpret_cast<F*>(symbol);
}

void* Load(const char* path) {
  void* object = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (object == nullptr) Fatal(dlerror());
  return object;
}

struct Code {
  void* (*open)(const char*, const char*);
  uint32_t (*bare)(void*, uint64_t);
  uint32_t (*timed)(void*, uint64_t);
  bool (*lock)(const char*, int, uint64_t);
};
Code g_code;
const char* g_strategy = "";
void* g_bench = nullptr;

void Loop(benchmark::State& state, uint32_t (*loop)(void*, uint64_t)) {
  for (auto _ : state) benchmark::DoNotOptimize(loop(g_bench, kBatch));
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(kBatch));
}

void SpinPair(benchmark::State& state, const char* algorithm) {
  const int tasks = static_cast<int>(state.range(0));
  for (auto _ : state) {
    if (!g_code.lock(algorithm, tasks, kBatch * 100)) state.SkipWithError("no such spin lock");
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(kBatch) * 100 * tasks);
}

struct PthreadBench {
  pthread_spinlock_t lock;
  uint64_t counter = 0;  // guarded by lock
};

void PthreadRounds(void* argument) {
  auto& bench = *static_cast<PthreadBench*>(argument);
  for (uint64_t i = 0; i < kBatch * 100; ++i) {
    pthread_spin_lock(&bench.lock);
    benchmark::DoNotOptimize(++bench.counter);
    pthread_spin_unlock(&bench.lock);
  }
}

void PthreadPair(benchmark::State& state) {
  const int tasks = static_cast<int>(state.range(0));
  PthreadBench bench;
  pthread_spin_init(&bench.lock, PTHREAD_PROCESS_PRIVATE);
  for (auto _ : state) {
    if (tasks == 1) {
      PthreadRounds(&bench);
      continue;
    }
    std::vector<engine::TaskId> ids;
    ids.reserve(static_cast<size_t>(tasks));
    for (int i = 0; i < tasks; ++i) ids.push_back(engine::StartTask("bench", -1, PthreadRounds, &bench));
    for (const engine::TaskId id : ids) engine::JoinTask(id);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(kBatch) * 100 * tasks);
}

// Prints as usual, and keeps each repetition's time.
class KeepingReporter : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    std::vector<Run> aggregates;
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) {
        aggregates.push_back(run);
      } else if (!run.error_occurred && run.iterations != 0) {
        // CPU time: what else the host runs is no cost of the harness.
        const double operations = static_cast<double>(run.iterations) * static_cast<double>(kBatch);
        times_ns_[run.run_name.function_name].push_back(run.cpu_accumulated_time * 1e9 / operations);
      }
    }
    if (!aggregates.empty()) ConsoleReporter::ReportRuns(aggregates);
  }
  // Of one operation; negative if it did not run.
  double Median(const std::string& name) const {
    const auto it = times_ns_.find(name);
    if (it == times_ns_.end()) return -1;
    std::vector<double> times = it->second;
    std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
    return times[times.size() / 2];
  }
  size_t Repetitions(const std::string& name) const {
    const auto it = times_ns_.find(name);
    return it == times_ns_.end() ? 0 : it->second.size();
  }

 private:
  std::map<std::string, std::vector<double>> times_ns_;
};

int g_status = 0;

void RunAll(void*) {
  g_bench = g_code.open(g_strategy, "ecam");
  if (g_bench == nullptr) {
    std::fprintf(stderr, "cfgtorture_bench: --strategy \"%s\": no such strategy; the control is the one to measure\n",
                 g_strategy);
    g_status = 2;
    return;
  }
  benchmark::RegisterBenchmark("loop/bare", Loop, g_code.bare);
  benchmark::RegisterBenchmark("loop/timed", Loop, g_code.timed);
  const int tasks = std::min(AllowedCpus(), 2);
  for (const char* algorithm : {"tas", "ticket"}) {
    auto* pair = benchmark::RegisterBenchmark((std::string("spin-pair/") + algorithm).c_str(), SpinPair, algorithm);
    pair->DenseRange(1, tasks)->UseRealTime()->Unit(benchmark::kMillisecond);
  }
  benchmark::RegisterBenchmark("spin-pair/pthread", PthreadPair)
      ->DenseRange(1, tasks)
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);

  KeepingReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  const double bare = reporter.Median("loop/bare");
  const double timed = reporter.Median("loop/timed");
  if (bare < 0 || timed < 0) return;
  const bool holds = timed - bare <= kMostAddedNs;
  std::printf("harness: %.1f ns a timed operation, %.1f ns bare: %.1f ns added (median of %zu, at most %.0f): %s\n",
              timed, bare, timed - bare, reporter.Repetitions("loop/timed"), kMostAddedNs,
              holds ? "holds" : "EXCEEDED");
  g_status = holds ? 0 : 1;
}

int Main(int argc, char** argv) {
  // Interleaved repetitions are what the comparison means; the caller's options come later and win.
  std::vector<char*> arguments = {argv[0]};
  std::string defaults[] = {"--benchmark_enable_random_interleaving=true", "--benchmark_repetitions=15",
                            "--benchmark_min_time=0.03"};
  for (std::string& option : defaults) arguments.push_back(option.data());
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--strategy") == 0 && i + 1 < argc) {
      g_strategy = argv[++i];
    } else {
      arguments.push_back(argv[i]);
    }
  }
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;

  Load(CFGT_CODE_PLAIN);
  void* loops = Load(CFGT_BENCH_CODE);
  g_code = {Symbol<void*(const char*, const char*)>(loops, "bench_open"),
            Symbol<uint32_t(void*, uint64_t)>(loops, "bench_bare"),
            Symbol<uint32_t(void*, uint64_t)>(loops, "bench_timed"),
            Symbol<bool(const char*, int, uint64_t)>(loops, "bench_lock")};
  absl::StatusOr<topology::Topology> topology = topology::Load(CFGT_SOURCE_DIR "/workloads/topologies/pair.txt");
  if (!topology.ok()) Fatal(std::string(topology.status().message()).c_str());
  BuildCpus({.cpus = 2, .flavour = engine::Flavour::kPreempt, .time_scale = 1});
  hw::BuildMachine(*topology, hw::Latencies{});
  hw::SetOperationCallbacks(OperationBegan, OperationEnded);
  StartProgram(RunAll, nullptr);
  while (!WaitForProgram(1'000'000'000)) {
  }
  JoinProgram();
  return g_status;
}

}  // namespace
}  // namespace cfgtorture::native

int main(int argc, char** argv) { return cfgtorture::native::Main(argc, argv); }
