#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "reports/content.h"
#include "reports/html/escape.h"
#include "reports/html/sections.h"
#include "reports/schedule.h"

namespace cfgtorture::reports {
namespace {

constexpr size_t kMaxFindings = 200;  // beyond, the page would be slow to show; findings.js lists all
constexpr size_t kMaxOfAKind = 2;     // more of them teach little
constexpr size_t kMaxRows = 140;
constexpr size_t kLongRows = 60;  // from here on a schedule starts folded, ...
constexpr size_t kOpenRows = 40;  // ... all but its last rows
constexpr size_t kMaxFrames = 24;

void AppendAccess(std::string& page, const Access& access, Evidence evidence) {
  absl::StrAppend(&page, "<div class=\"access\"><p><b>", Text(access.what, 200), "</b>");
  if (!access.location.empty()) absl::StrAppend(&page, " of ", Text(access.location, 200));
  const std::string who = WhoOf(access);
  if (!who.empty()) absl::StrAppend(&page, "<br>by <bdi>", Text(who, 120), "</bdi>");
  page += "</p>";
  const std::vector<Frame> frames = FramesOf(access);
  if (!frames.empty()) page += "<ol>";
  for (size_t i = 0; i < std::min(frames.size(), kMaxFrames); ++i) {
    absl::StrAppend(&page, "<li><code>", Text(frames[i].function.empty() ? "?" : frames[i].function, 200),
                    "</code> <span>", Text(PlaceOf(frames[i]), 300), "</span></li>");
  }
  if (frames.size() > kMaxFrames) absl::StrAppend(&page, "<li>… ", frames.size() - kMaxFrames, " more</li>");
  if (!frames.empty()) page += "</ol>";
  absl::StrAppend(&page, "<p>locks held: ", Text(LocksOf(access, evidence), 400), "</p></div>");
}

// Rows [begin, end). The columns have one width, so that the two halves of a folded schedule stand under each other.
void AppendRows(std::string& page, const ScheduleGrid& grid, size_t begin, size_t end) {
  page +=
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Schedule\"><table "
      "class=\"schedule\"><caption class=\"off\">Schedule</caption><thead><tr><th scope=\"col\">step</th>";
  for (const ScheduleGrid::Column& column : grid.columns) {
    absl::StrAppend(&page, "<th scope=\"col\">", Name(column.name()), "</th>");
  }
  page += "</tr></thead><tbody>\n";
  for (size_t i = begin; i < end; ++i) {
    if (grid.left_out > 0 && i == grid.left_out_before) {
      absl::StrAppend(&page, "<tr><td></td><td colspan=\"", grid.columns.size(), "\">… ", grid.left_out,
                      " steps left out; replay draws them</td></tr>\n");
    }
    const ScheduleGrid::Row& row = grid.rows[i];
    absl::StrAppend(&page, row.clash ? "<tr class=\"clash\" data-row=\"" : "<tr data-row=\"", i,
                    row.clash ? "\"><th scope=\"row\"><b>!</b> " : "\"><th scope=\"row\">", row.number, "</th>");
    for (size_t column = 0; column < grid.columns.size(); ++column) {
      absl::StrAppend(&page, "<td>", column == row.column ? Text(row.text, 300) : "", "</td>");
    }
    page += "</tr>\n";
  }
  page += "</tbody></table></div>\n";
}

void AppendSchedule(std::string& page, const Finding& finding) {
  if (finding.schedule.empty()) return;
  const ScheduleGrid grid = MakeGrid(finding, kMaxRows);
  const size_t rows = grid.rows.size();
  const size_t begin = rows > kLongRows ? rows - kOpenRows : 0;
  if (begin > 0) {
    const auto clashes = std::count_if(grid.rows.begin(), grid.rows.begin() + static_cast<std::ptrdiff_t>(begin),
                                       [](const ScheduleGrid::Row& row) { return row.clash; });
    absl::StrAppend(&page, "<details><summary class=\"sub\">the ", begin + grid.left_out, " steps before",
                    clashes > 0 ? ", a marked one among them" : "", "</summary>");
    AppendRows(page, grid, 0, begin);
    page += "</details>";
  }
  AppendRows(page, grid, begin, rows);
  if (grid.folded > 0) {
    page += "<p class=\"sub\">(+N): N steps not drawn, of locks that nobody else wanted, clock and set-up.</p>\n";
  }
}

void AppendOrderings(std::string& page, const Finding& finding) {
  const std::vector<OrderingText> orderings = OrderingsOf(finding);
  if (!orderings.empty()) page += "<p>It fails only if</p><ul class=\"orderings\">";
  for (const OrderingText& ordering : orderings) {
    absl::StrAppend(&page, "<li>", Text(ordering.before, 400), " <b>before</b> ", Text(ordering.after, 400), "</li>");
  }
  if (!orderings.empty()) page += "</ul>\n";
  const std::string reduction = ReductionText(finding);
  if (!reduction.empty()) absl::StrAppend(&page, "<p class=\"sub\">", Text(reduction, 300), "</p>\n");
}

void AppendFinding(std::string& page, const FindingGroup& group, bool open) {
  const Finding& finding = *group.finding;
  const CellSpec& spec = group.cells.front()->spec;
  const bool explored = EvidenceOf(spec) == Evidence::kExplored;
  absl::StrAppend(&page, "<details class=\"finding", group.disagrees ? " differ" : "", "\" id=\"", group.anchor, "\"",
                  open ? " open" : "", "><summary><span class=\"hazard\">", Name(finding.hazard), "</span> ",
                  Text(HeadlineOf(finding), 300), " <span class=\"where\">");
  absl::StrAppend(&page, Name(spec.program), ", ", explored ? "explored" : Name(spec.engine), ", ",
                  ShortCount(static_cast<double>(group.count)), "×");
  if (finding.preemptions >= 0) {
    absl::StrAppend(&page, ", ", finding.preemptions, finding.preemptions == 1 ? " preemption" : " preemptions");
  }
  page += "</span></summary>\n";
  if (!finding.detail.empty()) absl::StrAppend(&page, "<pre>", Text(finding.detail, 4000, true), "</pre>");
  // An access of which nothing is known beyond the headline is not worth a box.
  const auto known = [](const Access& access) { return !access.stack.empty() || !access.task.empty(); };
  if (const std::vector<Access> accesses = AccessesOf(finding); std::any_of(accesses.begin(), accesses.end(), known)) {
    page += "<div class=\"accesses\">";
    for (const Access& access : accesses) AppendAccess(page, access, EvidenceOf(spec));
    page += "</div>";
  } else if (!explored) {
    page += "<p class=\"sub\">Seen by the emulated hardware, which knows neither stacks nor locks.</p>";
  }
  if (const std::string why = WhyUnordered(finding); !why.empty())
    absl::StrAppend(&page, "<p>", Text(why, 2000), "</p>\n");
  AppendSchedule(page, finding);
  AppendOrderings(page, finding);
  if (!group.repeat.empty()) {
    absl::StrAppend(&page, "<p class=\"repeat\">", explored ? "repeat" : "likely seen again by", ": <code>",
                    Text(group.repeat, 20000), "</code></p>");
  }
  absl::StrAppend(&page, "<p class=\"sub\">", Text(SeenText(group)));
  if (const std::string about = HazardLink(finding.hazard); !about.empty()) absl::StrAppend(&page, "; ", about);
  page += "</p></details>\n";
}

}  // namespace

std::vector<FindingPlace> PlaceFindings(const std::vector<FindingGroup>& findings) {
  const std::vector<bool> chosen = Choose(findings, kMaxFindings, kMaxOfAKind);
  std::vector<FindingPlace> places(findings.size());
  for (size_t i = 0, kind = 0; i < findings.size(); ++i) {
    if (i > 0 && findings[i - 1].kind != findings[i].kind) ++kind;
    places[i] = {kind, chosen[i]};
  }
  return places;
}

void AppendFindings(std::string& page, const std::vector<FindingGroup>& findings) {
  if (findings.empty()) {
    page += "<p>None.</p>\n";
    return;
  }
  page +=
      "<p class=\"sub\">A finding shows what clashed: who, where in the source, under which locks; then the schedule, "
      "time downwards, a column for each CPU and context, the clash marked with !. Findings of real threads have no "
      "schedule.</p>\n";
  const std::vector<FindingPlace> places = PlaceFindings(findings);
  std::vector<bool> chosen;
  for (const FindingPlace& place : places) chosen.push_back(place.shown);
  if (const std::string choice = ChoiceText(findings, chosen); !choice.empty()) {
    absl::StrAppend(&page, "<p class=\"sub\">Shown here: ", Text(choice, 1000),
                    ". Search and lists (with JavaScript) reach them all, as does <code>cfgtorture report RESULT "
                    "--finding FINGERPRINT</code>.</p>\n");
  }
  page += "<div id=\"finding-static\">\n";
  // GroupFindings puts those at odds first; the rest follows by strategy.
  std::string heading;
  std::string anchors, elsewhere;  // where a link to one that is not shown arrives
  size_t shown = 0, of_kind = 0, more = 0, others = 0;
  for (size_t i = 0; i < findings.size(); ++i) {
    const FindingGroup& group = findings[i];
    const CellSpec& spec = group.cells.front()->spec;
    if (places[i].shown) {
      std::string next = spec.strategy.empty() ? spec.program : spec.strategy;
      next = absl::StrCat(Name(next), group.disagrees ? ": differs from the expected table" : "");
      if (next != heading) absl::StrAppend(&page, "<h3>", next, "</h3>\n");
      heading = next;
      AppendFinding(page, group, group.disagrees && shown < 3);
      ++shown;
      ++of_kind;
    } else {
      ++more;
      absl::StrAppend(&anchors, "<span id=\"", group.anchor, "\"></span>");
    }
    if (i + 1 < findings.size() && places[i + 1].kind == places[i].kind) continue;
    if (of_kind == 0) {
      others += more;
      elsewhere += anchors;
    } else if (more > 0) {
      absl::StrAppend(&page, "<p class=\"more\" data-kind=\"", places[i].kind, "\">and ", more,
                      " more of the same kind", anchors, "</p>\n");
    }
    of_kind = more = 0;
    anchors.clear();
  }
  if (others > 0) {
    absl::StrAppend(&page, "<p class=\"more\">", others, " more findings are of kinds that are not shown.", elsewhere,
                    "</p>\n");
  }
  page += "</div>\n";
}

}  // namespace cfgtorture::reports
