// harness/result/gate_rows.h: the rows of a gate as whoever shows them wants them: in order, their figures as text.
#ifndef CFGTORTURE_HARNESS_RESULT_GATE_ROWS_H_
#define CFGTORTURE_HARNESS_RESULT_GATE_ROWS_H_

#include <string>
#include <vector>

#include "harness/result/run_result.h"

namespace cfgtorture {

// HazardOutcome::expected of what the table says nothing of, and the gate's baseline has as found.
inline constexpr const char* kAsBefore = "as-before";

bool IsOfAPart(const GateRow& row);  // of a part as a whole
// What does not hold, the worst first, and of a part the largest change. They point into `rows`.
std::vector<const GateRow*> DifferingRows(const std::vector<GateRow>& rows);
std::string ChangeOf(const GateRow& row);  // "+4.5%"; "" if none is known
std::string StepOf(const GateRow& row);    // "clean -> found"; "" if neither is known

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_RESULT_GATE_ROWS_H_
