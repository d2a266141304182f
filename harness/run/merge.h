// harness/run/merge.h: results of several machines and days as one.
//
// A merged result holds the runs that it is made of, whole (RunResult::runs), and cells that follow from them. To merge
// is to unite sets of runs; a run counts once, however often it is named. So it is associative, commutative and
// idempotent, whatever is in the files, and nothing of a run is lost.
//
// Order      runs by the time at which they began, then by fingerprint; cells as the first run that has them.
// Added up   explored cells of one build that are the same experiment but for seed and limits (Together() of shares.h).
//            Executions that two runs have both done (one seed, overlapping numbers) count once.
// Apart      cells of one id from different builds or of different settings, and whatever ran on real threads: figures
//            of two machines or two days never mix. Their ids end with "@" and the build or the run.
// Shown      a worker that died in one run is a cell that died; a cell that one run has not done, or has not at all, is
//            named in what was left out.
//
// A pure structure: results in, a result out.
#ifndef CFGTORTURE_HARNESS_RUN_MERGE_H_
#define CFGTORTURE_HARNESS_RUN_MERGE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "harness/result/run_result.h"

namespace cfgtorture::run {

// What became of the cells, for a line of text.
struct MergeCounts {
  size_t runs = 0;
  size_t repeated_runs = 0;  // named more than once
  size_t added_up = 0;       // cells that several runs have worked on
  size_t apart = 0;          // cells whose id several builds or runs have, each by itself
  size_t died = 0;
};

// REQUIRES: `results` is not empty.
RunResult MergeResults(const std::vector<RunResult>& results, MergeCounts* counts = nullptr);

// "1a2b3c4d": what ids and lines call a run by.
std::string NameOfRun(const RunResult& run);

}  // namespace cfgtorture::run

#endif  // CFGTORTURE_HARNESS_RUN_MERGE_H_
