#include "harness/cli/print_run.h"

#include <cstdio>
#include <set>

#include "absl/strings/str_cat.h"
#include "harness/cli/finding_text.h"
#include "harness/cli/table.h"
#include "reports/perfetto/perfetto.h"

namespace cfgtorture::cli {

std::vector<std::string> PrintRun(Session& session) {
  const RunResult& result = session.result();
  std::vector<std::string> next;
  if (session.text() == nullptr) return next;
  std::fprintf(session.text(), "%s", Printable(CellLines(result)).c_str());
  const unsigned width = StyleOf(session.text()).width;
  constexpr size_t kShown = 10;
  size_t count = 0;
  std::string replay;
  std::set<std::string> seen;  // one cause may show in several cells
  for (const CellResult& cell : result.cells) {
    for (const Finding& finding : cell.findings) {
      if (!seen.insert(finding.fingerprint).second) continue;
      if (replay.empty()) replay = finding.replay;
      if (++count <= kShown) std::fprintf(session.text(), "\n%s", FindingText(cell.spec, finding, width).c_str());
    }
  }
  if (count > kShown) std::fprintf(session.text(), "\n%zu more findings: see --json\n", count - kShown);
  if (!replay.empty()) {
    next.push_back(absl::StrCat("next: ", replay, " --trace trace.txt"));
  } else if (count == 0) {
    next.push_back(
        "next: nothing found says no more than the strength above; a longer run, another seed or the model says more");
  }
  return next;
}

// A place that cannot be written is found before the work and not after it.
absl::Status CheckPerfetto(const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  absl::Status status = SaveText("", path);
  if (status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat("--perfetto ", std::string(status.message())));
}

absl::Status SavePerfetto(const RunResult& result, const std::string& path) {
  return path.empty() ? absl::OkStatus() : SaveText(reports::RenderPerfetto(result), path);
}

}  // namespace cfgtorture::cli
