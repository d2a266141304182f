// harness/cli/repetitions.h: cells run several times, in turn, so that what drifts on the host reaches all alike.
#ifndef CFGTORTURE_HARNESS_CLI_REPETITIONS_H_
#define CFGTORTURE_HARNESS_CLI_REPETITIONS_H_

#include <vector>

#include "harness/result/cell.h"

namespace cfgtorture::cli {

// a, b -> a/rep-1, b/rep-1, a/rep-2, b/rep-2; each repetition with a seed of its own. Cells that do not run stay
// single.
std::vector<CellResult> Interleave(const std::vector<CellResult>& cells, unsigned times);

// Back to a, b. A metric is the mean of the repetitions, a maximum the greatest; a rate's interval (*_ci95) is that of
// the repetitions. Percentiles are the median repetition's; counts, hits and findings are added up.
std::vector<CellResult> Merge(const std::vector<CellResult>& repeated);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_REPETITIONS_H_
