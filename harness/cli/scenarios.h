// harness/cli/scenarios.h: explore --scenario, where the scenarios say themselves what must be found in them.
//
// The buggy side is explored by each of pct, random and dpor, within a budget of executions, until all that must be
// found was found. The fixed side by dpor, which may come to an end and says then that it is exhausted, and by random
// schedules. An explorer that ends and has not convicted the buggy side is no witness for the fixed one: its end is
// then not counted.
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
  uint64_t dpor_executions = 50'000;    // of either side, within which it ends or is given up
  double dpor_s = 4;                    // the same
  uint64_t fixed_executions = 100'000;  // of random schedules
};
inline constexpr ScenarioSizes kFullSizes = {.dpor_executions = 2'000'000, .dpor_s = 60, .fixed_executions = 1'000'000};

struct ScenarioPlan {
  ScenarioSizes sizes;
  std::string explorer;  // the user's: this one alone; "" for those above
  double time_s = 0;     // the user's, of each cell, instead of the sizes; 0 if there is none
};

// `cells`, as Select() makes them, a cell a side: each for all explorers that are asked of it.
// Not for one that does not go with the cell's memory model (search.h), unless the user asks for it.
std::vector<CellResult> CellsOfSides(const std::vector<CellResult>& cells, const ScenarioPlan& plan);

// One side of a scenario, on one bridge and flavour, and its cells of a run.
struct ScenarioSide {
  const CatalogueProgram* program = nullptr;
  std::string name;  // buggy, fixed; a scenario without sides is as good as fixed
  bool buggy = false;
  std::vector<size_t> cells;            // indices into RunResult::cells, in the order of the explorers
  std::map<std::string, size_t> found;  // hazard -> the first of its cells that has found it; buggy: of must_find
  bool reached = false;                 // one of its cells has run
  bool exercised = false;               // what it is about had an opportunity
};
std::vector<ScenarioSide> SidesOf(const RunResult& result);

// Scenario, tag, side, expected, and how that was seen or was not: a row a side.
std::string ScenarioTable(const RunResult& result);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_SCENARIOS_H_
