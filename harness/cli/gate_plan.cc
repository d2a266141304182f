#include "harness/cli/gate_plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "ci/gate/gate.h"
#include "harness/cli/outcome.h"
#include "harness/cli/selection.h"
#include "harness/run/cells.h"

namespace cfgtorture::cli {
namespace {

constexpr double kLongestCellS = 120;  // a program that takes so long hangs, or nearly

}  // namespace

std::vector<CellResult> GateModelCells(const Catalogue& catalogue, const PluginFiles& plugin, const GateSizes& sizes,
                                       const PlanChoice& choice, std::vector<std::string>* left_out) {
  const bool quick = sizes.name == std::string(kQuickGate.name);
  PlanSizes plan_sizes = quick ? QuickSizes() : FullSizes(catalogue);
  plan_sizes.total_s = 1e9;  // nothing is cut by time
  PlanChoice explored = choice;
  explored.native = false;
  const Plan plan = MakePlan(catalogue, plugin, plan_sizes, explored, 1);
  std::vector<CellResult> cells;
  for (CellResult cell : plan.cells) {
    if (cell.spec.engine != "model") continue;
    cell.spec.executions = cell.spec.kind == "probe" ? sizes.probe_executions : sizes.workload_executions;
    cell.spec.time_s = kLongestCellS;
    cells.push_back(std::move(cell));
  }
  for (const CatalogueStrategy& strategy : catalogue.strategies) {
    if (!Contains(choice.strategies, strategy.name)) continue;
    for (const CatalogueProgram& program : catalogue.programs) {
      if (program.kind != "workload" || !Contains(choice.workloads, program.name)) continue;
      CellSpec spec = SpecOf("model", strategy, program, FirstBridge(catalogue, strategy, plan_sizes.bridges), choice);
      spec.plugin = plugin.ForEngine(spec.engine);
      spec.explorer = kVirtualTime;
      spec.executions = 1;
      spec.ops = sizes.timed_rounds;
      spec.threads = sizes.timed_threads;
      spec.id = absl::StrCat(IdOf(spec), "/", spec.explorer);
      cells.push_back(run::PendingCell(spec, {}));
    }
  }
  left_out->push_back("libtsan and the checked worker: cfgtorture compare runs them");
  if (quick) left_out->push_back("bridges other than the two of --quick, but for strategies that take no other");
  return cells;
}

bool AskedFor::operator()(const std::string& id) const {
  const std::vector<std::string> words = absl::StrSplit(id, '/');  // IdOf()
  if (words.size() < 3) return all_strategies && all_workloads;
  const std::string &strategy = words[1], &program = words[2];
  if (catalogue.FindProgram("probe", program) != nullptr && Contains(choice.probes_only, strategy)) return true;
  if (!Contains(choice.strategies, strategy) && !(all_strategies && catalogue.FindStrategy(strategy) == nullptr))
    return false;
  const bool is_workload = catalogue.FindProgram("workload", program) != nullptr;
  return is_workload ? Contains(choice.workloads, program)
                     : all_workloads || catalogue.FindProgram("probe", program) != nullptr;
}

std::vector<CellSpec> GateNativeCells(const Catalogue& catalogue, const PlanChoice& choice,
                                      const std::string& control) {
  std::vector<CellSpec> cells;
  for (const CatalogueProgram& program : catalogue.programs) {
    if (program.kind != "workload" || !Contains(choice.workloads, program.name)) continue;
    for (const std::string& name : choice.strategies) {  // in the user's order
      if (name == control) continue;
      const CatalogueStrategy& strategy = *catalogue.FindStrategy(name);
      CellSpec spec = SpecOf("native", strategy, program, FirstBridge(catalogue, strategy, program.bridges), choice);
      spec.threads = 1;
      spec.id = IdOf(spec);
      cells.push_back(std::move(spec));
    }
  }
  return cells;
}

void JudgeGate(RunResult& result, const std::vector<std::string>& accepted) {
  Summary& summary = result.summary;
  const bool ended = summary.exit_status == kInterrupted || summary.exit_status == kTerminated ||
                     summary.exit_status == kUsageOrInput || summary.exit_status == kHarnessFailed;
  if (ended) return;
  std::string worst = ci::WorstOf(result.gate, accepted);
  std::string text = ci::InWords(result.gate);
  // What the table could not judge, and no row tells of: a cell that was not run.
  if (worst != "failed" && worst != "regressed" && summary.exit_status == kUndecided &&
      !Contains(accepted, "undecided")) {
    worst = "undecided";
    absl::StrAppend(&text, "; ", summary.text);
  }
  summary.outcome = worst;
  summary.exit_status = worst == "holds"       ? kHolds
                        : worst == "regressed" ? kDiffers
                        : worst == "failed"    ? kHarnessFailed
                                               : kUndecided;
  summary.text = text;
}

}  // namespace cfgtorture::cli
