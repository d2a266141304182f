// May this change land: what does not hold, with what decides it; below it what does.
#include <limits>

#include "absl/strings/str_cat.h"
#include "harness/result/gate_rows.h"
#include "reports/html/escape.h"
#include "reports/html/sections.h"
#include "reports/html/table.h"

namespace cfgtorture::reports {
namespace {

constexpr size_t kMaxGateRows = 2000;

void AppendRows(std::string& page, const std::vector<const GateRow*>& rows, const char* caption) {
  BeginTable(
      page, caption, "plain sortable filterable",
      {{"outcome"}, {"part"}, {"where"}, {"what"}, {"before"}, {"after"}, {"change", true}, {"why"}, {"decides"}});
  for (size_t i = 0; i < rows.size() && i < kMaxGateRows; ++i) {
    const GateRow& row = *rows[i];
    const std::string change = ChangeOf(row);
    absl::StrAppend(&page, "<tr>", TextCell(row.outcome, 20), TextCell(row.part, 40), TextCell(row.cell, 300),
                    TextCell(row.what, 120), TextCell(row.before, 120), TextCell(row.after, 120),
                    NumberCell(change, change.empty() ? std::numeric_limits<double>::quiet_NaN() : row.change),
                    TextCell(row.text, 800), TextCell(row.decide, 400), "</tr>\n");
  }
  EndTable(page);
  if (rows.size() > kMaxGateRows)
    absl::StrAppend(&page, "<p>", rows.size() - kMaxGateRows, " more rows are in the JSON result.</p>\n");
}

}  // namespace

void AppendGate(std::string& page, const RunResult& result) {
  if (result.gate.empty()) return;
  absl::StrAppend(&page, "<section id=\"gate\" aria-labelledby=\"gate-h\"><h2 id=\"gate-h\">The gate</h2>\n<p><b>",
                  Text(result.summary.outcome, 40), "</b>: ", Text(result.summary.text, 600),
                  "</p>\n<p class=\"sub\">Verdicts are held against the expected table and the tree's baseline, model "
                  "figures against the baseline, native figures against a build of the base, run in turn with "
                  "it.</p>\n");
  const std::vector<const GateRow*> differing = DifferingRows(result.gate);
  if (!differing.empty()) AppendRows(page, differing, "What does not hold, and what decides it");
  std::vector<const GateRow*> holding;
  page += "<ul>";
  for (const GateRow& row : result.gate) {
    if (row.outcome != "holds") continue;
    if (IsOfAPart(row)) {
      absl::StrAppend(&page, "<li>holds, ", Text(row.part, 40), ": ", Text(row.text, 600), "</li>");
    } else {
      holding.push_back(&row);
    }
  }
  page += "</ul>\n";
  if (!holding.empty()) {
    absl::StrAppend(&page, "<details><summary>What holds, ", holding.size(), holding.size() == 1 ? " row" : " rows",
                    "</summary>\n");
    AppendRows(page, holding, "What holds");
    page += "</details>\n";
  }
  page += "</section>\n";
}

}  // namespace cfgtorture::reports
