// harness/cli/plan.h: the cells of `compare`: strategies by probes and workloads, in all workers.
#ifndef CFGTORTURE_HARNESS_CLI_PLAN_H_
#define CFGTORTURE_HARNESS_CLI_PLAN_H_

#include <string>
#include <vector>

#include "harness/cli/session.h"
#include "harness/result/catalogue.h"
#include "harness/result/cell.h"

namespace cfgtorture::cli {

// Model cells at a time; more would not be faster on the two CPUs that we count on.
inline constexpr unsigned kModelJobs = 2;

// What differs between --quick and --full.
struct PlanSizes {
  std::vector<std::string> bridges;  // of workloads, and of probes whose verdict can differ by bridge
  double probe_s;                    // model: until found, or this long
  double workload_s;                 // model
  double tsan_s;
  double native_s;
  double total_s;  // of the plan; where the cells would take longer, each gets the same share of its time
};
PlanSizes QuickSizes();
PlanSizes FullSizes(const Catalogue& catalogue);

struct PlanChoice {
  std::vector<std::string> strategies;  // probes and workloads
  std::vector<std::string>
      probes_only;  // strategies that are run in their probes alone: the control of a run without it
  std::vector<std::string> workloads;
  bool probes = true;
  bool native = true;  // there is a plain build
  uint64_t seed = 1;
  std::string topology;
  uint32_t cpus = 1;
};

struct Plan {
  std::vector<CellResult> cells;
  std::vector<std::string> left_out;  // what is not in it, and why; one line each
};
// Of a cell that a choice asks for; without plug-in and id. Its flavour is the program's first.
CellSpec SpecOf(const std::string& engine, const CatalogueStrategy& strategy, const CatalogueProgram& program,
                const std::string& bridge, const PlanChoice& choice);

// `model_jobs`: model cells that run at a time.
Plan MakePlan(const Catalogue& catalogue, const PluginFiles& plugin, const PlanSizes& sizes, const PlanChoice& choice,
              unsigned model_jobs);

// Seconds that the plan takes at most, processes not counted.
double PlannedSeconds(const Plan& plan, unsigned model_jobs);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_PLAN_H_
