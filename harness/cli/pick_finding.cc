#include "harness/cli/pick_finding.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace cfgtorture::cli {

absl::StatusOr<Cause> PickFinding(const RunResult& result, const std::string& fingerprint, const std::string& what,
                                  bool with_token) {
  std::vector<std::string> known;
  Cause picked{};
  for (Cause& cause : CausesOf(result)) {
    if ((with_token && cause.finding->token.empty()) || !cause.finding->fingerprint.starts_with(fingerprint)) continue;
    known.push_back(absl::StrCat(cause.finding->fingerprint, " (", cause.finding->hazard, ")"));
    picked = std::move(cause);
  }
  if (known.size() == 1) return picked;
  const std::string which = fingerprint.empty() ? "" : absl::StrCat(" --finding ", fingerprint);
  if (known.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, which, ": it has no such finding", with_token ? " with a token" : ""));
  }
  if (known.size() > 8) known.resize(8);
  return absl::InvalidArgumentError(
      absl::StrCat(what, which, ": which of its findings? --finding ", absl::StrJoin(known, ", ")));
}

}  // namespace cfgtorture::cli
