// harness/cli/contention_text.h: who waited for which lock, as people who know the kernel's tools read it.
#ifndef CFGTORTURE_HARNESS_CLI_CONTENTION_TEXT_H_
#define CFGTORTURE_HARNESS_CLI_CONTENTION_TEXT_H_

#include <string>

#include "harness/result/run_result.h"

namespace cfgtorture::cli {

// Of each cell with locks: the table of /proc/lock_stat, that of perf lock contention, starvation and fairness, and the
// longest section with interrupts off.
std::string ContentionText(const RunResult& result);

// What `perf lock contention -x,` prints, for all cells together: a line a caller that waited, times in nanoseconds.
std::string PerfCsv(const RunResult& result);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_CONTENTION_TEXT_H_
