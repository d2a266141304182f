// May this change land: what does not hold, with what decides it; below it what does.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "harness/result/gate_rows.h"
#include "reports/markdown/escape.h"
#include "reports/markdown/sections.h"

namespace cfgtorture::reports::markdown {
namespace {

constexpr size_t kMaxGateRows = 100;

void AppendRows(std::string& page, const std::vector<const GateRow*>& rows) {
  if (rows.empty()) return;
  TextTable table({"outcome", "part", "where", "what", "before", "after", "change", "why", "decides"});
  for (size_t i = 0; i < std::min(rows.size(), kMaxGateRows); ++i) {
    const GateRow& row = *rows[i];
    table.Add({Text(row.outcome), Text(row.part), Text(row.cell), Text(row.what), Text(row.before), Text(row.after),
               Text(ChangeOf(row)), Text(row.text), Text(row.decide)});
  }
  table.AppendTo(page);
  if (rows.size() > kMaxGateRows)
    absl::StrAppend(&page, rows.size() - kMaxGateRows, " more rows are in report.html.\n\n");
}

}  // namespace

void AppendGate(std::string& page, const RunResult& result) {
  if (result.gate.empty()) return;
  absl::StrAppend(&page, "## The gate\n\n**", Text(result.summary.outcome), "**: ", Text(result.summary.text), "\n\n");
  AppendRows(page, DifferingRows(result.gate));
  std::vector<const GateRow*> holding;
  bool any = false;
  for (const GateRow& row : result.gate) {
    if (row.outcome != "holds") continue;
    if (!IsOfAPart(row)) {
      holding.push_back(&row);
      continue;
    }
    absl::StrAppend(&page, "- holds, ", Text(row.part), ": ", Text(row.text), "\n");
    any = true;
  }
  if (any) page += "\n";
  AppendRows(page, holding);
  if (!result.cells.empty()) page += "## The answer\n\n";  // else it has none
}

}  // namespace cfgtorture::reports::markdown
