#include "reports/markdown/escape.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "reports/content.h"

namespace cfgtorture::reports::markdown {
namespace {

size_t Width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

void AppendRow(std::string& page, const std::vector<std::string>& row, const std::vector<size_t>& widths) {
  page += '|';
  for (size_t i = 0; i < row.size(); ++i) {
    absl::StrAppend(&page, " ", row[i], std::string(widths[i] - Width(row[i]), ' '), " |");
  }
  page += '\n';
}

}  // namespace

std::string Text(const std::string& text, size_t max) {
  std::string out;
  const std::string shown = Printable(text, max);
  if (shown.starts_with("::")) out = "\\";  // a command of the run, where a log shows the page (printable.h)
  for (const char c : shown) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '\\':
      case '`':
      case '*':
      case '_':
      case '[':
      case ']':
      case '|':
      case '#':
      case '!':
      case '~':
        out += '\\';
        out += c;
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string Name(const std::string& name) { return Text(name, 80); }

std::string Fenced(const std::string& text) {
  std::string out = PrintableText(text);
  for (size_t at = out.find("```"); at != std::string::npos; at = out.find("```", at)) out.replace(at, 3, "'''");
  return absl::StrCat("```\n", out, "\n```\n");
}

void TextTable::AppendTo(std::string& page) const {
  std::vector<size_t> widths(rows_.front().size(), 3);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  for (size_t r = 0; r < rows_.size(); ++r) {
    AppendRow(page, rows_[r], widths);
    if (r > 0) continue;
    page += '|';
    for (const size_t width : widths) absl::StrAppend(&page, std::string(width + 2, '-'), "|");
    page += '\n';
  }
  page += '\n';
}

}  // namespace cfgtorture::reports::markdown
