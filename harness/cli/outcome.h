// harness/cli/outcome.h: from cells to one outcome and its exit status. The only place that knows the statuses.
#ifndef CFGTORTURE_HARNESS_CLI_OUTCOME_H_
#define CFGTORTURE_HARNESS_CLI_OUTCOME_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "ci/expected.h"
#include "harness/result/run_result.h"
#include "harness/run/cells.h"

namespace cfgtorture::cli {

enum ExitStatus : int {
  kHolds = 0,
  kDiffers = 1,  // a verdict differs from what was expected, or a finding where none was named
  kUsageOrInput = 2,
  kHarnessFailed = 3,  // or the control was not convicted
  kUndecided = 4,      // or not run
  kInterrupted = 130,  // SIGINT
  kTerminated = 143,   // SIGTERM
};

// What --expect says. Absent: a finding is exit 1.
struct Expect {
  bool clean = false;
  std::string hazard;  // of found:HAZARD
};
absl::StatusOr<std::optional<Expect>> ParseExpect(const std::string& text);

// summary.cells and summary.findings.
void CountCells(RunResult& result);

// stress and explore. Fills the summary.
void JudgeByExpect(RunResult& result, const run::CellsOutcome& cells, const std::optional<Expect>& expect);

// audit. Fills the summary: what is spare and nobody has explained is a finding.
void JudgeAudit(RunResult& result, const run::CellsOutcome& cells);

// claims. Fills the summary: a claim that no rule decides is undecided; what was found in a cell is its evidence.
void JudgeClaims(RunResult& result, const run::CellsOutcome& cells);

// compare: each hazard of each cell gets expected, agreement and, where it disagrees, the table's reason; a model's
// probe must agree with its cell of the table, every other cell must not contradict the probes. `whole`: the plan held
// every probe, so that a cell of the table without a cell of the run is undecided. Fills the summary.
void JudgeByTable(RunResult& result, const run::CellsOutcome& cells, const ci::Expected& table, bool whole);

// explore, of scenarios: the buggy side must be convicted of all that its file says, by one of its cells, and of
// nothing else; the fixed side of nothing. Each hazard of each cell gets expected and agreement. Fills the summary.
void JudgeByScenarios(RunResult& result, const run::CellsOutcome& cells);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_OUTCOME_H_
