// What each order and lock is for: a row a place, with the schedule that shows it.
#include "absl/strings/str_cat.h"
#include "harness/result/replay_command.h"
#include "reports/audit_rows.h"
#include "reports/html/escape.h"
#include "reports/html/sections.h"
#include "reports/html/table.h"

namespace cfgtorture::reports {

void AppendAudit(std::string& page, const RunResult& result) {
  if (result.audit.empty()) return;
  absl::StrAppend(&page,
                  "<section id=\"audit\" aria-labelledby=\"audit-h\"><h2 id=\"audit-h\">What each order and lock is "
                  "for</h2>\n<p class=\"sub\">",
                  Text(AuditBound(result), 200),
                  ". Needed: without it, something was found. Spare: nothing was, within this bound.</p>\n");
  BeginTable(page, "What each order and lock is for", "plain claims sortable filterable",
             {{"place"}, {"function"}, {"tried"}, {"verdict"}, {"because"}});
  for (const AuditRow& row : result.audit) {
    absl::StrAppend(&page, "<tr><td><code>", Text(AuditPlace(row), 200), "</code></td><td><code>",
                    Text(row.function, 120), "</code></td><td>", Text(AuditTried(row), 120), "</td><td>",
                    Text(row.verdict, 20), "</td><td>", Text(AuditAnswer(row), 600));
    if (!row.token.empty()) {
      absl::StrAppend(&page, "<details><summary>", Text(row.title, 300), "</summary><pre>");
      for (const Step& step : row.schedule) {
        absl::StrAppend(&page, step.clash ? "! " : "  ", "CPU", step.cpu, " ", Text(step.task, 80), ": ",
                        Text(step.text, 200), "\n");
      }
      absl::StrAppend(&page, "</pre><code>", Text(ReplayCommand(result, row.token)), "</code></details>");
    }
    page += "</td></tr>\n";
  }
  EndTable(page);
  page += "</section>\n";
}

}  // namespace cfgtorture::reports
