#include "reports/audit_rows.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "reports/content.h"

namespace cfgtorture::reports {

std::string AuditPlace(const AuditRow& row) {
  return row.file.empty() ? row.function : absl::StrCat(row.file, ":", row.line);
}

std::string AuditTried(const AuditRow& row) {
  const std::string what = row.kind == "lock"       ? absl::StrCat("lock ", row.what)
                           : row.kind == "irqs-off" ? "IRQs off"
                           : row.what.empty()       ? row.kind
                                                    : absl::StrCat(row.what, " ", row.kind);
  return absl::StrCat(what, row.instead == "left out" ? " " : " → ", row.instead);
}

std::string AuditAnswer(const AuditRow& row) {
  if (row.verdict == "undecided") return row.reason;
  if (row.verdict == "spare") {
    const std::string bound = absl::StrCat("not in ", ExactCount(row.executions), " executions of ",
                                           row.programs.size(), row.programs.size() == 1 ? " program" : " programs");
    return row.reason.empty() ? bound : absl::StrCat(bound, ": ", row.reason);
  }
  std::string text = row.hazard;
  if (row.preemptions >= 0) {
    absl::StrAppend(&text, ", ", row.preemptions, row.preemptions == 1 ? " preemption" : " preemptions");
  }
  absl::StrAppend(&text, ": ", row.shown_by);
  if (row.executions_to_first > 0) absl::StrAppend(&text, ", execution ", row.executions_to_first);
  return text;
}

std::string AuditBound(const RunResult& result) {
  if (result.cells.empty()) return "";
  const CellSpec& spec = result.cells.front().spec;
  const bool orders = std::any_of(result.audit.begin(), result.audit.end(),
                                  [](const AuditRow& row) { return row.instead != "left out"; });
  return absl::StrCat(
      "memory ", spec.memory, ", explorer ", spec.explorer, ", ", ExactCount(spec.executions),
      " executions of each program without each place",
      orders && spec.memory == "sc" ? "; under sc an order shows in data races alone, --memory c11 tells more" : "");
}

}  // namespace cfgtorture::reports
