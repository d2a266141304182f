#include "harness/cli/gate_native.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <deque>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "harness/run/cells.h"
#include "harness/run/progress.h"
#include "harness/run/worker_process.h"

namespace cfgtorture::cli {
namespace {

// Measured, of one run: some 5,000 calls, and as long as a worker takes to start. On a busy host that can be less than
// the time until its turn comes, and nothing was measured: then runs get longer.
constexpr double kShortestRunS = 0.012;
constexpr double kLongestRunS = 0.2;
constexpr double kGrowth = 1.6;
constexpr double kWarmUpShare = 0.15;
constexpr uint64_t kStarvedBelow = 30;  // operations of a run
constexpr double kScreenShare = 0.4;    // of the budget, until when cells are looked at once
constexpr double kFirstShare = 0.7;     // until when first series are taken
constexpr double kOvertime = 1.25;      // of it, where nothing at all is decided when it is over
constexpr double kLatest = 1.5;         // of it: a host that gives us next to nothing is not waited for any longer
constexpr double kFirstGuessS = 0.1;    // of a pair, until there is one
constexpr double kAdmitMargin = 1.25;   // a cell that has to be dropped again was time lost
constexpr size_t kMostLanes = 2;
constexpr size_t kFutilePairs = 6;  // in a row, of the longest runs: the cell has no operation that is frequent enough

double Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

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
      : plan_(plan), progress_(plan.progress, plan.progress_is_terminal), started_(Now()) {
    for (const CellSpec& spec : plan.cells) {
      to_screen_.push_back(cells_.size());
      cells_.push_back({spec});
    }
    for (const int cpu : Lanes()) lanes_.push_back({cpu});
    admitted_ = std::min(cells_.size(), lanes_.size());
  }

  NativeOutcome Run() {
    for (;;) {
      if (outcome_.signal == 0) outcome_.signal = signals_.Take();
      if (outcome_.signal != 0) break;  // workers are killed when their lane goes
      bool busy = false;
      for (Lane& lane : lanes_) {
        if (lane.worker == nullptr) Begin(lane);
        busy |= lane.worker != nullptr;
      }
      if (!busy) break;
      Wait();
      for (Lane& lane : lanes_) {
        if (lane.worker == nullptr) continue;
        lane.worker->Poll();
        if (lane.worker->finished()) Finished(lane);
      }
      Report();
    }
    Conclude();
    outcome_.wall_s = Now() - started_;
    return std::move(outcome_);
  }

 private:
  using Series = std::vector<ci::OperationPairs>;
  struct Cell {
    CellSpec spec;
    Series first = {}, again = {};
    size_t begun_first = 0, begun_again = 0;  // pairs
    size_t tried = 0;                         // pairs that have ended
    size_t futile = 0;                        // of them, the last ones that said nothing
    double run_s = kShortestRunS;
    double screened = 0;      // ratio of the one pair that it was looked at with; 0: none, or it seems no slower
    std::string failed = "";  // why it cannot be run
    bool base_ran = false;
    bool broke = false;  // it is the change that cannot be run, and the base can
  };
  struct Lane {
    int cpu;
    size_t cell = 0;
    bool screens = false;
    bool again = false;
    bool change_first = false;
    int done = 0;  // runs of the pair
    double began_s = 0, run_s = 0;
    std::array<CellResult, 2> results = {};  // base, change
    std::unique_ptr<run::WorkerProcess> worker = nullptr;
  };

  static size_t PairsOf(const Series& series) {
    size_t most = 0;
    for (const ci::OperationPairs& operation : series) most = std::max(most, operation.pairs.size());
    return most;
  }

  double Elapsed() const { return Now() - started_; }
  double PairS() const { return pair_s_ > 0 ? pair_s_ : kFirstGuessS; }

  // Pairs that the first series of a cell still needs, those under way counted as done.
  size_t Missing(const Cell& cell) const {
    if (!cell.failed.empty()) return 0;
    const size_t under_way = cell.begun_first - std::min(cell.begun_first, cell.tried);
    const size_t have = PairsOf(cell.first) + under_way;
    return have < plan_.rule.least_pairs ? plan_.rule.least_pairs - have : 0;
  }

  bool Suspected(const Cell& cell) const { return Any(cell, ci::NativeVerdict::kRegressed); }
  bool Any(const Cell& cell, ci::NativeVerdict verdict) const {
    return std::any_of(cell.first.begin(), cell.first.end(), [&](const ci::OperationPairs& operation) {
      return operation.pairs.size() >= plan_.rule.least_pairs &&
             ci::Decide(operation.pairs, plan_.rule).verdict == verdict;
    });
  }
  // Where "not known to be as fast" is an answer of its own: the operation that a cell does most often, of cells that
  // the budget was for. Operations that are rarer, and cells that were looked at because one pair seemed slow or
  // because time was left, are there to find what is slower: they are regressed, or nothing is said of them.
  bool InDoubt(const Cell& cell, const ci::OperationPairs& operation) const {
    if (!Undecided(operation)) return false;
    const bool spare = late_ && &cell >= &cells_[in_budget_];
    return !spare && cell.screened == 0 && &operation == ci::MostFrequent(cell.first);
  }
  bool Undecided(const ci::OperationPairs& operation) const {
    return operation.pairs.size() >= plan_.rule.least_pairs &&
           ci::Decide(operation.pairs, plan_.rule).verdict == ci::NativeVerdict::kUndecided;
  }
  // More pairs may tell: of what is in doubt, of what seems slower, and of anything while nothing is decided yet.
  bool WantsMore(const Cell& cell, bool nothing_decided) const {
    return std::any_of(cell.first.begin(), cell.first.end(), [&](const ci::OperationPairs& operation) {
      if (!Undecided(operation)) return false;
      if (InDoubt(cell, operation)) return true;
      if (nothing_decided && &operation == ci::MostFrequent(cell.first)) return true;
      const ci::NativeDecision decision = ci::Decide(operation.pairs, plan_.rule);
      return decision.ratio.estimate >= ci::LimitOf(plan_.rule, decision.base_ns);
    });
  }
  bool NothingDecided() const {
    return std::none_of(cells_.begin(), cells_.end(), [&](const Cell& cell) {
      return std::any_of(cell.first.begin(), cell.first.end(), [&](const ci::OperationPairs& operation) {
        return operation.pairs.size() >= plan_.rule.least_pairs && !Undecided(operation);
      });
    });
  }

  // The second series is over: long enough, and undecided in nothing that was suspected.
  bool Repeated(const Cell& cell) const {
    if (PairsOf(cell.again) < plan_.rule.least_pairs) return false;
    return std::none_of(cell.again.begin(), cell.again.end(), [&](const ci::OperationPairs& operation) {
      return operation.pairs.size() >= plan_.rule.least_pairs &&
             ci::Decide(operation.pairs, plan_.rule).verdict == ci::NativeVerdict::kUndecided;
    });
  }

  // How many cells, the first ones, get a first series: as many as the time that is left will do.
  void Admit() {
    if (late_) return;
    const double left = kFirstShare * plan_.budget_s - Elapsed();
    double cost = 0;
    for (size_t i = 0; i < admitted_; ++i) cost += static_cast<double>(Missing(cells_[i])) * PairS();
    const double whole = static_cast<double>(plan_.rule.least_pairs) * PairS();
    const auto lanes = static_cast<double>(lanes_.size());
    while (admitted_ > 1 && cost / lanes > left && Missing(cells_[admitted_ - 1]) > 0) {
      cost -= static_cast<double>(Missing(cells_[--admitted_])) * PairS();
    }
    while (pair_s_ > 0 && admitted_ < cells_.size() && kAdmitMargin * (cost + whole) / lanes < left) {
      cost += whole;
      ++admitted_;
    }
  }

  // Time that nothing doubtful needs is for one cell more, if there is enough for it and for doubts that it may bring.
  bool AdmitLate() {
    const double whole = static_cast<double>(plan_.rule.least_pairs) * PairS() / static_cast<double>(lanes_.size());
    if (admitted_ == cells_.size() || Elapsed() + 2 * whole > plan_.budget_s) return false;
    if (!std::exchange(late_, true)) in_budget_ = admitted_;
    ++admitted_;
    return true;
  }

  // Each cell is looked at with one pair, as far as there is time for it; those that seem slower come first then. The
  // pair itself is no part of what decides: it was chosen for what it says. True: `lane` has one to take.
  bool Screen(Lane& lane) {
    if (!to_screen_.empty() && Elapsed() < kScreenShare * plan_.budget_s) {
      lane.screens = true;
      lane.again = lane.change_first = false;
      lane.cell = to_screen_.front();
      to_screen_.pop_front();
      return true;
    }
    if (std::any_of(lanes_.begin(), lanes_.end(), [](const Lane& other) { return other.worker != nullptr; }))
      return false;  // it may rank first
    screening_ = false;
    std::stable_sort(cells_.begin(), cells_.end(),
                     [](const Cell& a, const Cell& b) { return a.screened > b.screened; });
    return false;
  }

  // What a lane does next: a pair of the admitted cell that has the fewest; when they all have enough, of a suspect's
  // second series; then more of what is undecided.
  bool Choose(Lane& lane) {
    if (screening_ && Screen(lane)) return true;
    if (screening_) return false;
    lane.screens = false;
    Admit();
    Cell* chosen = nullptr;
    for (size_t i = 0; i < admitted_ && Elapsed() < kLatest * plan_.budget_s; ++i) {
      Cell& cell = cells_[i];
      if (Missing(cell) > 0 && (chosen == nullptr || cell.begun_first < chosen->begun_first)) chosen = &cell;
    }
    lane.again = false;
    if (chosen == nullptr) chosen = ChooseAgain(lane);
    const bool nothing = chosen == nullptr && NothingDecided();
    if (chosen == nullptr && Elapsed() < plan_.budget_s * (nothing ? kOvertime : 1)) {
      for (size_t i = 0; i < admitted_; ++i) {
        Cell& cell = cells_[i];
        if (!cell.failed.empty() || !WantsMore(cell, nothing)) continue;
        if (chosen == nullptr || cell.begun_first < chosen->begun_first) chosen = &cell;
      }
    }
    if (chosen == nullptr && AdmitLate()) chosen = &cells_[admitted_ - 1];
    if (chosen == nullptr) return false;
    lane.cell = static_cast<size_t>(chosen - cells_.data());
    size_t& begun = lane.again ? chosen->begun_again : chosen->begun_first;
    lane.change_first = begun++ % 2 == 1;
    return true;
  }

  Cell* ChooseAgain(Lane& lane) {
    const bool in_time = Elapsed() < plan_.budget_s;
    bool first_suspect = true;
    for (size_t i = 0; i < admitted_; ++i) {
      Cell& cell = cells_[i];
      if (!cell.failed.empty() || !Suspected(cell)) continue;
      const bool owed = std::exchange(first_suspect, false);  // one suspect is measured again whatever it takes
      if (Repeated(cell) || cell.begun_again >= 4 * plan_.rule.least_pairs) continue;
      if (!in_time &&
          !(owed && cell.begun_again < 2 * plan_.rule.least_pairs && PairsOf(cell.again) < plan_.rule.least_pairs)) {
        continue;
      }
      lane.again = true;
      return &cell;
    }
    return nullptr;
  }

  void Begin(Lane& lane) {
    if (!Choose(lane)) return;
    lane.done = 0;
    lane.run_s = std::max(run_s_, cells_[lane.cell].run_s);
    lane.began_s = Now();
    Start(lane);
  }

  void Start(Lane& lane) {
    const bool change = (lane.done == 1) != lane.change_first;
    const NativeSide& side = change ? plan_.change : plan_.base;
    CellSpec spec = cells_[lane.cell].spec;
    spec.plugin = side.plugin;
    spec.duration_s = lane.run_s;
    spec.warm_up_s = kWarmUpShare * lane.run_s;
    run::WorkerProcess::Options options;
    options.executable = side.worker;
    options.limit_s = 30;
    const OnCpu pinned(lane.cpu);
    absl::StatusOr<std::unique_ptr<run::WorkerProcess>> worker =
        run::WorkerProcess::Start(run::PendingCell(spec, {}), options);
    if (worker.ok()) {
      lane.worker = *std::move(worker);
    } else {
      cells_[lane.cell].failed = absl::StrCat(change ? "the change: " : "the base: ", worker.status().message());
    }
  }

  void Finished(Lane& lane) {
    const bool change = (lane.done == 1) != lane.change_first;
    Cell& cell = cells_[lane.cell];
    CellResult& result = lane.results[change ? 1 : 0];
    result = lane.worker->result();
    lane.worker.reset();
    // A deadlock is done, with a reason, and has no figures.
    if ((result.status != "done" || !result.reason.empty()) && cell.failed.empty()) {
      cell.failed = absl::StrCat(change ? "the change: " : "the base: ", result.status,
                                 result.reason.empty() ? "" : ": ", result.reason);
      // Some deadlock now and then by what they are: what of that is expected, the model's verdicts say.
      cell.broke = change && result.status != "done" && (cell.base_ran || (lane.done == 1 && !lane.change_first));
    }
    cell.base_ran |= !change && cell.failed.empty();
    if (++lane.done == 1 && cell.failed.empty()) {
      Start(lane);
      if (lane.worker != nullptr) return;
    }
    if (!lane.again && !lane.screens) ++cell.tried;
    if (!cell.failed.empty()) return;
    Took(Now() - lane.began_s);
    if (lane.screens) {
      Screened(lane, cell);
      return;
    }
    Series& series = lane.again ? cell.again : cell.first;
    const size_t before = PairsOf(series);
    ci::AddPair(lane.results[0], lane.results[1], plan_.rule, series);
    if (PairsOf(series) > before) {
      cell.futile = 0;
      if (lane.cell == 0) run_s_ = lane.run_s;  // what is short for the first cell is for all
    } else if (lane.run_s < kLongestRunS) {
      cell.run_s = std::max(cell.run_s, std::min(kGrowth * lane.run_s, kLongestRunS));
    } else if (++cell.futile == kFutilePairs && PairsOf(cell.first) < plan_.rule.least_pairs) {
      cell.failed = "its operations are too few, or each of them sleeps";
    }
  }

  void Screened(const Lane& lane, Cell& cell) {
    Series one;
    ci::AddPair(lane.results[0], lane.results[1], plan_.rule, one);
    for (const ci::OperationPairs& operation : one) {
      const ci::NativePair& pair = operation.pairs[0];
      const double ratio = pair.change_ns / pair.base_ns;
      // Half of what would matter is reason enough to look again.
      if (ratio - 1 > (ci::LimitOf(plan_.rule, pair.base_ns) - 1) / 2) cell.screened = std::max(cell.screened, ratio);
    }
    screened_ += one.empty() ? 0 : 1;
    // The host gave it no time; a cell whose operations are rare has some all the same.
    const bool starved = std::any_of(lane.results.begin(), lane.results.end(), [](const CellResult& result) {
      uint64_t operations = 0;
      for (const OperationMetric& operation : result.operations) operations += operation.count;
      return operations < kStarvedBelow;
    });
    if (!starved || lane.run_s >= kLongestRunS) return;
    run_s_ = std::max(run_s_, std::min(kGrowth * lane.run_s, kLongestRunS));
    to_screen_.push_front(lane.cell);
  }

  void Took(double seconds_of_pair) {
    recent_.push_back(seconds_of_pair);
    if (recent_.size() > 16) recent_.pop_front();
    pair_s_ = 0;
    for (const double seconds : recent_) pair_s_ += seconds / static_cast<double>(recent_.size());
  }

  void Wait() {
    std::vector<pollfd> fds;
    int timeout = 50;
    for (const Lane& lane : lanes_) {
      if (lane.worker == nullptr) continue;
      if (lane.worker->stdout_fd() < 0 && lane.worker->stderr_fd() < 0) timeout = 1;
      for (const int fd : {lane.worker->stdout_fd(), lane.worker->stderr_fd()}) {
        if (fd >= 0) fds.push_back({fd, POLLIN, 0});
      }
    }
    poll(fds.data(), fds.size(), timeout);
  }

  void Report() {
    if (!progress_.Due(Elapsed())) return;
    run::ProgressFigures figures;
    figures.total = admitted_;
    for (size_t i = 0; i < admitted_; ++i) figures.done += Missing(cells_[i]) == 0 ? 1 : 0;
    figures.left_s = std::max(0.0, plan_.budget_s - Elapsed());
    for (const Lane& lane : lanes_) {
      if (lane.worker != nullptr) figures.running = cells_[lane.cell].spec.id;
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
        if (Undecided(operation) && !InDoubt(cell, operation)) {
          outcome_.left_out.push_back(
              absl::StrCat(cell.spec.id, ", ", operation.operation, ", native: measured in passing, and not decided"));
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
    total.text = absl::StrCat(compared, " of ", cells_.size(), " cells, base and change in turn, ", pairs, " pairs; ",
                              screened_, " looked at once, to find which those are");
    if (decided == 0 && outcome_.signal == 0) {
      total.outcome = "undecided";
      total.decide = "a longer --budget, or a host that does less besides";
      if (!outcome_.left_out.empty()) absl::StrAppend(&total.text, "; ", outcome_.left_out.front());
    }
    outcome_.rows.insert(outcome_.rows.begin(), std::move(total));
  }

  const NativePlan& plan_;
  HeldSignals signals_;
  run::ProgressLine progress_;
  const double started_;
  std::vector<Cell> cells_;
  std::vector<Lane> lanes_;
  size_t admitted_ = 1;
  bool screening_ = true;
  std::deque<size_t> to_screen_;
  size_t screened_ = 0;   // that their pair said something of
  bool late_ = false;     // nothing of the first cells is suspected or undecided: what is left is for more cells
  size_t in_budget_ = 0;  // cells that were admitted before; once late_
  double run_s_ = kShortestRunS;
  double pair_s_ = 0;  // 0: none has ended
  std::deque<double> recent_;
  NativeOutcome outcome_;
};

}  // namespace

NativeOutcome CompareNative(const NativePlan& plan) { return PairedRuns(plan).Run(); }

}  // namespace cfgtorture::cli
