// What strategies, their locks and the harness around them cost, on real threads, all in one interleaved run:
//
//   STRATEGY/OPERATION/threads:N   each entry point of each strategy, on a bridge without latency
//   lock/NAME/threads:N            our locks, and their native peers beside them (peers.h)
//   harness/bare, harness/timed    a strategy's read alone, and with the call stamped for the monitors and timed
//
// Tasks of the native engine run them, each on a CPU of its own, never more than the CPUs there are. They begin
// together, and the first to be through ends the batch, so that all of it was as contended as it says. A batch in which
// the host took a CPU away is repeated, since it says nothing about a lock.
#include <benchmark/benchmark.h>
#include <dlfcn.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "harness/kernel/engine.h"
#include "harness/measure/tsc.h"
#include "harness/native/bench/loops.h"
#include "harness/native/bench/peers.h"
#include "harness/native/bench/ratio.h"
#include "harness/native/tasks.h"
#include "harness/native/timing.h"
#include "harness/pci/hardware/machine.h"
#include "harness/pci/topology/topology.h"
#include "harness/sdk/plugin.h"

namespace cfgtorture::native {
namespace {

constexpr uint64_t kHarnessBatch = 1000;
constexpr uint64_t kLockBatch = 10'000;  // well under a time slice of the host, or no batch would be left alone
constexpr double kMostAddedNs = 30;
constexpr double kMostRatio = 1.10;
constexpr uint64_t kHungNs = 30'000'000'000;  // a batch is over in milliseconds

constexpr const char* kHelp = R"(cfgtorture_bench: what strategies, locks and the harness cost, interleaved in one run

  cfgtorture_bench [--strategy NAME[,NAME...]|all] [--operation NAME[,NAME...]|all] [--locks-only]
                   [Google Benchmark's options]

  --strategy     strategies to measure (all); the harness is measured around the first
  --operation    entry points to measure (all)
  --locks-only   only the locks: ours beside their native peers
  --benchmark_filter=REGEX        of the names STRATEGY/OPERATION/threads:N, lock/NAME/threads:N, harness/...
  --benchmark_repetitions=N (15)  --benchmark_min_time=S (0.01)  --benchmark_out=FILE, as JSON

Ends with the ratio of each lock of ours to its peer, a 95 % interval from this very run, and the harness's own cost;
exit status 1 if that is over 30 ns an operation, 2 for bad input.
)";

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
  void (*start)();
  void* (*open)(const char*, const char*);
  uint32_t (*bare)(void*, uint64_t);
  uint32_t (*timed)(void*, uint64_t);
  std::vector<bench::OperationLoop> operations;
  std::vector<bench::LockLoop> locks;
  std::vector<std::string> strategies;
  std::vector<std::string> algorithms;
};

struct Options {
  std::vector<std::string> strategies;
  std::vector<std::string> operations;
  bool locks_only = false;
};

Code g_code;
Options g_options;
int g_status = 0;

// Batches that count, and those among them that the host disturbed each time they were tried.
uint64_t g_iterations = 0, g_disturbed = 0;

// ---- Several tasks --------------------------------------------------------------------------------------------------

// What the thread that watches looks at: since when has this benchmark been at one batch?
std::atomic<uint64_t> g_batch_began_ns{0};
std::atomic<const char*> g_batch_of{""};

// One batch, by one or two tasks.
struct Crew {
  void* object;
  bench::Rounds rounds;
  uint64_t most;
  int tasks;
  engine::TaskId master;
  std::atomic<int> at_gate{0}, left{tasks};
  std::atomic<bool> stop{false}, disturbed{false};
  std::atomic<uint64_t> began_ns{0}, ended_ns{0}, made{0}, slept{0};
};

rusage Usage() {
  rusage usage;
  getrusage(RUSAGE_THREAD, &usage);
  return usage;
}

void DoShare(Crew& crew, int task) {
  const rusage before = Usage();
  if (crew.at_gate.fetch_add(1) + 1 == crew.tasks) crew.began_ns.store(measure::MonotonicNs());
  while (crew.began_ns.load() == 0) engine::Relax();
  const uint64_t made = crew.rounds(crew.object, task, crew.most, crew.stop);
  if (!crew.stop.exchange(true)) crew.ended_ns.store(measure::MonotonicNs());
  crew.made.fetch_add(made);
  const rusage after = Usage();
  crew.slept.fetch_add(static_cast<uint64_t>(after.ru_nvcsw - before.ru_nvcsw));
  if (after.ru_nivcsw != before.ru_nivcsw) crew.disturbed.store(true);
}

// The two tasks, each on a CPU of its own, that wait for batches: to start them anew would cost more than a batch.
struct Worker {
  int number = 0;
  engine::TaskId task = 0;
  std::atomic<Crew*> next{nullptr};
  std::atomic<bool> over{false};
};
Worker g_workers[2];

void Work(void* argument) {
  Worker& worker = *static_cast<Worker*>(argument);
  while (!worker.over.load()) {
    Crew* crew = worker.next.exchange(nullptr);
    if (crew == nullptr) {
      engine::Park();
      continue;
    }
    DoShare(*crew, worker.number);
    const engine::TaskId master = crew->master;
    if (crew->left.fetch_sub(1) == 1) engine::Unpark(master);  // *crew may be gone
  }
}

void StartWorkers() {
  for (int i = 0; i < 2; ++i) {
    g_workers[i].number = i;
    g_workers[i].task = engine::StartTask("bench", i, Work, &g_workers[i]);
  }
}

void EndWorkers() {
  for (Worker& worker : g_workers) {
    worker.over.store(true);
    engine::Unpark(worker.task);
    engine::JoinTask(worker.task);
  }
}

struct Batch {
  double seconds;
  uint64_t made;
  uint64_t slept;  // times that a task gave its CPU up, as one does that waits for a sleeping lock
  bool disturbed;  // the host took a CPU away: of two tasks at one lock, both stood still
};

Batch RunTogether(void* object, bench::Rounds rounds, uint64_t most, int tasks) {
  Crew crew{.object = object, .rounds = rounds, .most = most, .tasks = tasks, .master = engine::CurrentTask()};
  if (tasks == 1) {
    DoShare(crew, 0);
  } else {
    for (Worker& worker : g_workers) {
      worker.next.store(&crew);
      engine::Unpark(worker.task);
    }
    while (crew.left.load() != 0) engine::Park();
  }
  return {static_cast<double>(crew.ended_ns.load() - crew.began_ns.load()) * 1e-9, crew.made.load(), crew.slept.load(),
          crew.disturbed.load()};
}

struct Made {
  uint64_t rounds = 0, slept = 0;
};

// One iteration of a benchmark: a batch that the host left alone, if there is one among a few. Its time is that of
// `batch` rounds by all tasks together. Returns the rounds made and the times slept, those of batches that do not count
// included.
Made Iteration(benchmark::State& state, void* object, bench::Rounds rounds, uint64_t batch, int tasks) {
  constexpr int kMostTries = 8;
  Made made;
  for (int tried = 1;; ++tried) {
    g_batch_began_ns.store(measure::MonotonicNs());
    const Batch done = RunTogether(object, rounds, batch, tasks);
    g_batch_began_ns.store(0);
    made.rounds += done.made;
    made.slept += done.slept;
    if (done.disturbed && tried < kMostTries) continue;
    if (done.disturbed) ++g_disturbed;
    ++g_iterations;
    state.SetIterationTime(done.seconds * static_cast<double>(batch) /
                           static_cast<double>(std::max<uint64_t>(done.made, 1)));
    return made;
  }
}

void Count(benchmark::State& state, uint64_t batch) {
  const double rounds = static_cast<double>(state.iterations()) * static_cast<double>(batch);
  state.counters["each"] = benchmark::Counter(rounds, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// ---- Benchmarks -----------------------------------------------------------------------------------------------------

void Harness(benchmark::State& state, void* object, uint32_t (*loop)(void*, uint64_t)) {
  for (auto _ : state) benchmark::DoNotOptimize(loop(object, kHarnessBatch));
  Count(state, kHarnessBatch);
}

void Operation(benchmark::State& state, const char* name, void* object, bench::OperationLoop loop, int tasks) {
  g_batch_of.store(name);
  for (auto _ : state) Iteration(state, object, loop.rounds, loop.batch, tasks);
  Count(state, loop.batch);
}

void Lock(benchmark::State& state, const char* name, bench::LockLoop loop, int tasks) {
  g_batch_of.store(name);
  void* object = loop.open(loop.name);
  uint64_t made = 0, slept = 0;
  for (auto _ : state) {
    const Made batch = Iteration(state, object, loop.rounds, kLockBatch, tasks);
    made += batch.rounds;
    slept += batch.slept;
  }
  const uint64_t counted = loop.close(object);
  if (counted != (loop.shared ? 0 : made)) {
    std::fprintf(stderr, "cfgtorture_bench: %s: %" PRIu64 " rounds, but the lock's counter says %" PRIu64 "\n", name,
                 made, counted);
    std::exit(3);
  }
  Count(state, kLockBatch);
  state.counters["sleeps"] = static_cast<double>(slept) / static_cast<double>(std::max<uint64_t>(made, 1));  // a round
}

// Names must stay: the watcher reads them.
const char* Keep(std::string name) { return (new std::string(std::move(name)))->c_str(); }

std::vector<std::string> g_registered;

template <class... Arguments>
benchmark::internal::Benchmark* Register(const std::string& name, Arguments... arguments) {
  g_registered.push_back(name);
  return benchmark::RegisterBenchmark(name.c_str(), arguments...);
}

void RegisterAll(const std::vector<void*>& strategies, int most_tasks) {
  if (!g_options.locks_only && !strategies.empty()) {
    Register("harness/bare", Harness, strategies[0], g_code.bare);
    Register("harness/timed", Harness, strategies[0], g_code.timed);
  }
  for (size_t i = 0; i < strategies.size(); ++i) {
    for (const bench::OperationLoop& loop : g_code.operations) {
      const auto& wanted = g_options.operations;
      if (std::find(wanted.begin(), wanted.end(), loop.name) == wanted.end()) continue;
      for (int tasks = 1; tasks <= most_tasks; ++tasks) {
        const char* name = Keep(absl::StrCat(g_options.strategies[i], "/", loop.name, "/threads:", tasks));
        Register(name, Operation, name, strategies[i], loop, tasks)->UseManualTime();
      }
    }
  }
  const std::vector<bench::LockLoop>& ours = g_code.locks;
  for (const auto* loops : {&ours, &bench::Peers()}) {
    for (const bench::LockLoop& loop : *loops) {
      for (int tasks = 1; tasks <= most_tasks; ++tasks) {
        const char* name = Keep(absl::StrCat("lock/", loop.name, "/threads:", tasks));
        Register(name, Lock, name, loop, tasks)->UseManualTime();
      }
    }
  }
}

// Keeps each repetition's time; at the end prints the median of each benchmark, in the order in which they were
// registered: they end in a random one.
class KeepingReporter : public benchmark::ConsoleReporter {
 public:
  KeepingReporter() : ConsoleReporter(isatty(STDOUT_FILENO) != 0 ? OO_Defaults : OO_Tabular) {}

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      const std::string& name = run.run_name.function_name;
      if (run.run_type == Run::RT_Iteration && !run.error_occurred && run.iterations != 0) {
        // The harness is timed by CPU time, since what else the host runs is no cost of it. Others say their own time.
        const bool harness = name.rfind("harness/", 0) == 0;
        const double seconds = harness ? run.cpu_accumulated_time : run.real_accumulated_time;
        times_ns_[name].push_back(seconds * 1e9 / static_cast<double>(run.iterations) / BatchOf(name));
      }
      if (run.run_type == Run::RT_Iteration ? !run.error_occurred && run.repetitions > 1
                                            : run.aggregate_name != "median")
        continue;
      Run shown = run;
      shown.run_type = Run::RT_Iteration;  // a name without "_median", since there is nothing else
      shown.run_name.time_type.clear();
      shown_[name] = shown;
    }
  }

  void Print() {
    for (const std::string& name : g_registered) {
      if (const auto it = shown_.find(name); it != shown_.end()) ConsoleReporter::ReportRuns({it->second});
    }
  }

  // Of one operation, a sample a repetition; empty if it did not run.
  const std::vector<double>& Times(const std::string& name) const {
    static const auto& none = *new std::vector<double>;
    const auto it = times_ns_.find(name);
    return it == times_ns_.end() ? none : it->second;
  }

 private:
  static double BatchOf(const std::string& name) {
    if (name.rfind("lock/", 0) == 0) return static_cast<double>(kLockBatch);
    if (name.rfind("harness/", 0) == 0) return static_cast<double>(kHarnessBatch);
    return 1;  // nobody asks
  }
  std::map<std::string, std::vector<double>> times_ns_;
  std::map<std::string, Run> shown_;
};

// ---- What it comes to -----------------------------------------------------------------------------------------------

void PrintRatio(const KeepingReporter& reporter, const std::string& ours, const bench::Pairing& pairing) {
  for (int tasks = 1; tasks <= 2; ++tasks) {
    const std::vector<double>& of_ours = reporter.Times(absl::StrCat("lock/", ours, "/threads:", tasks));
    const std::vector<double>& of_peer = reporter.Times(absl::StrCat("lock/", pairing.peer, "/threads:", tasks));
    if (of_ours.empty() || of_peer.empty()) continue;
    const bench::Interval ratio = bench::RatioOfMedians(of_ours, of_peer);
    std::printf("%-22s %-24s %7d %9.1f %9.1f   %5.2f  %5.2f to %5.2f  %-8s  %s\n", ours.c_str(), pairing.peer, tasks,
                bench::Median(of_ours), bench::Median(of_peer), ratio.estimate, ratio.low, ratio.high,
                pairing.same ? bench::Against(ratio, kMostRatio) : "nearest", pairing.note);
  }
}

void PrintRatios(const KeepingReporter& reporter) {
  std::printf(
      "\nOur locks against native peers of the same algorithm: ns a lock and unlock, all threads together; ratio of "
      "the\n"
      "medians with a 95 %% interval (bootstrap over the interleaved repetitions of this run); wanted: at most %.2f.\n"
      "raw_spinlock/ is what strategies take, preemption off included; spin/ is the algorithm alone.\n"
      "%-22s %-24s %7s %9s %9s   %5s  %14s\n",
      kMostRatio, "ours", "peer", "threads", "ours ns", "peer ns", "ratio", "95 % interval");
  std::vector<std::string> alone;
  for (const std::string& algorithm : g_code.algorithms) {
    bool paired = false;
    for (const bench::Pairing& pairing : bench::Pairings()) {
      if (algorithm != pairing.ours) continue;
      paired = true;
      PrintRatio(reporter, absl::StrCat("raw_spinlock/", algorithm), pairing);
      PrintRatio(reporter, absl::StrCat("spin/", algorithm), pairing);
    }
    if (!paired) alone.push_back(algorithm);
  }
  for (const bench::Pairing& pairing : bench::Pairings()) PrintRatio(reporter, pairing.ours, pairing);
  if (!alone.empty()) std::printf("without a peer: %s (peers.cc)\n", absl::StrJoin(alone, ", ").c_str());
}

void PrintQuiet() {
  std::printf("\nhost: a batch in which it took a CPU away was repeated; %" PRIu64 " of %" PRIu64
              " could not be had undisturbed%s\n",
              g_disturbed, g_iterations,
              g_disturbed * 20 > g_iterations ? ": THIS MACHINE IS TOO BUSY for figures" : "");
}

void JudgeHarness(const KeepingReporter& reporter) {
  if (reporter.Times("harness/bare").empty() || reporter.Times("harness/timed").empty()) return;
  const double bare = bench::Median(reporter.Times("harness/bare"));
  const double timed = bench::Median(reporter.Times("harness/timed"));
  const bool holds = timed - bare <= kMostAddedNs;
  std::printf("\nharness: %.1f ns a timed operation, %.1f ns bare: %.1f ns added (median of %zu, at most %.0f): %s\n",
              timed, bare, timed - bare, reporter.Times("harness/timed").size(), kMostAddedNs,
              holds ? "holds" : "EXCEEDED");
  g_status = holds ? 0 : 1;
}

void RunAll(void*) {
  g_code.start();
  std::vector<void*> strategies;
  if (!g_options.locks_only) {
    for (const std::string& name : g_options.strategies) strategies.push_back(g_code.open(name.c_str(), "ecam"));
  }
  StartWorkers();
  RegisterAll(strategies, std::min(AllowedCpus(), 2));
  KeepingReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  reporter.Print();
  EndWorkers();
  PrintRatios(reporter);
  PrintQuiet();
  JudgeHarness(reporter);
}

// ---- Options --------------------------------------------------------------------------------------------------------

// `text` as names out of `known`; "" and "all" are all. False, and a line on stderr, if one is not among them.
bool Choose(const char* option, const std::string& text, const std::vector<std::string>& known,
            std::vector<std::string>& chosen) {
  if (text.empty() || text == "all") {
    chosen = known;
    return true;
  }
  for (const auto& part : absl::StrSplit(text, ',')) {
    const std::string name(part);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      std::fprintf(stderr, "cfgtorture_bench: %s \"%s\": expected one of %s\n", option, name.c_str(),
                   absl::StrJoin(known, ", ").c_str());
      return false;
    }
    chosen.push_back(name);
  }
  return true;
}

template <class Loop>
std::vector<Loop> LoopsOf(void* object, const char* symbol) {
  uint32_t count = 0;
  const Loop* first = Symbol<const Loop*(uint32_t*)>(object, symbol)(&count);
  return {first, first + count};
}

void LoadCode() {
  void* object = Load(CFGT_CODE_PLAIN);
  const Plugin& plugin = *Symbol<const Plugin*()>(object, "cfgt_plugin")();
  for (uint32_t i = 0; i < plugin.strategy_count; ++i) g_code.strategies.push_back(plugin.strategies[i].name);
  for (uint32_t i = 0; i < plugin.spin_algorithm_count; ++i) g_code.algorithms.push_back(plugin.spin_algorithms[i]);
  void* loops = Load(CFGT_BENCH_CODE);
  g_code.start = Symbol<void()>(loops, "bench_start");
  g_code.open = Symbol<void*(const char*, const char*)>(loops, "bench_open");
  g_code.bare = Symbol<uint32_t(void*, uint64_t)>(loops, "bench_bare");
  g_code.timed = Symbol<uint32_t(void*, uint64_t)>(loops, "bench_timed");
  g_code.operations = LoopsOf<bench::OperationLoop>(loops, "bench_operations");
  g_code.locks = LoopsOf<bench::LockLoop>(loops, "bench_locks");
}

int Main(int argc, char** argv) {
  // Interleaved repetitions are what the comparison means; the caller's options come later and win.
  std::vector<char*> arguments = {argv[0]};
  std::string defaults[] = {"--benchmark_enable_random_interleaving=true", "--benchmark_repetitions=15",
                            "--benchmark_min_time=0.01"};
  for (std::string& option : defaults) arguments.push_back(option.data());
  std::string strategies, operations;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      std::fputs(kHelp, stdout);
      return 0;
    }
    if (argument == "--locks-only") {
      g_options.locks_only = true;
    } else if ((argument == "--strategy" || argument == "--operation") && i + 1 < argc) {
      (argument == "--strategy" ? strategies : operations) = argv[++i];
    } else {
      arguments.push_back(argv[i]);
    }
  }
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;

  LoadCode();
  std::vector<std::string> known;
  for (const bench::OperationLoop& loop : g_code.operations) known.push_back(loop.name);
  if (!Choose("--strategy", strategies, g_code.strategies, g_options.strategies) ||
      !Choose("--operation", operations, known, g_options.operations)) {
    return 2;
  }
  absl::StatusOr<topology::Topology> topology = topology::Load(CFGT_SOURCE_DIR "/workloads/topologies/pair.txt");
  if (!topology.ok()) Fatal(std::string(topology.status().message()).c_str());
  // Recovery times are over at once: what is left of them is one sleep.
  BuildCpus({.cpus = 2, .flavour = engine::Flavour::kPreempt, .time_scale = 1e6});
  hw::BuildMachine(*topology, hw::Latencies{});
  hw::SetOperationCallbacks(OperationBegan, OperationEnded);
  StartProgram(RunAll, nullptr);
  while (!WaitForProgram(1'000'000'000)) {
    const uint64_t began = g_batch_began_ns.load();
    const uint64_t now = measure::MonotonicNs();
    if (began != 0 && now > began && now - began > kHungNs) {
      Fatal(Keep(absl::StrCat(g_batch_of.load(), " hangs: ", DescribeTasks())));
    }
  }
  JoinProgram();
  return g_status;
}

}  // namespace
}  // namespace cfgtorture::native

int main(int argc, char** argv) { return cfgtorture::native::Main(argc, argv); }
