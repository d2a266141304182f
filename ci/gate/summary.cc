#include "ci/gate/summary.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/result/gate_rows.h"

namespace cfgtorture::ci {
namespace {

constexpr size_t kShownInMarkdown = 50;
constexpr size_t kLongestField = 300;  // bytes; a name may be of any length

// At most kLongestField bytes, and no letter of several bytes in two.
std::string Cut(const std::string& text) {
  if (text.size() <= kLongestField) return text;
  size_t end = kLongestField;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + " ...";
}

// U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069: text that makes what follows run the other way.
bool TurnsDirection(std::string_view text) {
  if (text.size() < 3 || text[0] != '\xe2') return false;
  const auto last = static_cast<unsigned char>(text[2]);
  if (text[1] == '\x80') return last == 0x8e || last == 0x8f || (last >= 0xaa && last <= 0xae);
  return text[1] == '\x81' && last >= 0xa6 && last <= 0xa9;
}

// GitHub's Markdown takes HTML, links and tables; none of that may come from a name. A table's row is one line.
std::string Escaped(const std::string& whole) {
  const std::string text = Cut(whole);
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += ' ';
    } else if (TurnsDirection(std::string_view(text).substr(i))) {
      out += '?';
      i += 2;
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
    absl::StrAppendFormat(&text, "%-9s  %-11s  %s", row.outcome, row.part, row.cell);
    if (!row.what.empty()) absl::StrAppend(&text, row.cell.empty() ? "" : ": ", row.what);
    const std::string values = StepOf(row), change = ChangeOf(row);
    if (!values.empty()) absl::StrAppend(&text, "  ", values);
    if (!change.empty()) absl::StrAppend(&text, "  ", change);
    if (!row.text.empty()) absl::StrAppend(&text, "\n             ", row.text);
    const bool said = i > 0 && rows[i - 1]->decide == row.decide;
    if (!row.decide.empty() && !said) absl::StrAppend(&text, "\n             decides: ", row.decide);
    text += "\n";
  }
  if (rows.size() > shown) absl::StrAppend(&text, "... ", rows.size() - shown, " more: see --json\n");
  size_t native = 0;
  for (const GateRow& row : result.gate) {
    if (row.outcome != "holds") continue;
    if (IsOfAPart(row)) {
      absl::StrAppendFormat(&text, "%-9s  %-11s  %s\n", row.outcome, row.part, row.text);
    } else if (row.part == "native" && native++ < shown) {
      absl::StrAppendFormat(&text, "%-9s  %-11s  %s: %s  %s  %s\n", row.outcome, row.part, row.cell, row.what,
                            StepOf(row), row.text);
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
