// harness/result/causes.h: findings that have one cause, told once.
//
// A cause is a fingerprint (Finding::fingerprint): hazard, strategy or else program, and the functions of both
// accesses; of an assertion, its text too. So it is the same in every process, seed, run and program, and after lines
// have moved. As in titles of KCSAN and syzbot, two bugs between the same two functions are one until the first is
// mended.
#ifndef CFGTORTURE_HARNESS_RESULT_CAUSES_H_
#define CFGTORTURE_HARNESS_RESULT_CAUSES_H_

#include <cstdint>
#include <vector>

#include "harness/result/run_result.h"

namespace cfgtorture {

// Adds a finding to those of a cell: counts add up, and the recording with the fewest preemptions stays. Ids stay
// unique.
void AddFinding(std::vector<Finding>& findings, Finding finding);

struct Cause {
  const Finding* finding;                // the simplest recording of it
  const CellResult* cell;                // where that was made
  uint64_t count;                        // over all cells
  std::vector<const CellResult*> cells;  // in which it was seen
};
// In the order in which they are first met. Points into `result`.
std::vector<Cause> CausesOf(const RunResult& result);

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_RESULT_CAUSES_H_
