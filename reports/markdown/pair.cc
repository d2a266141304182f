// Two results beside each other, as text.
#include "reports/pair.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "reports/markdown/escape.h"
#include "reports/markdown/markdown.h"

namespace cfgtorture::reports {
namespace {

using markdown::Fenced;
using markdown::Name;
using markdown::Text;
using markdown::TextTable;

constexpr size_t kMaxChanges = 200;  // a job summary has room for 1 MiB
constexpr size_t kMaxRatios = 60;
constexpr size_t kMaxCells = 20;

void AppendRatios(std::string& page, const Pair& pair) {
  if (pair.ratios.empty()) {
    page += "No cell was measured in both.\n\n";
    return;
  }
  page +=
      "B / A, with the 95 % interval of what varied within the two runs; days and machines vary more; of a "
      "hundred figures that did not change, about five lie outside by chance.\n\n";
  TextTable table({"strategy", "setting", "figure", "A", "B", "B / A (95 %)"});
  size_t shown = 0;
  for (const RatioRow& row : pair.ratios) {  // those that differ stand first
    if (!row.differs() || shown == kMaxRatios) break;
    ++shown;
    const auto text = [&](double value) {
      return absl::StrContains(row.figure, "/s") ? ShortCount(value) : Nanoseconds(value);
    };
    const std::string ratio = RatioText(row);
    table.Add({Name(row.strategy), Text(row.setting, 160), Text(row.figure, 80), text(row.before), text(row.after),
               row.differs() ? absl::StrCat("**", ratio, "**") : ratio});
  }
  if (shown > 0) table.AppendTo(page);
  if (shown == 0) page += "No figure lies outside of what varied within the runs. ";
  if (pair.ratios.size() > shown) {
    absl::StrAppend(&page, pair.ratios.size() - shown, shown == kMaxRatios ? " more" : " figures",
                    shown == kMaxRatios ? "" : " within what varied, or without an interval,", " are in report.html.");
  }
  page += "\n\n";
}

void AppendCells(std::string& page, const std::vector<std::string>& cells, const char* which) {
  if (cells.empty()) return;
  absl::StrAppend(&page, cells.size(), cells.size() == 1 ? " cell is in " : " cells are in ", which, " alone:\n\n");
  for (size_t i = 0; i < cells.size() && i < kMaxCells; ++i) absl::StrAppend(&page, "- ", Text(cells[i], 160), "\n");
  if (cells.size() > kMaxCells) absl::StrAppend(&page, "- and ", cells.size() - kMaxCells, " more\n");
  page += "\n";
}

void AppendFindings(std::string& page, const std::vector<FindingGroup>& groups,
                    const std::map<std::string, size_t>& not_run, const char* other) {
  if (groups.empty()) page += "None of the cells that both have run.\n\n";
  if (const std::string text = NotRunText(not_run, other); !text.empty())
    absl::StrAppend(&page, Text(text, 2000), ".\n\n");
  for (size_t i = 0; i < groups.size() && i < kMaxCells; ++i) {
    absl::StrAppend(&page, "- ", Name(groups[i].finding->hazard), ": ", Text(HeadlineOf(*groups[i].finding), 300), " (",
                    Text(groups[i].cells.front()->spec.id, 160), ")\n");
  }
  if (groups.size() > kMaxCells) absl::StrAppend(&page, "- and ", groups.size() - kMaxCells, " more\n");
  page += "\n";
}

}  // namespace

std::string RenderMarkdownSideBySide(const RunResult& before, const RunResult& after) {
  const Pair pair = MakePair(before, after);
  std::string page =
      absl::StrCat("# cfgtorture: two results\n\n**", Text(AnswerOf(pair), 1200), "**\n\n## Verdicts that changed\n\n");
  if (pair.changes.empty()) {
    absl::StrAppend(&page, "None of ", ExactCount(pair.same), ".\n\n");
  } else {
    TextTable table({"cell", "hazard", "A", "B", "strength in B"});
    for (size_t i = 0; i < pair.changes.size() && i < kMaxChanges; ++i) {
      const VerdictChange& change = pair.changes[i];
      const std::string is = Text(change.text_after);
      table.Add({Text(change.cell, 160), Name(change.hazard), Text(change.text_before),
                 change.after == Verdict::kFound ? "**" + is + "**" : is, Text(change.strength_after, 200)});
    }
    table.AppendTo(page);
    if (pair.changes.size() > kMaxChanges)
      absl::StrAppend(&page, pair.changes.size() - kMaxChanges, " more are in report.html.\n\n");
  }
  for (const auto& [cell, what] : pair.status) absl::StrAppend(&page, "- ", Text(cell, 160), ": ", Text(what), "\n");
  page += "## Measured\n\n";
  AppendRatios(page, pair);
  page += "## Findings that only B has\n\n";
  AppendFindings(page, pair.new_findings, pair.not_run_before, "A");
  page += "## Findings that only A has\n\n";
  AppendFindings(page, pair.gone, pair.not_run_after, "B");
  page += "## The two runs\n\n";
  for (const std::string& line : pair.differences) absl::StrAppend(&page, "- ", Text(line), "\n");
  page += pair.differences.empty() ? "" : "\n";
  AppendCells(page, pair.only_before, "A");
  AppendCells(page, pair.only_after, "B");
  page += Fenced(
      Printable(absl::StrCat("A: ", CommandLine(before.command), "\nB: ", CommandLine(after.command)), 8000, true));
  return page;
}

}  // namespace cfgtorture::reports
