// cfgtorture gate: may this change land? Verdicts and model figures against the tree's baseline, native figures against
// a build of the base, in turn with it.
#include "ci/gate/gate.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdio>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ci/gate/baseline.h"
#include "ci/gate/summary.h"
#include "harness/cli/command.h"
#include "harness/cli/finding_text.h"
#include "harness/cli/gate_native.h"
#include "harness/cli/gate_plan.h"
#include "harness/cli/outcome.h"
#include "harness/cli/parse.h"
#include "harness/cli/selection.h"
#include "harness/cli/session.h"
#include "harness/cli/table.h"
#include "harness/result/printable.h"
#include "harness/run/changed_code.h"
#include "harness/run/describe.h"
#include "harness/run/environment.h"
#include "harness/run/now.h"
#include "harness/run/progress.h"
#include "reports/junit/junit.h"
#include "reports/sarif/sarif.h"

namespace cfgtorture::cli {
namespace {

constexpr const char* kDefaultBaseline = "ci/baseline.json";
constexpr uint64_t kDefaultSeed = 1;
constexpr size_t kShownRows = 20;
constexpr size_t kShownDiff = 60;
constexpr double kSilenceS =
    120;  // of a worker: on a host with other things to do, minimising one finding takes minutes

// "waitqueue-v5.9" is of waitqueue_v5_9.cc.
std::string SourceName(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

// In virtual time nobody searches, and a spinner may spin for ever: what such a cell says of hazards is held against
// the baseline, and no verdict of the expected table.
class WithoutTimedHazards {
 public:
  explicit WithoutTimedHazards(RunResult& result) : result_(result) { Swap(); }
  ~WithoutTimedHazards() { Swap(); }

 private:
  void Swap() {
    kept_.resize(result_.cells.size());
    for (size_t i = 0; i < kept_.size(); ++i) {
      if (result_.cells[i].spec.explorer == kVirtualTime) std::swap(kept_[i], result_.cells[i].hazards);
    }
  }
  RunResult& result_;
  std::vector<std::map<std::string, HazardOutcome>> kept_;
};

class Gate final : public Command {
 public:
  const char* name() const override { return "gate"; }
  const char* summary() const override {
    return "may this change land: against a baseline, and against the base's build";
  }
  const char* examples() const override {
    return "  cfgtorture gate --quick                                  verdicts and model figures, two minutes\n"
           "  cfgtorture gate --quick --base-build ../base/build/bin   and native figures, in turn with the base's "
           "build\n"
           "  cfgtorture gate --quick --update                         accepts what differs: commit ci/baseline.json\n"
           "  cfgtorture gate --native-only --budget 8s --base-build ../base/build/bin --strategy mine\n"
           "  cfgtorture gate out/result.json                          judges a result that is there already\n"
           "Outcomes: holds; regressed (exit 1); moved, another thing than the baseline says and no worse, and "
           "undecided\n"
           "(exit 4; --accept lets them pass). Each says what would decide it. The baseline knows a part for each "
           "toolchain.\n";
  }
  std::vector<Option> options() override {
    std::vector<Option> list = {
        {"RESULT", nullptr, "a result of gate or compare to judge, a file or the folder of --out; nothing is run then",
         &file_},
        {"--baseline", "FILE", "what the tree says of itself (ci/baseline.json)", &baseline_},
        {"--quick", nullptr, "two bridges, and few executions: a minute or two (default)", nullptr, &quick_},
        {"--full", nullptr, "every bridge, and 25 times the executions", nullptr, &full_},
        {"--update", nullptr, "write the baseline as this run has it, and print what differs", nullptr, &update_},
        {"--base-build", "DIR", "build of the base (DIR or DIR/bin): native figures are compared with its", &base_},
        {"--budget", "TIME", "for the native comparison (10s; with --full 1m)", &budget_},
        {"--native-only", nullptr, "no model", nullptr, &native_only_},
        {"--model-only", nullptr, "no native comparison", nullptr, &model_only_},
        {"--strategy", "L", "strategies, comma-separated, or all (all); for native figures the first come first",
         &strategy_},
        {"--workload", "L", "workloads, or all, or none (all)", &workload_},
        {"--accept", "L", "outcomes that are exit 0 all the same: moved, undecided", &accept_},
        {"--summary", "FILE", "append the outcome as Markdown there ($GITHUB_STEP_SUMMARY)", &summary_},
        {"--sarif", "FILE", "write what was found there, for a code host's scanning tab", &sarif_},
        {"--junit", "FILE", "write a case a cell there", &junit_},
    };
    for (const Option& option : OptionsOf(common_)) list.push_back(option);
    return list;
  }

  absl::StatusOr<int> Run(const std::vector<std::string>& words) override {
    if (absl::Status status = CheckOptions(); !status.ok()) return status;
    absl::StatusOr<ci::Expected> table = ci::BuiltInExpected();
    if (!table.ok()) return absl::InternalError(table.status().message());
    absl::StatusOr<ci::Baseline> loaded = ci::LoadBaseline(baseline_);
    const bool there = baseline_there_ = loaded.ok();
    // No file is the first run's; a damaged one, or one that was named and is not there, is a mistake.
    if (!there && !(absl::IsNotFound(loaded.status()) && (update_ || native_only_ || !baseline_given_))) {
      if (!absl::IsNotFound(loaded.status())) return loaded.status();
      return absl::NotFoundError(absl::StrCat(std::string(loaded.status().message()),
                                              "; cfgtorture gate --update --baseline ", baseline_, " writes one"));
    }
    ci::Baseline baseline = there ? *std::move(loaded) : ci::Baseline{};

    absl::StatusOr<Session> begun = Session::Begin(words, common_);
    if (!begun.ok()) return begun.status();
    Session& session = *begun;
    RunResult& result = session.result();
    run::CellsOutcome outcome;
    if (!file_.empty()) {
      absl::StatusOr<RunResult> judged = Load(file_);
      if (!judged.ok()) return judged.status();
      if (absl::Status status = ReadCommand(judged->command); !status.ok()) return status;
      TakeOver(*std::move(judged), result, outcome);
    }
    const GateSizes& sizes = full_ ? kFullGate : kQuickGate;
    PlanChoice choice;
    if (absl::Status status = Choose(session, *table, choice); !status.ok()) return status;
    NativePlan native;
    if (absl::Status status = PlanNative(session, *table, choice, sizes, native); !status.ok()) return status;

    if (!native_only_ && file_.empty()) outcome = RunModel(session, choice, sizes);
    const bool whole = file_.empty() && strategy_ == "all" && workload_ == "all" && !native_only_;
    {
      const WithoutTimedHazards without(result);
      JudgeByTable(result, outcome, *table, whole);
    }
    const bool ended = result.summary.exit_status == kHarnessFailed || result.summary.exit_status == kUsageOrInput ||
                       result.summary.outcome == "interrupted";
    std::vector<std::string> next;
    if (!native_only_) {
      const AskedFor asked{session.catalogue(), choice, strategy_ == "all", workload_ == "all"};
      if (absl::Status status = JudgeModel(session, sizes, baseline, whole, asked, ended, &next); !status.ok()) {
        return status;
      }
    } else {
      result.summary.exit_status = kHolds;  // there was no cell that the table could judge
    }
    if (const std::string why = WhyItProvesNothing(
            session, *table, baseline.Find(ci::ToolchainOf(result.environment), PlanOf(result, sizes)));
        !ended && !why.empty()) {
      result.summary.outcome = "failed";
      result.summary.exit_status = kHarnessFailed;
      result.summary.text = why;
    }
    if (!native.cells.empty() && !ended) RunNative(session, native);
    JudgeGate(result, accepted_);
    if (session.text() != nullptr) Print(session);
    if (absl::Status saved = session.SaveReports(); !saved.ok()) return saved;
    if (absl::Status written = WriteFiles(result); !written.ok()) return written;
    return session.End(next);
  }

 private:
  absl::Status CheckOptions() {
    baseline_given_ = !baseline_.empty();
    if (!baseline_given_) baseline_ = kDefaultBaseline;
    if (quick_ && full_) return absl::InvalidArgumentError("--quick and --full: choose one");
    if (native_only_ && model_only_) return absl::InvalidArgumentError("--native-only and --model-only: choose one");
    if (native_only_ && base_.empty()) {
      return absl::InvalidArgumentError(
          "--native-only needs --base-build DIR: native figures are compared with those of a build of the base, run in "
          "turn with it, and never with another day's");
    }
    if (model_only_ && !base_.empty()) return absl::InvalidArgumentError("--base-build with --model-only: choose one");
    if (update_ && native_only_)
      return absl::InvalidArgumentError("--update with --native-only: a baseline has no native figures");
    if (!file_.empty()) {
      for (const auto& [given, option] :
           {std::pair{update_, "--update"}, std::pair{native_only_, "--native-only"},
            std::pair{!base_.empty(), "--base-build"}, std::pair{strategy_ != "all", "--strategy"},
            std::pair{workload_ != "all", "--workload"}}) {
        if (!given) continue;
        return absl::InvalidArgumentError(
            absl::StrCat(option, " with a result file, of which nothing is run anew: leave out one of them, ", file_,
                         " or ", option));
      }
    }
    if (!accept_.empty()) {
      absl::StatusOr<std::vector<std::string>> names = ParseNames("--accept", accept_, {"moved", "undecided"});
      if (!names.ok()) return names.status();
      accepted_ = *std::move(names);
    }
    if (!budget_.empty()) {
      absl::StatusOr<double> budget = ParseSeconds("--budget", budget_);
      if (!budget.ok()) return budget.status();
      budget_s_ = *budget;
    }
    if (absl::Status status = EmptyDraft("--sarif", sarif_); !status.ok()) return status;
    if (absl::Status status = EmptyDraft("--junit", junit_); !status.ok()) return status;
    if (update_) {
      if (absl::Status status = Named("--baseline", CheckSave(baseline_)); !status.ok()) return status;
    }
    return summary_.empty() ? absl::OkStatus() : Named("--summary", AppendText("", summary_));
  }

  // What the run of the file was asked for.
  absl::Status ReadCommand(const std::vector<std::string>& words) {
    const std::string command = words.size() > 1 ? words[1] : "";
    if (!command.empty() && !Contains({"gate", "compare", "merge"}, command)) {
      return absl::InvalidArgumentError(absl::StrCat(
          file_, ": a result of \"", command,
          "\", which has no control and is held against nothing; a gate judges what ",
          "cfgtorture gate and compare have written: cfgtorture compare --out DIR, then cfgtorture gate DIR"));
    }
    own_plan_ = command != "compare" && command != "merge";
    for (size_t i = 2; i < words.size(); ++i) {
      full_ = full_ || words[i] == "--full";
      native_only_ = native_only_ || words[i] == "--native-only";
      for (const auto& [option, value] : {std::pair{"--strategy", &strategy_}, std::pair{"--workload", &workload_}}) {
        if (words[i] == option && i + 1 < words.size()) *value = words[i + 1];
        if (words[i].starts_with(absl::StrCat(option, "="))) *value = words[i].substr(words[i].find('=') + 1);
      }
    }
    return absl::OkStatus();
  }

  // A run in which there was nothing to judge holds whatever the code does. "" if there was.
  std::string WhyItProvesNothing(Session& session, const ci::Expected& table, const ci::BaselineCells* before) const {
    const RunResult& result = session.result();
    const char* const instead = "; judge a whole result of cfgtorture gate or compare, or run cfgtorture gate";
    const bool judged = std::any_of(result.gate.begin(), result.gate.end(),
                                    [](const GateRow& row) {
                                      return row.part == "native";  // of the file; this run's come later
                                    }) ||
                        std::any_of(result.cells.begin(), result.cells.end(), [&](const CellResult& cell) {
                          return (before != nullptr && before->count(cell.spec.id) != 0) ||
                                 std::any_of(cell.hazards.begin(), cell.hazards.end(),
                                             [](const auto& hazard) { return !hazard.second.agreement.empty(); });
                        });
    // A first run has no baseline, which is said; it is undecided.
    if (!judged && ((before != nullptr && !native_only_) || !file_.empty())) {
      return absl::StrCat("nothing was judged: neither the expected verdicts nor the baseline have a cell of ",
                          file_.empty() ? "this run" : file_, instead);
    }
    if (!native_only_ && result.summary.control.strategy.empty() &&
        session.catalogue().FindStrategy(table.control()) != nullptr) {
      return absl::StrCat("the control ", table.control(), " was not run: ", file_.empty() ? "this run" : file_,
                          " proves nothing", instead);
    }
    return "";
  }

  // A result of an earlier run, as if it had been this one's.
  static void TakeOver(RunResult judged, RunResult& result, run::CellsOutcome& outcome) {
    for (const CellResult& cell : judged.cells) {
      outcome.endings.push_back(cell.status == "done"      ? run::Ending::kAnswered
                                : cell.status == "crashed" ? run::Ending::kCrashed
                                : cell.status == "timeout" ? run::Ending::kTimeout
                                                           : run::Ending::kRunning);
    }
    result.cells = std::move(judged.cells);
    result.seed = judged.seed;
    result.environment = std::move(judged.environment);
    result.tool = std::move(judged.tool);
    result.catalogue = std::move(judged.catalogue);
    result.summary.left_out = std::move(judged.summary.left_out);
    for (GateRow& row : judged.gate) {  // what no cell of the file can tell again
      if (row.part == "native" || row.part == "determinism") result.gate.push_back(std::move(row));
    }
  }

  // The control is run in its probes alone: its workloads are slow with all that they find, and decide nothing.
  absl::Status Choose(Session& session, const ci::Expected& table, PlanChoice& choice) const {
    const Catalogue& catalogue = session.catalogue();
    absl::StatusOr<std::vector<std::string>> strategies =
        ParseNames("--strategy", strategy_, NamesOfStrategies(catalogue));
    if (!strategies.ok()) return strategies.status();
    for (const std::string& strategy : *strategies) {
      if (strategy != table.control()) choice.strategies.push_back(strategy);
    }
    if (workload_ != "none") {
      absl::StatusOr<std::vector<std::string>> workloads =
          ParseNames("--workload", workload_, NamesOfPrograms(catalogue, "workload"));
      if (!workloads.ok()) return workloads.status();
      choice.workloads = *std::move(workloads);
    }
    if (catalogue.FindStrategy(table.control()) != nullptr) {
      choice.probes_only = {table.control()};
    } else {
      session.result().summary.left_out.push_back("the control: this plug-in does not hold it");
    }
    choice.seed = session.seed();
    choice.topology = session.topology();
    return absl::OkStatus();
  }

  // Every cell twice: what a second run says otherwise was chance, and nothing of this run can be relied on.
  run::CellsOutcome RunModel(Session& session, const PlanChoice& choice, const GateSizes& sizes) {
    RunResult& result = session.result();
    result.cells = GateModelCells(session.catalogue(), session.plugin(), sizes, choice, &result.summary.left_out);
    RunResult again;
    again.cells = result.cells;
    session.Announce(absl::StrCat("plan: ", result.cells.size(), " cells, each twice"));
    run::CellsOptions options;
    options.worker_folder = run::OwnFolder();
    options.source_folder = CFGT_SOURCE_DIR;
    options.model_jobs = std::max(1u, run::AllowedCpus());
    options.silence_s = kSilenceS;
    options.progress = common_.quiet ? nullptr : stderr;
    options.progress_is_terminal = isatty(STDERR_FILENO) != 0;
    const double began = run::Now();
    run::CellsOutcome outcome = run::RunCells(result, options);
    if (outcome.signal == 0) {
      outcome.signal = run::RunCells(again, options).signal;
      result.gate = ci::CompareRuns(result, again);
    }
    result.summary.wall_s = run::Now() - began;
    return outcome;
  }

  // Another seed explores other schedules, whose figures are others.
  static std::string PlanOf(const RunResult& result, const GateSizes& sizes) {
    return result.seed == kDefaultSeed ? sizes.name : absl::StrCat(sizes.name, ", seed ", result.seed);
  }

  absl::Status JudgeModel(Session& session, const GateSizes& sizes, ci::Baseline& baseline, bool whole,
                          const AskedFor& asked, bool ended, std::vector<std::string>* next) {
    RunResult& result = session.result();
    const std::string toolchain = ci::ToolchainOf(result.environment);
    const std::string plan = PlanOf(result, sizes);
    const auto add = [&result](std::vector<GateRow> rows) {
      for (GateRow& row : rows) result.gate.push_back(std::move(row));
    };
    const bool same_twice = ci::WorstOf(result.gate, {}) != "failed";
    if (update_ && !ended && same_twice) {
      if (absl::Status status = Update(session, toolchain, plan, whole, baseline); !status.ok()) return status;
      next->push_back(
          absl::StrCat("next: read the diff above; commit ", baseline_, " with the change that it describes"));
    }
    const ci::BaselineCells* const before = baseline.Find(toolchain, plan);
    add(ci::CompareVerdicts(result, before));
    ci::MarkAsBefore(result, before);
    if (before != nullptr) {
      add(ci::CompareFigures(result, *before));
      std::vector<GateRow> cells = ci::CompareCells(result, *before, asked);
      if (own_plan_) {
        add(std::move(cells));
      } else {  // compare runs cells that a gate does not, and no baseline will have
        for (const GateRow& row : cells)
          result.summary.left_out.push_back(absl::StrCat("against the baseline: ", row.text, " (", row.cell, ", ...)"));
      }
    } else {
      GateRow row;
      row.part = "figures";
      row.what = "all";
      row.outcome = "undecided";
      row.text = baseline_there_
                     ? absl::StrCat(baseline_, " has no part \"", plan, "\" for this toolchain (", toolchain, ")")
                     : absl::StrCat("there is no file ", baseline_, " here");
      row.decide =
          absl::StrCat(baseline_there_ ? "" : "to be run at the root of the tree, or with --baseline FILE; or ",
                       "cfgtorture gate", full_ ? " --full" : "", " --update, on the base, and its diff in a commit");
      result.gate.push_back(std::move(row));
    }
    return absl::OkStatus();
  }

  absl::Status Update(Session& session, const std::string& toolchain, const std::string& plan, bool whole,
                      ci::Baseline& baseline) const {
    ci::BaselineCells& kept = baseline.toolchains[toolchain][plan];
    const ci::BaselineCells before = kept;
    const ci::BaselineCells now = ci::CellsOf(session.result());
    if (whole) kept.clear();  // cells that are gone
    for (const auto& [id, cell] : now) kept[id] = cell;
    if (session.text() != nullptr) {
      const std::vector<std::string> lines = ci::Diff(before, kept);
      std::fprintf(session.text(), "%s, %s, %s: %zu %s\n", baseline_.c_str(), toolchain.c_str(), plan.c_str(),
                   lines.size(), lines.size() == 1 ? "difference" : "differences");
      for (size_t i = 0; i < std::min(lines.size(), kShownDiff); ++i)
        std::fprintf(session.text(), "%s\n", PrintableLine(lines[i]).c_str());
      if (lines.size() > kShownDiff)
        std::fprintf(session.text(), "... %zu more: git diff %s\n", lines.size() - kShownDiff, baseline_.c_str());
    }
    return Named("--baseline", SaveText(ci::Serialize(baseline), baseline_));
  }

  absl::Status PlanNative(Session& session, const ci::Expected& table, const PlanChoice& choice, const GateSizes& sizes,
                          NativePlan& plan) const {
    Summary& summary = session.result().summary;
    if (!file_.empty()) return absl::OkStatus();
    if (base_.empty()) {
      summary.left_out.push_back(
          "native figures: no --base-build to compare with, and they are never compared with another day's");
      return absl::OkStatus();
    }
    if (session.plugin().plain.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("--base-build: no plain build beside ", common_.plugin));
    }
    plan.change = {run::OwnFolder() + "/cfgtorture-native", session.plugin().plain};
    const std::string file = plan.change.plugin.substr(plan.change.plugin.rfind('/') + 1);
    for (const char* const folder : {"", "/bin"}) {
      const std::string plugin = absl::StrCat(base_, folder, "/", file);
      const std::string worker = absl::StrCat(base_, folder, "/cfgtorture-native");
      if (plan.base.plugin.empty() && access(plugin.c_str(), R_OK) == 0) plan.base.plugin = plugin;
      if (plan.base.worker.empty() && access(worker.c_str(), X_OK) == 0) plan.base.worker = worker;
    }
    if (plan.base.plugin.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("--base-build ", base_, ": no ", file, " there, nor in its bin"));
    }
    if (plan.base.worker.empty()) plan.base.worker = plan.change.worker;  // plug-ins alone were built twice
    absl::StatusOr<Catalogue> base = run::Describe(plan.base.worker, plan.base.plugin);
    if (!base.ok()) return absl::InvalidArgumentError(absl::StrCat("--base-build ", base.status().message()));
    for (CellSpec& spec : GateNativeCells(session.catalogue(), choice, table.control())) {
      if (base->FindStrategy(spec.strategy) == nullptr || base->FindProgram(spec.kind, spec.program) == nullptr) {
        summary.left_out.push_back(absl::StrCat(spec.id, ": the base does not have it"));
      } else {
        plan.cells.push_back(std::move(spec));
      }
    }
    // What differs is measured first. A strategy or workload has the name of its source (CONTRIBUTING.md).
    const std::vector<std::string> changed = run::ChangedSources(plan.base.plugin, plan.change.plugin);
    const auto differs = [&changed](const CellSpec& spec) {
      return std::any_of(changed.begin(), changed.end(), [&spec](const std::string& source) {
        return SourceName(spec.strategy) == source || SourceName(spec.program) == source;
      });
    };
    const auto rest = std::stable_partition(plan.cells.begin(), plan.cells.end(), differs);
    plan.differ = static_cast<size_t>(rest - plan.cells.begin());
    if (plan.cells.empty()) return absl::InvalidArgumentError("--base-build: base and change have no cell in common");
    plan.budget_s = budget_s_ > 0 ? budget_s_ : sizes.native_s;
    plan.progress = common_.quiet ? nullptr : stderr;
    plan.progress_is_terminal = isatty(STDERR_FILENO) != 0;
    return absl::OkStatus();
  }

  void RunNative(Session& session, const NativePlan& plan) const {
    RunResult& result = session.result();
    session.Announce(absl::StrCat("native: base ", plan.base.plugin, ", change ", plan.change.plugin, ", at most ",
                                  run::ShortTime(plan.budget_s), ", and once more what is suspected"));
    NativeOutcome outcome = CompareNative(plan);
    for (GateRow& row : outcome.rows) result.gate.push_back(std::move(row));
    for (std::string& line : outcome.left_out) result.summary.left_out.push_back(std::move(line));
    result.summary.wall_s += outcome.wall_s;
    if (outcome.signal == 0) return;
    result.summary.outcome = "interrupted";
    result.summary.exit_status = outcome.signal == SIGTERM ? kTerminated : kInterrupted;
    result.summary.text = "interrupted while native figures were taken; what was compared is in the result";
  }

  static void Print(Session& session) {
    const RunResult& result = session.result();
    std::fputs(PrintableText(ci::GateText(result, kShownRows)).c_str(), session.text());
    // A schedule says more than its row: the shortest one of what regressed.
    const CellResult* shown_cell = nullptr;
    const Finding* shown = nullptr;
    for (const GateRow& row : result.gate) {
      if (row.outcome != "regressed" || row.part != "verdicts") continue;
      for (const CellResult& cell : result.cells) {
        if (cell.spec.id != row.cell) continue;
        for (const Finding& finding : cell.findings) {
          if (finding.hazard != row.what || finding.schedule.empty()) continue;
          if (shown != nullptr && shown->schedule.size() <= finding.schedule.size()) continue;
          shown_cell = &cell;
          shown = &finding;
        }
      }
    }
    if (shown == nullptr) return;
    std::fprintf(session.text(), "\n%s", FindingText(shown_cell->spec, *shown, StyleOf(session.text()).width).c_str());
  }

  absl::Status WriteFiles(const RunResult& result) const {
    if (!sarif_.empty()) {
      if (absl::Status saved = Named("--sarif", SaveText(reports::RenderSarif(result), sarif_)); !saved.ok())
        return saved;
    }
    if (!junit_.empty()) {
      if (absl::Status saved = Named("--junit", SaveText(reports::RenderJunit(result), junit_)); !saved.ok())
        return saved;
    }
    return summary_.empty() ? absl::OkStatus() : Named("--summary", AppendText(ci::GateMarkdown(result), summary_));
  }

  std::string file_;
  std::string baseline_;
  bool baseline_given_ = false;
  bool baseline_there_ = false;
  bool own_plan_ = true;  // the result is of this command
  bool quick_ = false, full_ = false, update_ = false, native_only_ = false, model_only_ = false;
  std::string base_, budget_;
  double budget_s_ = 0;
  std::string strategy_ = "all", workload_ = "all";
  std::string accept_;
  std::vector<std::string> accepted_;
  std::string summary_, sarif_, junit_;
  CommonOptions common_;
};

}  // namespace

std::unique_ptr<Command> MakeGate() { return std::make_unique<Gate>(); }

}  // namespace cfgtorture::cli
