// cfgtorture compare: strategies by probes and workloads, in all workers, against the expected verdicts; one report.
#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/cli/command.h"
#include "harness/cli/finding_text.h"
#include "harness/cli/outcome.h"
#include "harness/cli/parse.h"
#include "harness/cli/plan.h"
#include "harness/cli/selection.h"
#include "harness/cli/session.h"
#include "harness/cli/table.h"
#include "harness/result/died.h"
#include "harness/result/printable.h"
#include "harness/run/environment.h"
#include "harness/run/progress.h"

namespace cfgtorture::cli {
namespace {

class Compare final : public Command {
 public:
  const char* name() const override { return "compare"; }
  const char* summary() const override { return "strategies by workloads, all workers, one report: the main job"; }
  const char* examples() const override {
    return "  cfgtorture compare --quick --out out/report\n"
           "  cfgtorture compare --full --strategy mine,waitqueue-v5.9 --plugin libmine_instrumented.so --out "
           "out/mine\n"
           "The verdicts are compared with ci/expected_verdicts.json. The control of that table runs in any case: "
           "where it\n"
           "is not convicted, the run proves nothing (exit 3).\n";
  }
  std::vector<Option> options() override {
    std::vector<Option> list = {
        {"--quick", nullptr,
         "a minute and a half: bridges x86 and indirect, at most a quarter of a second a cell (default)", nullptr,
         &quick_},
        {"--full", nullptr, "at most ten minutes: every bridge, up to five seconds a cell", nullptr, &full_},
        {"--strategy", "L", "strategies, comma-separated, or all (all)", &strategy_},
        {"--workload", "L", "workloads, or all, or none (all)", &workload_},
    };
    for (const Option& option : OptionsOf(common_)) list.push_back(option);
    return list;
  }

  absl::StatusOr<int> Run(const std::vector<std::string>& words) override {
    if (quick_ && full_) return absl::InvalidArgumentError("--quick and --full: choose one");
    absl::StatusOr<ci::Expected> table = ci::BuiltInExpected();
    if (!table.ok()) return absl::InternalError(table.status().message());
    absl::StatusOr<Session> begun = Session::Begin(words, common_);
    if (!begun.ok()) return begun.status();
    Session& session = *begun;
    const Catalogue& catalogue = session.catalogue();

    PlanChoice choice;
    absl::StatusOr<std::vector<std::string>> strategies =
        ParseNames("--strategy", strategy_, NamesOfStrategies(catalogue));
    if (!strategies.ok()) return strategies.status();
    choice.strategies = *strategies;
    if (workload_ != "none") {
      absl::StatusOr<std::vector<std::string>> workloads =
          ParseNames("--workload", workload_, NamesOfPrograms(catalogue, "workload"));
      if (!workloads.ok()) return workloads.status();
      choice.workloads = *workloads;
    }
    const bool has_control = catalogue.FindStrategy(table->control()) != nullptr;
    const bool chose_control =
        std::find(choice.strategies.begin(), choice.strategies.end(), table->control()) != choice.strategies.end();
    if (has_control && !chose_control) choice.probes_only = {table->control()};
    choice.native = !session.plugin().plain.empty();
    choice.seed = session.seed();
    choice.topology = session.topology();
    choice.cpus = run::AllowedCpus();

    const Plan plan =
        MakePlan(catalogue, session.plugin(), full_ ? FullSizes(catalogue) : QuickSizes(), choice, kModelJobs);
    RunResult& result = session.result();
    result.cells = plan.cells;
    result.summary.left_out = plan.left_out;
    result.summary.left_out.push_back(
        "scenarios, claims and what each lock is for (explore --scenario all, claims, audit): merge puts their results "
        "into one report with this one");
    result.summary.left_out.push_back("memory models other than sc, and numbers of threads other than 2");
    if (!has_control) result.summary.left_out.push_back("the control: this plug-in does not hold it");
    const run::CellsOutcome outcome = session.Run(
        kModelJobs, absl::StrCat("plan: ", result.cells.size(), " cells, at most ",
                                 run::ShortTime(PlannedSeconds(plan, kModelJobs)), " and what their processes take"));
    JudgeByTable(result, outcome, *table, /*whole=*/true);
    std::vector<std::string> next;
    if (session.text() != nullptr) Print(session, &next);
    if (absl::Status saved = session.SaveReports(); !saved.ok()) return saved;
    return session.End(next);
  }

 private:
  void Print(Session& session, std::vector<std::string>* next) {
    const RunResult& result = session.result();
    std::fprintf(session.text(), "%s", VerdictTables(result, StyleOf(session.text())).c_str());
    size_t shown = 0;
    for (const Disagreement& d : result.summary.disagreements) {
      if (++shown > 20) {
        std::fprintf(session.text(), "... %zu more\n", result.summary.disagreements.size() - 20);
        break;
      }
      std::fprintf(session.text(), "%s\n",
                   PrintableLine(absl::StrCat("differs  ", d.cell, ": ", d.hazard, " is ", d.verdict, ", expected ",
                                              d.expected, ": ", d.reason))
                       .c_str());
    }
    for (const CellResult& cell : result.cells) {
      if (Died(cell) || cell.status == "timeout")
        std::fprintf(session.text(), "%s\n",
                     PrintableLine(absl::StrCat(cell.status, "  ", cell.spec.id, ": ", cell.reason)).c_str());
    }
    if (!session.out().empty()) {
      next->push_back(
          absl::StrCat("next: open ", session.out(), "/report.html; ", session.out(), "/result.json holds it all"));
    } else {
      next->push_back("next: add --out DIR for the report (HTML, Markdown, JSON)");
    }
    // One finding to begin with: the first disagreement's, else the simplest that there is.
    const Finding* chosen = nullptr;
    for (const CellResult& cell : result.cells) {
      for (const Finding& finding : cell.findings) {
        if (finding.token.empty()) continue;
        const bool differs =
            !result.summary.disagreements.empty() && cell.spec.id == result.summary.disagreements[0].cell;
        if (differs) {
          chosen = &finding;
          break;
        }
        if (chosen == nullptr || finding.schedule.size() < chosen->schedule.size()) chosen = &finding;
      }
    }
    if (chosen != nullptr && chosen->replay.size() < 400) next->push_back(absl::StrCat("      ", chosen->replay));
  }

  bool quick_ = false;
  bool full_ = false;
  std::string strategy_ = "all";
  std::string workload_ = "all";
  CommonOptions common_;
};

}  // namespace

std::unique_ptr<Command> MakeCompare() { return std::make_unique<Compare>(); }

}  // namespace cfgtorture::cli
