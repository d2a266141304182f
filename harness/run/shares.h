// harness/run/shares.h: the executions of one cell shared out among processes and runs, and their results as one again.
//
// An execution is drawn from the seed and its number alone, so a cell may be cut anywhere. Lane j of a cell holds the
// numbers from j * 2^40 on; a process takes the first ones of its lane that no process has used (CellResult::used).
// What an execution before has taught (racy places) is not handed on: each process learns for itself.
//
// A pure structure: specifications and results in, specifications and results out.
#ifndef CFGTORTURE_HARNESS_RUN_SHARES_H_
#define CFGTORTURE_HARNESS_RUN_SHARES_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "harness/result/cell.h"

namespace cfgtorture::run {

inline constexpr uint64_t kLane = uint64_t{1} << 40;  // execution numbers, more than a job runs in a week

// May the cell be cut? Not if its explorer remembers where it was (depth-first and the like): that one is run by one
// process, and anew.
bool MayBeShared(const CellSpec& spec);

// What is left to be done of `cell`, by `jobs` processes: of its limits, less what it holds already. Never empty.
std::vector<CellSpec> SharesOf(const CellResult& cell, uint64_t jobs);

// The results of processes that ran side by side, as one cell `spec`. Counts add up, schedules that two of them met
// count once, a cause found by two is one finding. The first execution that found a hazard is counted as if they had
// taken turns, an execution each.
CellResult Together(const CellSpec& spec, const std::vector<CellResult>& shares);

// The execution numbers that a cell has used: first, how many.
std::vector<std::pair<uint64_t, uint64_t>> UsedNumbers(const CellResult& cell);

// A cell and what a later run added to it.
CellResult After(const CellResult& earlier, const CellResult& later);

// Was all found that the cell may show? `listed`: its hazards.
bool FoundAll(const CellResult& cell, const std::vector<std::string>& listed);

// `earlier` made ready to go on under the limits of `spec`: pending (cells.h), unless nothing is left to do.
CellResult Reopened(const CellResult& earlier, const CellSpec& spec, const std::vector<std::string>& listed);

}  // namespace cfgtorture::run

#endif  // CFGTORTURE_HARNESS_RUN_SHARES_H_
