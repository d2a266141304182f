// reports/sarif/sarif.h: findings in SARIF 2.1.0, for the scanning tab of a code host.
//
// A rule is a hazard, its help the hazard's page. A result is a cause (harness/result/causes.h), at the line of the
// strategy, else of the program, that its accesses lead to; the schedule is its code flow, a thread flow a CPU, with
// one order of execution over all of them. What is no alarm (WhyNoAlarm(), content.h: what the expected verdicts ask
// for, what the gate's baseline has) is a note and suppressed, with the reason.
//
// Matching  partialFingerprints are hashes of hazard, strategy or program, and the functions of both accesses: moved
//           lines, seeds, times and engines leave them as they were.
// Limits    GitHub's (docs.github.com, "SARIF support for code scanning"; anchors 5). What does not fit is cut, what is
//           expected first, and a toolExecutionNotification says so.
// Source    OASIS, SARIF 2.1.0 with errata 01, 28 August 2023; testdata/ has its schema.
#ifndef CFGTORTURE_REPORTS_SARIF_SARIF_H_
#define CFGTORTURE_REPORTS_SARIF_SARIF_H_

#include <cstddef>
#include <string>

#include "harness/result/run_result.h"

namespace cfgtorture::reports {

struct SarifLimits {
  size_t results = 5000;
  size_t locations = 1000;               // of a result: the accesses beside the primary one
  size_t thread_flow_locations = 10000;  // of a result
  size_t gzip_bytes = size_t{10} << 20;
};

std::string RenderSarif(const RunResult& result, const SarifLimits& limits = {});

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_SARIF_SARIF_H_
