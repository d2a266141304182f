// What was claimed, and what became of it: a row a claim, the figures that decided it under it.
#include "absl/strings/str_cat.h"
#include "harness/result/replay_command.h"
#include "reports/html/escape.h"
#include "reports/html/sections.h"
#include "reports/html/table.h"

namespace cfgtorture::reports {

void AppendClaims(std::string& page, const RunResult& result) {
  if (result.claims.empty()) return;
  page +=
      "<section id=\"claims\" aria-labelledby=\"claims-h\"><h2 id=\"claims-h\">The thread's claims</h2>\n<p "
      "class=\"sub\">Each outcome is computed by the rules of "
      "its claim's file from what this run found and measured; not tested: no experiment here decides it.</p>\n";
  BeginTable(page, "The thread's claims", "plain claims sortable filterable",
             {{"claim"}, {"who"}, {"what"}, {"outcome"}, {"because"}});
  for (const ClaimResult& claim : result.claims) {
    absl::StrAppend(&page, "<tr>", RowHead(claim.id), "<td>", Text(claim.who, 200), "<br><span class=\"sub\">",
                    Text(claim.where, 300), "</span></td><td>", Text(claim.statement, 600), "</td><td>",
                    Text(claim.outcome, 40), "</td><td>", Text(claim.because, 1000));
    if (!claim.figures.empty()) {
      absl::StrAppend(&page, "<details><summary>", claim.figures.size(), " figures</summary><p>",
                      Text(claim.experiment, 1000), "</p><ul>");
      for (const ClaimFigure& figure : claim.figures) {
        absl::StrAppend(&page, "<li>", Text(figure.what, 200), ": ", Text(figure.text, 400));
        if (!figure.token.empty())
          absl::StrAppend(&page, "<br><code>", Text(ReplayCommand(result, figure.token)), "</code>");
        page += "</li>";
      }
      page += "</ul></details>";
    }
    page += "</td></tr>\n";
  }
  EndTable(page);
  page += "</section>\n";
}

}  // namespace cfgtorture::reports
