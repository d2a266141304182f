#include "harness/cli/gate_native.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "harness/run/cells.h"
#include "harness/run/now.h"
#include "harness/run/progress.h"
#include "harness/run/worker_process.h"

namespace cfgtorture::cli {
namespace {

// Operations of a slice: their median is then known to some 1 %, of which the rule asks 10. A millisecond or two, where
// a worker takes ten of CPU to start.
constexpr uint64_t kSliceOperations = 120;
constexpr size_t kMostSets = 4;      // of workers, that a series gets
constexpr size_t kFutilePairs = 4;   // in a row: the cell has no operation that is frequent enough
constexpr double kFirstShare = 0.7;  // of the budget, until when cells are measured whatever is in doubt
constexpr double kOvertime = 1.25;   // of it, for what is in doubt
constexpr double kLatest = 1.5;      // of it, for second series
constexpr double kOwed = 4;          // of it: the first cell, and the second series of a suspect, are an answer
constexpr size_t kMostLanes = 2;

// SIGINT and SIGTERM wait until they are asked for.
class HeldSignals {
 public:
  HeldSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~HeldSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  int Take() const {
    const timespec now{};
    const int signal = sigtimedwait(&set_, nullptr, &now);
    return signal > 0 ? signal : 0;
  }

 private:
  sigset_t set_;
  sigset_t before_;
};

// posix_spawn has no hook for it, but a child inherits its parent's CPUs.
class OnCpu {
 public:
  explicit OnCpu(int cpu) {
    sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
  }
  ~OnCpu() { sched_setaffinity(0, sizeof before_, &before_); }

 private:
  cpu_set_t before_;
};

std::vector<int> Lanes() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return {0};
  // The last ones: what a host has to do besides, it does on the first.
  for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && cpus.size() < kMostLanes; --cpu) {
    if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
  }
  return cpus.empty() ? std::vector<int>{0} : cpus;
}

class PairedRuns {
 public:
  explicit PairedRuns(const NativePlan& plan)
      : plan_(plan),
        base_worker_(plan.base.worker),
        progress_(plan.progress, plan.progress_is_terminal),
        started_(run::Now()) {
    for (const CellSpec& spec : plan.cells) cells_.push_back({spec});
    for (const int cpu : Lanes()) lanes_.push_back({cpu});
  }

  NativeOutcome Run() {
    for (;;) {
      if (outcome_.signal == 0) outcome_.signal = signals_.Take();
      if (outcome_.signal != 0) break;  // workers are killed when their lane goes
      bool busy = false;
      for (Lane& lane : lanes_) {
        if (lane.cell == nullptr) Begin(lane);
        busy |= lane.cell != nullptr;
      }
      if (!busy) break;
      Wait();
      for (Lane& lane : lanes_) {
        if (lane.cell != nullptr) Step(lane);
      }
      Report();
    }
    Conclude();
    outcome_.wall_s = run::Now() - started_;
    return std::move(outcome_);
  }

 private:
  using Series = std::vector<ci::OperationPairs>;
  using Slice = std::vector<OperationMetric>;
  enum Side { kBase, kChange };
  struct Cell {
    CellSpec spec;
    Series first = {}, again = {};
    size_t first_sets = 0, again_sets = 0;  // of workers, begun
    bool taken = false;                     // by a lane
    std::string failed = "";                // why it cannot be run
    bool broke = false;                     // it is the change that cannot be run, and the base can
  };
  // A set: two workers that take turns.
  struct Lane {
    int cpu;
    Cell* cell = nullptr;  // null: idle
    bool again = false;
    bool change_first = false;  // of the pair under way
    bool warm = false;          // each has ended a slice, which is not counted
    int done = 0;               // slices of the pair
    size_t pairs = 0;           // of this set
    size_t futile = 0;          // of them, the last ones that said nothing
    double began_s = 0, until_s = 0;
    std::array<bool, 2> seen = {};  // that it runs at all
    std::array<std::optional<Slice>, 2> slices = {};
    std::array<std::unique_ptr<run::WorkerProcess>, 2> workers = {};
  };

  static size_t PairsOf(const Series& series) {
    size_t most = 0;
    for (const ci::OperationPairs& operation : series) most = std::max(most, operation.pairs.size());
    return most;
  }

  double Elapsed() const { return run::Now() - started_; }

  bool Is(const ci::OperationPairs& operation, ci::NativeVerdict verdict) const {
    return operation.pairs.size() >= plan_.rule.least_pairs &&
           ci::Decide(operation.pairs, plan_.rule).verdict == verdict;
  }
  bool Any(const Series& series, ci::NativeVerdict verdict) const {
    return std::any_of(series.begin(), series.end(),
                       [&](const ci::OperationPairs& operation) { return Is(operation, verdict); });
  }
  bool Missing(const Cell& cell) const {
    return cell.first_sets < kMostSets && PairsOf(cell.first) < plan_.rule.least_pairs;
  }
  // Where "not known to be as fast" is an answer of its own: the operation that a cell does most often. Rarer ones are
  // there to find what is slower: they are regressed, or nothing is said of them.
  bool InDoubt(const Cell& cell) const {
    const ci::OperationPairs* const most = ci::MostFrequent(cell.first);
    return most != nullptr && Is(*most, ci::NativeVerdict::kUndecided);
  }
  bool Suspected(const Cell& cell) const { return Any(cell.first, ci::NativeVerdict::kRegressed); }
  // The second series is over: long enough, and undecided in nothing.
  bool Repeated(const Cell& cell) const {
    return cell.again_sets == kMostSets ||
           (PairsOf(cell.again) >= plan_.rule.least_pairs && !Any(cell.again, ci::NativeVerdict::kUndecided));
  }

  // Of the cells that are free and can be run, the first one with the fewest sets so far.
  template <class Wanted>
  Cell* First(size_t Cell::*sets, Wanted&& wanted) {
    Cell* chosen = nullptr;
    for (Cell& cell : cells_) {
      if (cell.taken || !cell.failed.empty() || !wanted(cell)) continue;
      if (chosen == nullptr || cell.*sets < chosen->*sets) chosen = &cell;
    }
    return chosen;
  }

  struct Choice {
    Cell* cell = nullptr;
    bool again = false;
    double until = kLatest;  // of the budget
  };
  // What a lane does next: a second series of what is suspected; a first one of the next cell; more pairs of what is in
  // doubt; and then further cells, until the budget is over.
  Choice Choose() {
    const double share = Elapsed() / plan_.budget_s;
    if (outcome_.signal != 0) return {};
    const auto compared = [&](const Cell& cell) { return PairsOf(cell.first) >= plan_.rule.least_pairs; };
    const auto repeated = [&](const Cell& cell) { return PairsOf(cell.again) >= plan_.rule.least_pairs; };
    Cell* const suspect =
        First(&Cell::again_sets, [&](const Cell& cell) { return Suspected(cell) && !Repeated(cell); });
    if (suspect != nullptr) {
      const double until = std::none_of(cells_.begin(), cells_.end(), repeated) ? kOwed : kLatest;
      if (share < (repeated(*suspect) ? 1 : until)) return {suspect, true, until};
    }
    Cell* const next = First(&Cell::first_sets, [&](const Cell& cell) { return Missing(cell); });
    const bool none = std::none_of(cells_.begin(), cells_.end(), compared);
    if (next != nullptr && share < (none ? kOwed : kFirstShare)) return {next, false, none ? kOwed : kLatest};
    Cell* const doubtful =
        First(&Cell::first_sets, [&](const Cell& cell) { return cell.first_sets < kMostSets && InDoubt(cell); });
    if (doubtful != nullptr && share < kOvertime) return {doubtful};
    // A doubt that it brings has its time too.
    return share + longest_set_s_ / plan_.budget_s < 1 ? Choice{next} : Choice{};
  }

  void Begin(Lane& lane) {
    const auto [cell, again, until] = Choose();
    if (cell == nullptr) return;
    lane = {lane.cpu, cell, again};
    lane.until_s = until * plan_.budget_s;
    lane.began_s = run::Now();
    cell->taken = true;
    lane.change_first = (again ? cell->again_sets++ : cell->first_sets++) % 2 == 1;
    const OnCpu pinned(lane.cpu);
    for (const Side side : {kBase, kChange}) {
      CellSpec spec = cell->spec;
      spec.plugin = side == kBase ? plan_.base.plugin : plan_.change.plugin;
      run::WorkerProcess::Options options;
      options.executable = side == kBase ? base_worker_ : plan_.change.worker;
      options.slice_operations = kSliceOperations;
      absl::StatusOr<std::unique_ptr<run::WorkerProcess>> worker =
          run::WorkerProcess::Start(run::PendingCell(spec, {}), options);
      if (worker.ok()) {
        lane.workers[side] = *std::move(worker);
      } else {
        cell->failed = absl::StrCat(NameOf(side), worker.status().message());
        return End(lane);
      }
    }
  }

  static const char* NameOf(Side side) { return side == kBase ? "the base: " : "the change: "; }

  void End(Lane& lane) {
    longest_set_s_ = std::max(longest_set_s_, run::Now() - lane.began_s);
    lane.cell->taken = false;
    lane = {lane.cpu};
  }

  void Step(Lane& lane) {
    for (const Side side : {kBase, kChange}) {
      lane.workers[side]->Poll();
      if (std::optional<Slice> slice = lane.workers[side]->TakeSlice(); slice.has_value()) {
        lane.slices[side] = std::move(slice);
        lane.seen[side] = true;
      }
    }
    if (lane.workers[kBase]->finished()) return Failed(lane, kBase);
    // Whether it is the change alone that cannot be run, the base's first slice tells.
    if (lane.workers[kChange]->finished() && lane.seen[kBase]) return Failed(lane, kChange);
    if (Elapsed() >= lane.until_s) return End(lane);
    if (!lane.warm) {
      lane.warm = lane.slices[kBase].has_value() && lane.slices[kChange].has_value();
      if (lane.warm) Resume(lane);
    } else if (lane.slices[Turn(lane)].has_value()) {
      if (++lane.done == 2) EndPair(lane);
      if (lane.cell != nullptr) Resume(lane);
    }
  }

  static Side Turn(const Lane& lane) { return (lane.done == 1) != lane.change_first ? kChange : kBase; }

  static void Resume(Lane& lane) {
    lane.slices[Turn(lane)].reset();
    lane.workers[Turn(lane)]->Resume();
  }

  void EndPair(Lane& lane) {
    Cell& cell = *lane.cell;
    Series& series = lane.again ? cell.again : cell.first;
    const size_t before = PairsOf(series);
    ci::AddPair(*lane.slices[kBase], *lane.slices[kChange], plan_.rule, series);
    lane.futile = PairsOf(series) > before ? 0 : lane.futile + 1;
    lane.done = 0;
    lane.change_first = !lane.change_first;
    if (lane.futile == kFutilePairs && PairsOf(series) == 0) {
      cell.failed = "its operations are too few, or each of them sleeps";
    }
    if (++lane.pairs == plan_.rule.least_pairs + kFutilePairs || lane.futile == kFutilePairs ||
        lane.pairs - std::min(lane.pairs, lane.futile) >= plan_.rule.least_pairs) {
      End(lane);
    }
  }

  void Failed(Lane& lane, Side side) {
    Cell& cell = *lane.cell;
    const CellResult& result = lane.workers[side]->result();
    if (side == kBase && !lane.seen[kBase] && result.status == "not-run" && base_worker_ != plan_.change.worker) {
      outcome_.left_out.push_back(absl::StrCat("the base's worker, which takes no slices (", result.reason,
                                               "): the change's ran the base's code under test"));
      base_worker_ = plan_.change.worker;
      --(lane.again ? cell.again_sets : cell.first_sets);
      return End(lane);
    }
    cell.failed =
        absl::StrCat(NameOf(side), result.status, result.reason.empty() ? "" : absl::StrCat(": ", result.reason));
    // A deadlock is done, with a reason. Some deadlock now and then by what they are: what of that is expected, the
    // model's verdicts say.
    cell.broke = side == kChange && result.status != "done";
    End(lane);
  }

  void Wait() {
    std::vector<pollfd> fds;
    int timeout = 50;
    for (const Lane& lane : lanes_) {
      for (const std::unique_ptr<run::WorkerProcess>& worker : lane.workers) {
        if (worker == nullptr) continue;
        if (worker->stdout_fd() < 0 && worker->stderr_fd() < 0) timeout = 1;
        for (const int fd : {worker->stdout_fd(), worker->stderr_fd()}) {
          if (fd >= 0) fds.push_back({fd, POLLIN, 0});
        }
      }
    }
    poll(fds.data(), fds.size(), timeout);
  }

  void Report() {
    if (!progress_.Due(Elapsed())) return;
    run::ProgressFigures figures;
    figures.total = cells_.size();
    for (const Cell& cell : cells_) figures.done += PairsOf(cell.first) >= plan_.rule.least_pairs ? 1 : 0;
    figures.left_s = std::max(0.0, plan_.budget_s - Elapsed());
    for (const Lane& lane : lanes_) {
      if (lane.cell != nullptr) figures.running = lane.cell->spec.id;
    }
    progress_.Show(Elapsed(), figures);
  }

  void Conclude() {
    size_t compared = 0, decided = 0, pairs = 0;
    std::vector<std::string> untimed;
    for (const Cell& cell : cells_) {
      if (cell.broke) {
        GateRow row;
        row.part = "native";
        row.cell = cell.spec.id;
        row.outcome = "regressed";
        row.before = "done";
        row.after = "not done";
        row.text = cell.failed;
        row.decide = "cfgtorture stress, with this strategy and workload";
        outcome_.rows.push_back(std::move(row));
        continue;
      }
      if (!cell.failed.empty()) {
        outcome_.left_out.push_back(absl::StrCat(cell.spec.id, ", native: ", cell.failed));
        continue;
      }
      if (PairsOf(cell.first) < plan_.rule.least_pairs) {
        untimed.push_back(cell.spec.id);
        continue;
      }
      ++compared;
      for (const ci::OperationPairs& operation : cell.first) {
        // Below the least number of pairs an operation is too rare in this cell to be one of its figures.
        if (operation.pairs.size() < plan_.rule.least_pairs) continue;
        if (&operation != ci::MostFrequent(cell.first) && Is(operation, ci::NativeVerdict::kUndecided)) {
          outcome_.left_out.push_back(
              absl::StrCat(cell.spec.id, ", ", operation.operation, ", native: too rare to be decided"));
          continue;
        }
        ++decided;
        const auto again = std::find_if(cell.again.begin(), cell.again.end(), [&](const ci::OperationPairs& other) {
          return other.operation == operation.operation;
        });
        pairs += operation.pairs.size();
        const ci::NativeDecision first = ci::Decide(operation.pairs, plan_.rule);
        if (again == cell.again.end()) {
          outcome_.rows.push_back(ci::NativeRow(cell.spec.id, operation.operation, first, nullptr, plan_.rule));
        } else {
          pairs += again->pairs.size();
          const ci::NativeDecision second = ci::Decide(again->pairs, plan_.rule);
          outcome_.rows.push_back(ci::NativeRow(cell.spec.id, operation.operation, first, &second, plan_.rule));
        }
      }
    }
    if (!untimed.empty()) {
      const std::string more = untimed.size() > 1 ? absl::StrCat(" and ", untimed.size() - 1, " more") : "";
      outcome_.left_out.push_back(absl::StrCat("native: the budget had no time for ", untimed.front(), more,
                                               " (a longer --budget, or fewer with --strategy)"));
    }
    GateRow total;
    total.part = "native";
    total.outcome = "holds";
    total.text = absl::StrCat(compared, " of ", cells_.size(), " cells, base and change in turn, ", pairs, " pairs");
    if (plan_.differ > 0) absl::StrAppend(&total.text, "; first the ", plan_.differ, " whose machine code differs");
    if (decided == 0 && outcome_.signal == 0) {
      total.outcome = "undecided";
      total.decide = "a longer --budget, or a host that does less besides";
      if (!outcome_.left_out.empty()) absl::StrAppend(&total.text, "; ", outcome_.left_out.front());
    }
    outcome_.rows.insert(outcome_.rows.begin(), std::move(total));
  }

  const NativePlan& plan_;
  std::string base_worker_;
  HeldSignals signals_;
  run::ProgressLine progress_;
  const double started_;
  std::vector<Cell> cells_;
  std::vector<Lane> lanes_;
  double longest_set_s_ = 0;
  NativeOutcome outcome_;
};

}  // namespace

NativeOutcome CompareNative(const NativePlan& plan) { return PairedRuns(plan).Run(); }

}  // namespace cfgtorture::cli
