#include "reports/html/table.h"

#include <cmath>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "reports/html/escape.h"

namespace cfgtorture::reports {

void BeginTable(std::string& page, const std::string& caption, const std::string& classes,
                const std::vector<HeadCell>& head) {
  const std::string name = Text(caption, 200);
  absl::StrAppend(&page, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", name,
                  "\"><table class=\"", classes, "\"><caption class=\"off\">", name, "</caption><thead><tr>");
  for (const HeadCell& cell : head) {
    absl::StrAppend(&page, "<th scope=\"col\"", cell.number ? " class=\"n\"" : "",
                    cell.sorts ? "" : " data-sort=\"no\"", ">", cell.html, "</th>");
  }
  page += "</tr></thead><tbody>\n";
}

void EndTable(std::string& page) { page += "</tbody></table></div>\n"; }

std::string NumberCell(const std::string& text, double value) {
  if (!std::isfinite(value)) return absl::StrCat("<td class=\"n\">", text, "</td>");
  char figure[32];
  std::snprintf(figure, sizeof figure, "%.9g", value);
  return absl::StrCat("<td class=\"n\" data-v=\"", figure, "\">", text, "</td>");
}

std::string RowHead(const std::string& name) { return absl::StrCat("<th scope=\"row\">", Name(name), "</th>"); }

std::string TextCell(const std::string& text, size_t max) { return absl::StrCat("<td>", Text(text, max), "</td>"); }

}  // namespace cfgtorture::reports
