// harness/cli/gate_plan.h: which cells does `gate` run, and what does it come to.
#ifndef CFGTORTURE_HARNESS_CLI_GATE_PLAN_H_
#define CFGTORTURE_HARNESS_CLI_GATE_PLAN_H_

#include <string>
#include <vector>

#include "harness/cli/plan.h"
#include "harness/result/run_result.h"

namespace cfgtorture::cli {

// Limits in executions, never in time: a slower host does the same, later.
struct GateSizes {
  const char* name;  // of the plan, in a baseline
  uint64_t probe_executions;
  uint64_t workload_executions;
  uint32_t timed_rounds;   // of a workload in virtual time
  uint32_t timed_threads;  // CPUs there: more than hosts have, so that who waits is seen
  double native_s;
};
inline constexpr GateSizes kQuickGate{"quick", 4000, 40, 25, 4, 10};
inline constexpr GateSizes kFullGate{"full", 100'000, 1000, 100, 4, 60};

inline constexpr const char* kVirtualTime = "virtual-time";  // CellSpec::explorer

// The model's cells: every probe and workload explored, and every workload once in virtual time, for figures.
std::vector<CellResult> GateModelCells(const Catalogue& catalogue, const PluginFiles& plugin, const GateSizes& sizes,
                                       const PlanChoice& choice, std::vector<std::string>* left_out);

// Whether the plan that made a baseline's cell would make it again for this choice. What is of no strategy or program
// that the catalogue knows (any more) is asked for by who asks for all.
struct AskedFor {
  const Catalogue& catalogue;
  const PlanChoice& choice;
  bool all_strategies, all_workloads;
  bool operator()(const std::string& id) const;
};

// For pairs on real threads: every workload under every strategy but `control`, one thread; the first workload's first.
std::vector<CellSpec> GateNativeCells(const Catalogue& catalogue, const PlanChoice& choice, const std::string& control);

// The rows of result.gate and what JudgeByTable() has said come to one outcome, in the summary. `accepted`: outcomes
// that count as if they held.
void JudgeGate(RunResult& result, const std::vector<std::string>& accepted);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_GATE_PLAN_H_
