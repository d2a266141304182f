#include "harness/cli/print_run.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "harness/cli/finding_text.h"
#include "harness/cli/table.h"
#include "harness/result/causes.h"
#include "harness/result/printable.h"
#include "reports/perfetto/perfetto.h"

namespace cfgtorture::cli {

std::vector<std::string> PrintRun(Session& session) {
  const RunResult& result = session.result();
  std::vector<std::string> next;
  if (session.text() == nullptr) return next;
  std::fprintf(session.text(), "%s", PrintableText(CellLines(result)).c_str());
  const unsigned width = StyleOf(session.text()).width;
  constexpr size_t kShown = 10;
  const std::vector<Cause> causes = CausesOf(result);  // one cause may show in several cells
  for (size_t i = 0; i < std::min(causes.size(), kShown); ++i) {
    const Cause& cause = causes[i];
    Finding finding = *cause.finding;
    finding.count = cause.count;
    std::fprintf(session.text(), "\n%s", FindingText(cause.cell->spec, finding, width).c_str());
    if (cause.cells.size() > 1) {
      std::string cells;
      for (const CellResult* cell : cause.cells) absl::StrAppend(&cells, cells.empty() ? "" : ", ", cell->spec.id);
      std::fprintf(session.text(), "seen in %zu cells: %s\n", cause.cells.size(), PrintableLine(cells).c_str());
    }
  }
  if (causes.size() > kShown) std::fprintf(session.text(), "\n%zu more findings: see --json\n", causes.size() - kShown);
  const std::string replay = causes.empty() ? "" : causes.front().finding->replay;
  if (!replay.empty()) {
    next.push_back(absl::StrCat("next: ", replay, " --trace trace.txt"));
  } else if (causes.empty()) {
    next.push_back(
        "next: nothing found says no more than the strength above; a longer run, another seed or the model says more");
  }
  return next;
}

absl::Status SavePerfetto(const RunResult& result, const std::string& path) {
  return path.empty() ? absl::OkStatus() : SaveText(reports::RenderPerfetto(result), path);
}

}  // namespace cfgtorture::cli
