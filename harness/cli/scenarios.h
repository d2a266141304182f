// harness/cli/scenarios.h: explore --scenario, where the scenarios say themselves what must be found in them.
//
// Each side is explored by one explorer after the other, in rounds of cells, until its question is decided. The buggy
// side: each within a budget of executions, until all that must be found was found, by one of them or by several. The
// fixed side: dpor, which may come to an end and is then exhausted; else random schedules, so many executions.
#ifndef CFGTORTURE_HARNESS_CLI_SCENARIOS_H_
#define CFGTORTURE_HARNESS_CLI_SCENARIOS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/cli/table.h"
#include "harness/result/run_result.h"

namespace cfgtorture::cli {

// True if the cells are scenarios, and one of them says what is expected.
bool SayWhatTheyExpect(const std::vector<CellResult>& cells, const Catalogue& catalogue);

struct ScenarioSizes {
  uint64_t buggy_executions = 10'000;   // of each explorer
  uint64_t dpor_executions = 20'000;    // within which it ends, or is given up
  double dpor_s = 4;                    // the same
  uint64_t fixed_executions = 100'000;  // of random schedules
};
inline constexpr ScenarioSizes kFullSizes = {.dpor_executions = 2'000'000, .dpor_s = 60, .fixed_executions = 1'000'000};

struct ScenarioPlan {
  ScenarioSizes sizes;
  std::string explorer;  // the user's: this one alone; "" for those above
  double time_s = 0;     // the user's, of each cell, instead of the sizes; 0 if there is none
};

// `cells`, as Select() makes them, a cell a side: for the first round.
std::vector<CellResult> FirstRound(std::vector<CellResult> cells, const ScenarioPlan& plan);
// Cells of the next round, for the sides that are not decided yet; empty: all are, or nobody is left to ask.
std::vector<CellResult> NextRound(const RunResult& result, const ScenarioPlan& plan);

// One side of a scenario, on one bridge and flavour, and its cells of a run.
struct ScenarioSide {
  const CatalogueProgram* program = nullptr;
  std::string name;  // buggy, fixed; a scenario without sides is as good as fixed
  bool buggy = false;
  std::vector<size_t> cells;  // indices into RunResult::cells, in the order of the rounds
  // Hazard -> the cell that found it first.
  std::map<std::string, size_t> found;
  bool reached = false;  // one of its cells has run
};
std::vector<ScenarioSide> SidesOf(const RunResult& result);

// Scenario, tag, side, expected, and how that was seen or was not: a row a side.
std::string ScenarioTable(const RunResult& result);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_SCENARIOS_H_
