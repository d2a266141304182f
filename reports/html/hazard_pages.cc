// The pages of those hazards that the findings are of, at the end of the page, folded.
#include "reports/hazard_pages.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "reports/html/escape.h"
#include "reports/html/sections.h"

namespace cfgtorture::reports {
namespace {

constexpr size_t kMaxLine = 10000;

// `code` and [links](page.md): of a link the text stays, since the page that it leads to need not be here.
std::string Inline(std::string text) {
  std::string html;
  while (!text.empty()) {
    const size_t at = text.find_first_of("`[");
    absl::StrAppend(&html, Text(text.substr(0, at), kMaxLine));
    if (at == std::string::npos) break;
    const bool code = text[at] == '`';
    const std::string rest = text.substr(at + 1);
    const size_t end = rest.find(code ? "`" : "](");
    const size_t after = code || end == std::string::npos ? end : rest.find(')', end);
    if (after == std::string::npos) {  // no pair: as it stands
      absl::StrAppend(&html, Text(std::string(1, text[at])));
      text = rest;
      continue;
    }
    const std::string inner = Text(rest.substr(0, end), kMaxLine);
    absl::StrAppend(&html, code ? "<code>" : "", inner, code ? "</code>" : "");
    text = rest.substr(after + 1);
  }
  return html;
}

// Blocks, separated by empty lines (reports/hazard_pages.h).
std::string Body(const std::string& markdown) {
  std::string html;
  for (const std::string& block : std::vector<std::string>(absl::StrSplit(markdown, "\n\n", absl::SkipWhitespace()))) {
    const std::vector<std::string> lines = absl::StrSplit(block, '\n', absl::SkipEmpty());
    if (absl::StartsWith(lines.front(), "## ")) {
      absl::StrAppend(&html, "<h4>", Inline(lines.front().substr(3)), "</h4>\n");
    } else if (absl::StartsWith(lines.front(), "# ")) {
      continue;  // the summary says it
    } else if (absl::StartsWith(lines.front(), "    ")) {
      html += "<pre>";
      for (const std::string& line : lines) absl::StrAppend(&html, Text(line.substr(4), kMaxLine), "\n");
      html += "</pre>\n";
    } else {
      const bool list = absl::StartsWith(lines.front(), "- ");
      std::vector<std::string> items;
      for (const std::string& line : lines) {
        if (absl::StartsWith(line, "- ")) {
          items.push_back(line.substr(2));
        } else if (items.empty()) {
          items.push_back(line);
        } else {
          absl::StrAppend(&items.back(), " ", absl::StripLeadingAsciiWhitespace(line));
        }
      }
      html += list ? "<ul>" : "";
      for (const std::string& item : items) {
        absl::StrAppend(&html, list ? "<li>" : "<p>", Inline(item), list ? "</li>" : "</p>\n");
      }
      html += list ? "</ul>\n" : "";
    }
  }
  return html;
}

}  // namespace

std::string HazardLink(const std::string& hazard) {
  if (HazardPage(hazard).empty()) return "";
  return absl::StrCat("<a href=\"#about-", Text(hazard, 40), "\">what ", Text(hazard, 40), " is</a>");
}

void AppendHazardPages(std::string& page, const std::vector<FindingGroup>& findings) {
  std::set<std::string> hazards;
  for (const FindingGroup& group : findings) {
    if (!HazardPage(group.finding->hazard).empty()) hazards.insert(group.finding->hazard);
  }
  if (hazards.empty()) return;
  page += "<h3>What the hazards are</h3>\n";
  for (const std::string& hazard : hazards) {
    const std::string name = Text(hazard, 40);
    absl::StrAppend(&page, "<details class=\"about\" id=\"about-", name, "\"><summary><span class=\"hazard\">", name,
                    "</span></summary>\n", Body(std::string(HazardPage(hazard))), "</details>\n");
  }
}

}  // namespace cfgtorture::reports
