// Two results beside each other.
#include "reports/pair.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "reports/html/escape.h"
#include "reports/html/html.h"
#include "reports/html/sections.h"
#include "reports/html/table.h"

namespace cfgtorture::reports {
namespace {

constexpr size_t kMaxUnpaired = 200;  // of those that only one result has

void AppendChanges(std::string& page, const Pair& pair) {
  page += "<section id=\"verdicts\" aria-labelledby=\"verdicts-h\"><h2 id=\"verdicts-h\">Verdicts that changed</h2>\n";
  if (pair.changes.empty()) {
    absl::StrAppend(&page, "<p>None of ", ExactCount(pair.same), ".</p>\n");
  } else {
    BeginTable(page, "Verdicts that changed", "plain sortable filterable",
               {{"cell"}, {"hazard"}, {"A"}, {"B"}, {"strength in A"}, {"strength in B"}});
    for (const VerdictChange& change : pair.changes) {
      absl::StrAppend(&page, change.after == Verdict::kFound ? "<tr class=\"odds\">" : "<tr>", RowHead(change.cell),
                      "<td>", Name(change.hazard), "</td><td>", Text(change.text_before));
      absl::StrAppend(&page, change.after == Verdict::kFound ? "</td><td class=\"found\"><b>" : "</td><td><b>",
                      Text(change.text_after), "</b></td>", TextCell(change.strength_before, 200),
                      TextCell(change.strength_after, 200), "</tr>\n");
    }
    EndTable(page);
  }
  if (!pair.status.empty()) {
    page += "<h3>Cells that ended otherwise</h3><ul>";
    for (const auto& [cell, what] : pair.status)
      absl::StrAppend(&page, "<li>", Name(cell), ": ", Text(what, 400), "</li>");
    page += "</ul>\n";
  }
  page += "</section>\n";
}

void AppendRows(std::string& page, const std::string& caption, const std::vector<RatioRow>& ratios, size_t begin,
                size_t end) {
  BeginTable(page, caption, "plain sortable filterable",
             {{"strategy"}, {"setting"}, {"figure"}, {"A", true}, {"B", true}, {"B / A", true}, {"95 % interval"}});
  for (size_t i = begin; i < end; ++i) {
    const RatioRow& row = ratios[i];
    const auto text = [&](double value) {
      return absl::StrContains(row.figure, "/s") ? ShortCount(value) : Nanoseconds(value);
    };
    const bool interval = !std::isnan(row.low) && !std::isnan(row.high);
    absl::StrAppend(&page, "<tr>", RowHead(row.strategy), TextCell(row.setting, 160), TextCell(row.figure, 80),
                    NumberCell(text(row.before), row.before), NumberCell(text(row.after), row.after));
    absl::StrAppend(&page, NumberCell(Ratio(row.ratio), row.ratio), "<td>",
                    interval ? absl::StrCat(Ratio(row.low), " to ", Ratio(row.high)) : "none: one figure each",
                    "</td></tr>\n");
  }
  EndTable(page);
}

void AppendRatios(std::string& page, const Pair& pair) {
  page += "<section id=\"cost\" aria-labelledby=\"cost-h\"><h2 id=\"cost-h\">Measured</h2>\n";
  if (pair.ratios.empty()) {
    page += "<p>No cell was measured in both.</p></section>\n";
    return;
  }
  page +=
      "<p class=\"sub\">B / A, with the 95 % interval of what varied within the two runs; what varies from day to day "
      "and "
      "from machine to machine is not in it: only runs that were interleaved can tell that apart. Latency intervals "
      "are as "
      "wide as the histograms' bins make them. Of a hundred figures that did not change, about five lie outside by "
      "chance.</p>\n";
  if (!pair.same_machine) {
    page += "<p><strong>The machines differ: these ratios compare machines before they compare code.</strong></p>\n";
  }
  const auto moved = static_cast<size_t>(
      std::count_if(pair.ratios.begin(), pair.ratios.end(), [](const RatioRow& row) { return row.differs(); }));
  if (moved > 0) {
    AppendRows(page, "Measured figures outside of what varied, B / A", pair.ratios, 0, moved);
  } else {
    page += "<p>No figure lies outside of what varied within the runs.</p>\n";
  }
  if (moved < pair.ratios.size()) {
    absl::StrAppend(&page, "<details><summary>", pair.ratios.size() - moved,
                    " figures within what varied, or without an interval</summary>");
    AppendRows(page, "The other measured figures, B / A", pair.ratios, moved, pair.ratios.size());
    page += "</details>\n";
  }
  page += "</section>\n";
}

void AppendList(std::string& page, const std::vector<std::string>& cells, const char* which) {
  if (cells.empty()) return;
  absl::StrAppend(&page, "<details><summary>", cells.size(), cells.size() == 1 ? " cell is" : " cells are", " in ",
                  which, " alone</summary><ul>");
  for (size_t i = 0; i < cells.size() && i < kMaxUnpaired; ++i) absl::StrAppend(&page, "<li>", Name(cells[i]), "</li>");
  if (cells.size() > kMaxUnpaired) absl::StrAppend(&page, "<li>and ", cells.size() - kMaxUnpaired, " more</li>");
  page += "</ul></details>\n";
}

void AppendRuns(std::string& page, const Pair& pair, const RunResult& before, const RunResult& after) {
  page +=
      "<section id=\"repeat\" aria-labelledby=\"repeat-h\"><h2 id=\"repeat-h\">The two runs</h2>\n<dl class=\"env\">";
  for (const auto& [name, result] : {std::make_pair("A", &before), std::make_pair("B", &after)}) {
    absl::StrAppend(&page, "<dt>", name, "</dt><dd><code>", Text(CommandLine(result->command), 4000), "</code>, seed ",
                    result->seed, ", build <code>", Text(result->tool.build_id, 100), "</code>, ",
                    Text(result->environment.started_utc, 40), "</dd>");
  }
  page += "</dl>\n";
  if (!pair.differences.empty()) {
    page += "<p>They differ in:</p><ul>";
    for (const std::string& line : pair.differences) absl::StrAppend(&page, "<li>", Text(line, 600), "</li>");
    page += "</ul>\n";
  }
  AppendList(page, pair.only_before, "A");
  AppendList(page, pair.only_after, "B");
  page += "</section>\n";
}

}  // namespace

std::string RenderHtmlSideBySide(const RunResult& before, const RunResult& after) {
  const Pair pair = MakePair(before, after);
  std::string page;
  BeginPage(page, "cfgtorture: two results");
  absl::StrAppend(
      &page, "<header><h1>cfgtorture <span>two results: A, and B after it</span></h1>\n<p class=\"answer\">",
      Text(AnswerOf(pair), 1200), "</p>\n<p class=\"meta\">A ", Text(before.environment.started_utc, 40), ", B ",
      Text(after.environment.started_utc, 40), " · ", Text(after.environment.cpu_model, 100), "</p>");
  page +=
      "<nav aria-label=\"Sections\"><a href=\"#verdicts\">Verdicts</a> <a href=\"#cost\">Measured</a> <a "
      "href=\"#findings\">Findings</a> <a href=\"#repeat\">The two runs</a> "
      "<button type=\"button\" id=\"theme\" hidden>Dark</button></nav></header>\n<main id=\"main\">\n";
  AppendChanges(page, pair);
  AppendRatios(page, pair);
  absl::StrAppend(&page,
                  "<section id=\"findings\" aria-labelledby=\"findings-h\"><h2 id=\"findings-h\">Findings that only B "
                  "has</h2>\n");
  const auto append_not_run = [&page](const std::map<std::string, size_t>& not_run, const char* other) {
    const std::string text = NotRunText(not_run, other);
    if (!text.empty()) absl::StrAppend(&page, "<p>", Text(text, 2000), ".</p>\n");
  };
  append_not_run(pair.not_run_before, "A");
  AppendFindings(page, pair.new_findings);
  AppendHazardPages(page, pair.new_findings);
  page += "<h3>Findings that only A has</h3>\n";
  append_not_run(pair.not_run_after, "B");
  page += pair.gone.empty() ? "<p>None of the cells that both have run.</p>" : "<ul>";
  size_t listed = 0;
  for (const FindingGroup& group : pair.gone) {
    if (++listed > kMaxUnpaired) break;
    absl::StrAppend(&page, "<li>", Name(group.finding->hazard), " ", Text(HeadlineOf(*group.finding), 300),
                    " <span class=\"where\">", Name(group.cells.front()->spec.id), "</span></li>");
  }
  if (pair.gone.size() > kMaxUnpaired)
    absl::StrAppend(&page, "<li>and ", pair.gone.size() - kMaxUnpaired, " more</li>");
  page += pair.gone.empty() ? "\n" : "</ul>\n";
  page +=
      "<p class=\"sub\">The same cause has the same fingerprint; random exploration need not meet it "
      "twice.</p></section>\n";
  AppendRuns(page, pair, before, after);
  page += "</main>\n";
  AppendFindingData(page, pair.new_findings);
  EndPage(page);
  return page;
}

}  // namespace cfgtorture::reports
