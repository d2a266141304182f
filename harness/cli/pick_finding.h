// harness/cli/pick_finding.h: --finding FINGERPRINT, which finding of a result is meant.
#ifndef CFGTORTURE_HARNESS_CLI_PICK_FINDING_H_
#define CFGTORTURE_HARNESS_CLI_PICK_FINDING_H_

#include <string>

#include "absl/status/statusor.h"
#include "harness/result/causes.h"

namespace cfgtorture::cli {

// The one cause of `result` whose fingerprint begins so; `what` leads the error if there is none or more than one.
absl::StatusOr<Cause> PickFinding(const RunResult& result, const std::string& fingerprint, const std::string& what,
                                  bool with_token);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_PICK_FINDING_H_
