// ci/gate/gate.h: may this change land? What a run says, held against the expected verdicts, the baseline, and itself.
//
// Pure: results in, rows out (GateRow, run_result.h). Exit statuses are the command's.
//
//   holds      as before, or within the threshold of its figure
//   regressed  a verdict is another one than was expected, or a hazard was not found before; a figure is worse
//   moved      something is another thing than the baseline says, and no worse: the baseline wants an update, which is
//              reviewed in the same commit (cfgtorture gate --update)
//   undecided  this run cannot tell; its row says what could
//   failed     two runs of one build differ: nothing else that they say can be relied on
#ifndef CFGTORTURE_CI_GATE_GATE_H_
#define CFGTORTURE_CI_GATE_GATE_H_

#include <functional>
#include <string>
#include <vector>

#include "ci/gate/baseline.h"
#include "harness/result/run_result.h"

namespace cfgtorture::ci {

// The verdicts of `now`, on which the expected table has been laid already (HazardOutcome::agreement): each at odds
// with the table; and where the table says nothing, each that is not the baseline's. `baseline` null: there is none.
std::vector<GateRow> CompareVerdicts(const RunResult& now, const BaselineCells* baseline);

// Marks (kAsBefore) what is found, is found in the baseline too, and that the table says nothing of: whoever shows the
// result needs to know that it is no alarm. Takes the marks of an earlier gate away. `baseline` null: there is none.
void MarkAsBefore(RunResult& result, const BaselineCells* baseline);

// The model figures of `now` against the baseline's, by the thresholds of figures.h.
std::vector<GateRow> CompareFigures(const RunResult& now, const BaselineCells& baseline);

// Cells that only one of them has; of the baseline's, those that `asked` says were asked for. A cell that is gone is
// undecided, and not moved: nobody looked at what it was about.
std::vector<GateRow> CompareCells(const RunResult& now, const BaselineCells& baseline,
                                  const std::function<bool(const std::string& id)>& asked);

// Two runs of one build, seed and plan: every figure, verdict and finding must be the same.
std::vector<GateRow> CompareRuns(const RunResult& first, const RunResult& again);

// The worst of the rows' outcomes: failed, regressed, undecided, moved, holds; those in `accepted` count as holds.
std::string WorstOf(const std::vector<GateRow>& rows, const std::vector<std::string>& accepted);

// "2 regressed, 1 moved, 40 hold; first: ...".
std::string InWords(const std::vector<GateRow>& rows);

}  // namespace cfgtorture::ci

#endif  // CFGTORTURE_CI_GATE_GATE_H_
