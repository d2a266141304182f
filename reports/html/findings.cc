#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "reports/html/escape.h"
#include "reports/html/sections.h"

namespace cfgtorture::reports {
namespace {

constexpr size_t kMaxFindings = 400;  // beyond, the page would be too large for a mail; the JSON has all
constexpr size_t kMaxRows = 80;
constexpr size_t kMaxFrames = 24;

std::string Place(const Frame& frame) {
  if (!frame.file.empty())
    return absl::StrCat(Text(frame.file, 200), frame.line > 0 ? absl::StrCat(":", frame.line) : "");
  return absl::StrCat(Text(frame.module, 100), "+0x", absl::Hex(frame.offset));
}

void AppendAccess(std::string& page, const Access& access) {
  absl::StrAppend(&page, "<div class=\"access\"><p><b>", Text(access.what, 200), "</b> of ", Text(access.location, 200),
                  "<br>by ",
                  access.context.empty() || access.context == "task" ? "task " : Text(access.context, 40) + ", task ",
                  Name(access.task), " on CPU ", access.cpu, "</p><ol>");
  for (size_t i = 0; i < std::min(access.stack.size(), kMaxFrames); ++i) {
    const Frame& frame = access.stack[i];
    absl::StrAppend(&page, "<li><code>", Text(frame.function.empty() ? "?" : frame.function, 200), "</code> <span>",
                    Place(frame), "</span></li>");
  }
  if (access.stack.size() > kMaxFrames)
    absl::StrAppend(&page, "<li>… ", access.stack.size() - kMaxFrames, " more</li>");
  absl::StrAppend(&page, "</ol><p>locks held: ",
                  access.locks_held.empty() ? "none" : Text(absl::StrJoin(access.locks_held, ", "), 400), "</p></div>");
}

void AppendSchedule(std::string& page, const Finding& finding) {
  if (finding.schedule.empty()) return;
  const ScheduleGrid grid = MakeGrid(finding, kMaxRows);
  page +=
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Schedule\"><table "
      "class=\"schedule\"><thead><tr>"
      "<th scope=\"col\">step</th>";
  for (const std::string& column : grid.columns) absl::StrAppend(&page, "<th scope=\"col\">", Name(column), "</th>");
  page += "</tr></thead><tbody>\n";
  for (size_t i = 0; i < grid.rows.size(); ++i) {
    if (grid.left_out > 0 && i == grid.left_out_before) {
      absl::StrAppend(&page, "<tr><td></td><td colspan=\"", grid.columns.size(), "\">… ", grid.left_out,
                      " steps left out; replay draws them</td></tr>\n");
    }
    const ScheduleGrid::Row& row = grid.rows[i];
    absl::StrAppend(&page, row.clash ? "<tr class=\"clash\"><th scope=\"row\"><b>!</b> " : "<tr><th scope=\"row\">",
                    row.number, "</th>");
    for (size_t column = 0; column < grid.columns.size(); ++column) {
      absl::StrAppend(&page, "<td>", column == row.column ? Text(row.text, 300) : "", "</td>");
    }
    page += "</tr>\n";
  }
  page += "</tbody></table></div>\n";
}

void AppendFinding(std::string& page, const FindingGroup& group, bool open) {
  const Finding& finding = *group.finding;
  const CellSpec& spec = group.cells.front()->spec;
  absl::StrAppend(&page, "<details class=\"finding", group.disagrees ? " differ" : "", "\" id=\"", group.anchor, "\"",
                  open ? " open" : "", "><summary><span class=\"hazard\">", Name(finding.hazard), "</span> ",
                  Text(finding.title, 300), " <span class=\"where\">");
  absl::StrAppend(&page, Name(spec.program), " · ", Name(spec.engine), " · ",
                  ShortCount(static_cast<double>(group.count)), "×");
  if (finding.preemptions >= 0) {
    absl::StrAppend(&page, " · ", finding.preemptions, finding.preemptions == 1 ? " preemption" : " preemptions");
  }
  page += "</span></summary>\n";
  if (!finding.detail.empty()) absl::StrAppend(&page, "<pre>", Text(finding.detail, 4000, true), "</pre>");
  if (!finding.accesses.empty()) {
    page += "<div class=\"accesses\">";
    for (const Access& access : finding.accesses) AppendAccess(page, access);
    page += "</div>";
  }
  AppendSchedule(page, finding);
  if (!finding.replay.empty()) {
    absl::StrAppend(&page, "<p class=\"repeat\">repeat: <code>", Text(finding.replay, 20000), "</code></p>");
  }
  std::vector<std::string> cells;
  for (const CellResult* cell : group.cells) cells.push_back(Name(cell->spec.id));
  if (cells.size() > 12) {
    const size_t more = cells.size() - 12;
    cells.resize(12);
    cells.push_back(absl::StrCat("and ", more, " more"));
  }
  absl::StrAppend(&page, "<p class=\"sub\">seen in ", absl::StrJoin(cells, ", "), "; first in execution ",
                  ExactCount(finding.first_execution), "; fingerprint ", Text(finding.fingerprint, 40),
                  "</p></details>\n");
}

}  // namespace

void AppendFindings(std::string& page, const std::vector<FindingGroup>& findings) {
  if (findings.empty()) {
    page += "<p>None.</p>\n";
    return;
  }
  // GroupFindings puts those at odds first; the rest follows by strategy.
  std::string heading;
  size_t shown = 0;
  for (const FindingGroup& group : findings) {
    if (shown == kMaxFindings) {
      absl::StrAppend(&page, "<p>", findings.size() - shown, " more findings are in the JSON result.</p>\n");
      break;
    }
    const CellSpec& spec = group.cells.front()->spec;
    std::string next = spec.strategy.empty() ? spec.program : spec.strategy;
    next = absl::StrCat(Name(next), group.disagrees ? ": differs from the expected table" : "");
    if (next != heading) absl::StrAppend(&page, "<h3>", next, "</h3>\n");
    heading = next;
    AppendFinding(page, group, group.disagrees && shown < 3);
    ++shown;
  }
}

}  // namespace cfgtorture::reports
