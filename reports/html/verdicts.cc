#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "reports/html/escape.h"
#include "reports/html/sections.h"
#include "reports/html/table.h"

namespace cfgtorture::reports {
namespace {

const char* ClassOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFound:
      return "found";
    case Verdict::kClean:
      return "clean";
    case Verdict::kNotExercised:
      return "idle";
    case Verdict::kNotApplicable:
      return "na";
    case Verdict::kUndecided:
    case Verdict::kNotRun:
      return "open";
  }
  return "";
}

const char* ClassOf(Agreement agreement) {
  switch (agreement) {
    case Agreement::kAgrees:
      return "agree";
    case Agreement::kDisagrees:
      return "differ";
    case Agreement::kUnjudged:
      return "unjudged";
  }
  return "";
}

// Beside the colour each verdict has a mark of its own, so that it survives greyscale and colour-blindness.
const char* MarkOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFound:
      return "●";
    case Verdict::kClean:
      return "○";
    case Verdict::kNotExercised:
      return "◌";
    default:
      return "";
  }
}

// What stands under the verdict, one line each.
std::vector<std::string> Small(const VerdictCell& cell, Evidence evidence) {
  const bool several = cell.of.size() > 1;
  if (cell.verdict == Verdict::kFound) {
    if (several) return FoundHazards(cell, 3);
    if (cell.fewest_preemptions >= 0) return {absl::StrCat(cell.fewest_preemptions, " pre.")};
    return {absl::StrCat(ShortCount(static_cast<double>(cell.hits)), "×")};
  }
  if (cell.verdict != Verdict::kClean) return {};
  if (evidence != Evidence::kExplored) {
    return {absl::StrCat(ShortCount(static_cast<double>(cell.opportunities)), " opp.")};
  }
  if (cell.executions == 0) return {};
  return {absl::StrCat(cell.exhausted ? "all " : "", ShortCount(static_cast<double>(cell.executions)))};
}

// The first finding of a cell; one that the page does not hold is opened by findings.js.
std::string AnchorFor(const VerdictCell& cell, const std::vector<FindingGroup>& findings) {
  for (const FindingGroup& group : findings) {
    const bool asked = std::find(cell.hazards.begin(), cell.hazards.end(), group.finding->hazard) != cell.hazards.end();
    for (const CellResult* of : group.cells) {
      if (asked && std::find(cell.cells.begin(), cell.cells.end(), of) != cell.cells.end()) return group.anchor;
    }
  }
  return "";
}

std::string Word(const VerdictCell& cell) {
  const char* mark = MarkOf(cell.verdict);
  std::string word = Headline(cell);
  if (*mark != '\0') word = absl::StrCat("<i aria-hidden=\"true\">", mark, "</i>&nbsp;", word);
  return word;
}

void AppendCell(std::string& page, const VerdictCell& cell, Evidence evidence,
                const std::vector<FindingGroup>& findings) {
  if (cell.cells.empty()) {
    page += "<td class=\"na\">–</td>";
    return;
  }
  std::string title = Figures(cell);
  if (!cell.reason.empty()) absl::StrAppend(&title, "; ", cell.reason);
  absl::StrAppend(&page, "<td class=\"", ClassOf(cell.verdict), " ", ClassOf(cell.agreement), "\" title=\"",
                  Text(title, 800), "\">");
  const std::string anchor = cell.verdict == Verdict::kFound ? AnchorFor(cell, findings) : "";
  if (!anchor.empty()) absl::StrAppend(&page, "<a href=\"#", anchor, "\">");
  absl::StrAppend(&page, "<b>", Word(cell), "</b>");
  if (!anchor.empty()) page += "</a>";
  for (const std::string& line : Small(cell, evidence)) absl::StrAppend(&page, "<small>", Text(line, 80), "</small>");
  if (cell.agreement == Agreement::kDisagrees) {
    absl::StrAppend(&page, "<small class=\"want\">≠ ", Text(Difference(cell), 120), "</small>");
  }
  page += "</td>";
}

}  // namespace

void AppendLegend(std::string& page) {
  page +=
      "<ul class=\"legend\" aria-label=\"Legend\">"
      "<li><span class=\"chip found agree\"><i>●</i> found</span> as the expected table says: the fewest "
      "preemptions that a schedule needed (pre.), where none is known how often (×)</li>"
      "<li><span class=\"chip found unjudged\"><i>●</i> found</span> where the table leaves it open: on real threads, "
      "in workloads, of the control, and beside what a probe asks</li>"
      "<li><span class=\"chip clean agree\"><i>○</i> clean</span> as expected: how many schedules were explored "
      "(<em>all</em> "
      "if "
      "none is left), on real threads the opportunities seen (opp.)</li>"
      "<li><span class=\"chip found differ\">≠</span> differs from the expected table</li>"
      "<li><span class=\"chip idle unjudged\"><i>◌</i> not exercised</span> no opportunity: never shown as clean</li>"
      "<li><span class=\"chip na\">n/a</span> cannot occur there</li>"
      "<li><span class=\"chip open unjudged\">undecided, not run</span> no verdict</li></ul>";
}

void AppendVerdictTable(std::string& page, const VerdictTable& table, const std::vector<FindingGroup>& findings,
                        const std::string& label) {
  absl::StrAppend(&page, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", Text(label),
                  "\"><table class=\"verdicts", table.columns.size() > 6 ? " wide" : "", "\"><caption class=\"off\">",
                  Text(label), "</caption><thead><tr><th scope=\"col\">strategy</th>");
  for (const VerdictColumn& column : table.columns) {
    absl::StrAppend(&page, "<th scope=\"col\" title=\"", Text(column.summary, 300), "\">", Name(column.program));
    if (!column.flavour.empty() && column.flavour != "preempt") {
      absl::StrAppend(&page, " <small>", Name(column.flavour), "</small>");
    }
    page += "</th>";
  }
  page += "</tr></thead><tbody>\n";
  for (const VerdictRow& row : table.rows) {
    absl::StrAppend(&page, "<tr><th scope=\"row\" title=\"", Text(row.summary, 300), "\">", Name(row.strategy),
                    "</th>");
    for (const VerdictCell& cell : row.cells) AppendCell(page, cell, table.evidence, findings);
    page += "</tr>\n";
  }
  page += "</tbody></table></div>\n";
}

void AppendHazards(std::string& page, const VerdictTable& table, const std::vector<FindingGroup>& findings) {
  std::string inner;
  for (size_t column = 0; column < table.columns.size(); ++column) {
    const VerdictTable taken = ByHazard(table, column);
    if (taken.empty()) continue;
    absl::StrAppend(&inner, "<h4>", Name(table.columns[column].program), "</h4>");
    AppendVerdictTable(inner, taken, findings, table.columns[column].program + ", hazard by hazard");
  }
  if (!inner.empty()) absl::StrAppend(&page, "<details><summary>Hazard by hazard</summary>", inner, "</details>\n");
}

void AppendKey(std::string& page, const VerdictTable& table) {
  page += "<details><summary>What the rows and columns are</summary><div class=\"key\"><dl>";
  for (const VerdictRow& row : table.rows) {
    absl::StrAppend(&page, "<dt>", Name(row.strategy), "</dt><dd>", Text(row.summary, 400), "</dd>");
  }
  page += "</dl><dl>";
  for (const VerdictColumn& column : table.columns) {
    absl::StrAppend(&page, "<dt>", Name(column.program), "</dt><dd>", Text(column.summary, 400), "</dd>");
  }
  page += "</dl></div></details>\n";
}

void AppendEveryCell(std::string& page, const RunResult& result) {
  page += "<details><summary>Every cell: strength, opportunities, reason</summary>";
  BeginTable(page, "Every cell", "plain sortable filterable",
             {{"cell"},
              {"hazard"},
              {"verdict"},
              {"expected"},
              {"hits", true},
              {"opportunities", true},
              {"strength"},
              {"reason"}});
  for (const CellResult& cell : result.cells) {
    if (cell.hazards.empty() || cell.status != "done") {
      absl::StrAppend(&page, "<tr><td>", Name(cell.spec.id), "</td><td></td><td>", Text(cell.status, 40),
                      "</td><td></td><td></td><td></td><td></td><td>", Text(cell.reason, 400), "</td></tr>\n");
    }
    for (const auto& [name, outcome] : cell.hazards) {
      // What neither happened nor was asked for would fill pages.
      if (outcome.hits == 0 && outcome.opportunities == 0 && outcome.expected.empty()) continue;
      if (outcome.verdict != "found" && outcome.expected == "absent") continue;
      const Agreement agreement = AgreementOf(cell, name);
      absl::StrAppend(&page, "<tr class=\"", ClassOf(agreement), "\"><td>", Name(cell.spec.id), "</td><td>", Name(name),
                      "</td><td>");
      absl::StrAppend(&page, agreement == Agreement::kDisagrees ? "≠ " : "", Text(outcome.verdict, 40), "</td><td>",
                      Text(outcome.expected, 40), "</td>",
                      NumberCell(ExactCount(outcome.hits), static_cast<double>(outcome.hits)),
                      NumberCell(ExactCount(outcome.opportunities), static_cast<double>(outcome.opportunities)), "<td>",
                      Text(outcome.strength, 200), "</td><td>", Text(outcome.reason, 400), "</td></tr>\n");
    }
  }
  EndTable(page);
  page += "</details>\n";
}

}  // namespace cfgtorture::reports
