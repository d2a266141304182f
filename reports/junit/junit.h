// reports/junit/junit.h: the cells of a run as JUnit XML, for the test tab of a CI system.
//
// A suite is an engine, a case a cell. Failure: a finding that is an alarm (WhyNoAlarm(), content.h), a verdict that
// differs from the expected one, a worker that died. Error: the harness failed (a cell saw nothing of the code under
// test, the control was not convicted; two runs of one build that differ). What a gate says of a figure is a case of
// its own. Skipped: not run, stopped, undecided, or nothing of what the cell is about was exercised, which is never
// shown as passed. One element a case, since Jenkins keeps one; names are whole cell ids, since GitLab drops duplicates
// (anchors 5).
#ifndef CFGTORTURE_REPORTS_JUNIT_JUNIT_H_
#define CFGTORTURE_REPORTS_JUNIT_JUNIT_H_

#include <string>

#include "harness/result/run_result.h"

namespace cfgtorture::reports {

enum class CaseOutcome : uint8_t { kPassed, kFailure, kError, kSkipped };
struct CaseVerdict {
  CaseOutcome outcome = CaseOutcome::kPassed;
  std::string type;     // hazards, or a word for what happened
  std::string message;  // one line
};
CaseVerdict VerdictOfCase(const RunResult& result, const CellResult& cell);

// GitLab reads files of less than 30 MB: beyond `most_bytes` of text the cases keep their messages and lose what
// stands below them.
std::string RenderJunit(const RunResult& result, size_t most_bytes = size_t{25} << 20);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_JUNIT_JUNIT_H_
