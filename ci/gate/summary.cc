#include "ci/gate/summary.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/result/gate_rows.h"
#include "harness/result/printable.h"

namespace cfgtorture::ci {
namespace {

constexpr size_t kShownInMarkdown = 50;
constexpr size_t kLongestField = 300;  // bytes; a name may be of any length

// GitHub's Markdown takes HTML, links and tables; none of that may come from a name. A table's row is one line.
std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : Printable(text, kLongestField)) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      if (std::string_view("\\`*_{}[]()#+!|~@").find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

const char* Mark(const std::string& outcome) {
  return outcome == "holds"       ? "&#x2705;"
         : outcome == "moved"     ? "&#x1F536;"
         : outcome == "undecided" ? "&#x2754;"
                                  : "&#x274C;";
}

}  // namespace

std::string GateText(const RunResult& result, size_t shown) {
  std::string text;
  const std::vector<const GateRow*> rows = DifferingRows(result.gate);
  for (size_t i = 0; i < std::min(rows.size(), shown); ++i) {
    const GateRow& row = *rows[i];
    absl::StrAppendFormat(&text, "%-9s  %-11s  %s", row.outcome, row.part, PrintableLine(row.cell));
    if (!row.what.empty()) absl::StrAppend(&text, row.cell.empty() ? "" : ": ", PrintableLine(row.what));
    const std::string values = PrintableLine(StepOf(row)), change = ChangeOf(row);
    if (!values.empty()) absl::StrAppend(&text, "  ", values);
    if (!change.empty()) absl::StrAppend(&text, "  ", change);
    if (!row.text.empty()) absl::StrAppend(&text, "\n             ", PrintableLine(row.text));
    const bool said = i > 0 && rows[i - 1]->decide == row.decide;
    if (!row.decide.empty() && !said) absl::StrAppend(&text, "\n             decides: ", PrintableLine(row.decide));
    text += "\n";
  }
  if (rows.size() > shown) absl::StrAppend(&text, "... ", rows.size() - shown, " more: see --json\n");
  size_t native = 0;
  for (const GateRow& row : result.gate) {
    if (row.outcome != "holds") continue;
    if (IsOfAPart(row)) {
      absl::StrAppendFormat(&text, "%-9s  %-11s  %s\n", row.outcome, row.part, PrintableLine(row.text));
    } else if (row.part == "native" && native++ < shown) {
      absl::StrAppendFormat(&text, "%-9s  %-11s  %s: %s  %s  %s\n", row.outcome, row.part, PrintableLine(row.cell),
                            PrintableLine(row.what), PrintableLine(StepOf(row)), PrintableLine(row.text));
    }
  }
  return text;
}

std::string GateMarkdown(const RunResult& result) {
  std::string text =
      absl::StrCat("## ", Mark(result.summary.exit_status == 0 ? "holds" : result.summary.outcome),
                   " cfgtorture gate: ", Escaped(result.summary.outcome), "\n\n", Escaped(result.summary.text), "\n\n");
  const std::vector<const GateRow*> rows = DifferingRows(result.gate);
  if (!rows.empty()) {
    text +=
        "| outcome | part | where | what | before | after | change | why | what decides |\n"
        "|---|---|---|---|---|---|---|---|---|\n";
    for (size_t i = 0; i < std::min(rows.size(), kShownInMarkdown); ++i) {
      const GateRow& row = *rows[i];
      text += "|";
      for (const std::string& field :
           {row.outcome, row.part, row.cell, row.what, row.before, row.after, ChangeOf(row), row.text, row.decide}) {
        absl::StrAppend(&text, " ", Escaped(field), " |");
      }
      text += "\n";
    }
    if (rows.size() > kShownInMarkdown) absl::StrAppend(&text, "\n", rows.size() - kShownInMarkdown, " more rows.\n");
    text += "\n";
  }
  for (const GateRow& row : result.gate) {
    if (row.outcome != "holds" || row.text.empty()) continue;
    absl::StrAppend(&text, "- ", Escaped(row.part), IsOfAPart(row) ? "" : ", ",
                    IsOfAPart(row) ? "" : Escaped(absl::StrCat(row.cell, ": ", row.what)), ": ", Escaped(row.text),
                    "\n");
  }
  if (!result.summary.left_out.empty()) {
    text += "\n<details><summary>left out</summary>\n\n";
    for (const std::string& line : result.summary.left_out) absl::StrAppend(&text, "- ", Escaped(line), "\n");
    text += "\n</details>\n";
  }
  const Environment& host = result.environment;
  absl::StrAppend(&text, "\n", Escaped(CommandLine(result.command)), " on ", Escaped(host.cpu_model), ", ", host.cpus,
                  " CPUs, ", Escaped(host.compiler), "; build ", Escaped(result.tool.build_id), ", seed ", result.seed,
                  "\n");
  return text;
}

}  // namespace cfgtorture::ci
