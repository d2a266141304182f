#include "harness/cli/plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/cli/selection.h"
#include "harness/result/hazard.h"
#include "harness/run/cells.h"

namespace cfgtorture::cli {
namespace {

constexpr double kLeastProbeS = 0.15;

class Planner {
 public:
  Planner(const Catalogue& catalogue, const PluginFiles& plugin, const PlanSizes& sizes, const PlanChoice& choice)
      : catalogue_(catalogue), plugin_(plugin), sizes_(sizes), choice_(choice) {}

  Plan Make() {
    for (const CatalogueStrategy& strategy : catalogue_.strategies) {
      const bool full = Contains(choice_.strategies, strategy.name);
      if (!full && !Contains(choice_.probes_only, strategy.name)) continue;
      for (const CatalogueProgram& program : catalogue_.programs) {
        if (program.kind == "probe" && choice_.probes) Probe(strategy, program, full);
        if (program.kind == "workload" && full && Contains(choice_.workloads, program.name))
          Workload(strategy, program);
      }
    }
    std::vector<std::string> skipped;
    for (const std::string& bridge : catalogue_.bridges) {
      if (!Contains(sizes_.bridges, bridge)) skipped.push_back(bridge);
    }
    if (!skipped.empty()) {
      LeftOut(absl::StrCat("bridges ", absl::StrJoin(skipped, ", "), ", but for strategies that take no other"));
    }
    LeftOut("libtsan on bridges other than x86, and on probes that are not about a data race");
    LeftOut(absl::StrCat("native threads on the probes, and more threads than the ", choice_.cpus, " CPUs"));
    if (plugin_.observed.empty()) LeftOut("contention: the plug-in has no observed build beside its instrumented one");
    if (!choice_.native) LeftOut("native threads: the plug-in has no plain build beside its instrumented one");
    return std::move(plan_);
  }

 private:
  void LeftOut(const std::string& text) { plan_.left_out.push_back(text); }

  CellSpec Spec(const char* engine, const CatalogueStrategy& strategy, const CatalogueProgram& program,
                const std::string& bridge, const std::string& flavour) const {
    CellSpec spec = SpecOf(engine, strategy, program, bridge, choice_);
    spec.plugin = plugin_.ForEngine(engine);
    spec.flavour = flavour;
    return spec;
  }

  void Add(CellSpec spec, const CatalogueStrategy& strategy, const CatalogueProgram& program) {
    spec.id = IdOf(spec);
    plan_.cells.push_back(Takes(strategy, spec.bridge) ? run::PendingCell(spec, program.hazards)
                                                       : RefusedCell(spec, strategy, program));
  }

  std::vector<std::string> FlavoursOf(const CatalogueProgram& program) const {
    return program.flavours.empty() ? std::vector<std::string>{"preempt"} : program.flavours;
  }

  void Probe(const CatalogueStrategy& strategy, const CatalogueProgram& program, bool full) {
    // A probe whose verdict can differ is run on each such bridge, refused or not; the others on one that is taken.
    std::vector<std::string> bridges;
    for (const std::string& bridge : program.bridges) {
      if (Contains(sizes_.bridges, bridge)) bridges.push_back(bridge);
    }
    // A strategy that refuses all of these is still judged where it works, on another bridge that the probe is about.
    const auto takes = [&strategy](const std::string& bridge) { return Takes(strategy, bridge); };
    if (std::none_of(bridges.begin(), bridges.end(), takes)) {
      const auto other = std::find_if(program.bridges.begin(), program.bridges.end(), takes);
      if (other != program.bridges.end()) bridges = {*other};
    }
    if (bridges.empty()) bridges = {FirstBridge(catalogue_, strategy, sizes_.bridges)};
    for (const std::string& flavour : FlavoursOf(program)) {
      for (const std::string& bridge : bridges) {
        CellSpec spec = Spec("model", strategy, program, bridge, flavour);
        spec.time_s = sizes_.probe_s;
        spec.until_found = true;
        Add(spec, strategy, program);
      }
      const std::string data_race(NameOf(Hazard::kDataRace));
      if (full && Contains(program.hazards, data_race) && flavour != "rt") Tsan(strategy, program, flavour);
    }
  }

  void Workload(const CatalogueStrategy& strategy, const CatalogueProgram& program) {
    std::vector<std::string> bridges;
    for (const std::string& bridge : sizes_.bridges) {
      if (Takes(strategy, bridge)) bridges.push_back(bridge);
    }
    if (bridges.empty()) bridges = {FirstBridge(catalogue_, strategy, {})};
    const std::string flavour = FlavoursOf(program).front();
    for (const std::string& bridge : bridges) {
      CellSpec model = Spec("model", strategy, program, bridge, flavour);
      model.time_s = sizes_.workload_s;
      model.threads = 2;
      Add(model, strategy, program);
      if (!choice_.native) continue;
      CellSpec native = Spec("native", strategy, program, bridge, flavour);
      native.duration_s = sizes_.native_s;
      native.warm_up_s = sizes_.native_s / 10;
      Add(native, strategy, program);
    }
    Tsan(strategy, program, flavour);
    if (!plugin_.observed.empty()) Checked(strategy, program, flavour);
  }

  // Who waits for which lock: what the contention tables are made of.
  void Checked(const CatalogueStrategy& strategy, const CatalogueProgram& program, const std::string& flavour) {
    CellSpec spec = Spec("checked", strategy, program, FirstBridge(catalogue_, strategy, {"x86"}), flavour);
    spec.duration_s = sizes_.native_s;
    spec.warm_up_s = sizes_.native_s / 10;
    Add(spec, strategy, program);
  }

  void Tsan(const CatalogueStrategy& strategy, const CatalogueProgram& program, const std::string& flavour) {
    CellSpec spec = Spec("tsan", strategy, program, FirstBridge(catalogue_, strategy, {"x86"}), flavour);
    spec.duration_s = sizes_.tsan_s;
    Add(spec, strategy, program);
  }

  const Catalogue& catalogue_;
  const PluginFiles& plugin_;
  const PlanSizes& sizes_;
  const PlanChoice& choice_;
  Plan plan_;
};

}  // namespace

// A minute, and nine, with what the processes take, of which there are about 800 and 1,600, and the deadlocks on real
// threads, which are waited for.
PlanSizes QuickSizes() { return {{"x86", "indirect"}, 0.25, 0.25, 0.2, 0.25, 24}; }

PlanSizes FullSizes(const Catalogue& catalogue) { return {catalogue.bridges, 5, 5, 3, 3, 300}; }

CellSpec SpecOf(const std::string& engine, const CatalogueStrategy& strategy, const CatalogueProgram& program,
                const std::string& bridge, const PlanChoice& choice) {
  CellSpec spec;
  spec.engine = engine;
  spec.strategy = strategy.name;
  spec.program = program.name;
  spec.kind = program.kind;
  spec.bridge = bridge;
  spec.flavour = program.flavours.empty() ? "preempt" : program.flavours.front();
  spec.topology = choice.topology;
  spec.seed = choice.seed;
  spec.threads = choice.cpus;
  return spec;
}

Plan MakePlan(const Catalogue& catalogue, const PluginFiles& plugin, const PlanSizes& sizes, const PlanChoice& choice,
              unsigned model_jobs) {
  Plan plan = Planner(catalogue, plugin, sizes, choice).Make();
  const double share = sizes.total_s / PlannedSeconds(plan, model_jobs);
  if (share < 1) {
    for (CellResult& cell : plan.cells) {
      // Probes decide: on a busy machine 0.05 s were 64 executions, and a dead entry takes a hundred.
      cell.spec.time_s =
          std::max(cell.spec.time_s * share, cell.spec.until_found ? std::min(cell.spec.time_s, kLeastProbeS) : 0);
      cell.spec.duration_s *= share;
    }
  }
  return plan;
}

double PlannedSeconds(const Plan& plan, unsigned model_jobs) {
  double seconds = 0;
  for (const CellResult& cell : plan.cells) {
    if (!run::IsPending(cell)) continue;
    seconds += cell.spec.engine == "model" ? cell.spec.time_s / std::max(1u, model_jobs) : cell.spec.duration_s;
  }
  return seconds;
}

}  // namespace cfgtorture::cli
