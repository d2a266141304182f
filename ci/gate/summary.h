// ci/gate/summary.h: the rows of a gate as text for a terminal and as Markdown for a job's summary.
#ifndef CFGTORTURE_CI_GATE_SUMMARY_H_
#define CFGTORTURE_CI_GATE_SUMMARY_H_

#include <string>

#include "harness/result/run_result.h"

namespace cfgtorture::ci {

// A table of what does not hold, the worst first, at most `shown` rows; below it what does, a line a part.
std::string GateText(const RunResult& result, size_t shown);

// The same for $GITHUB_STEP_SUMMARY, which takes GitHub's Markdown, at most 1 MiB of it. What comes from a run stays
// text.
std::string GateMarkdown(const RunResult& result);

}  // namespace cfgtorture::ci

#endif  // CFGTORTURE_CI_GATE_SUMMARY_H_
