// reports/html/table.h: tables that scroll within the page, are told by a screen reader, and sort.
#ifndef CFGTORTURE_REPORTS_HTML_TABLE_H_
#define CFGTORTURE_REPORTS_HTML_TABLE_H_

#include <string>
#include <vector>

namespace cfgtorture::reports {

struct HeadCell {
  std::string html;  // of ours, or through Name()
  bool number = false;
  bool sorts = true;
};

// Classes "sortable", "filterable": page.js makes it so. `caption` is text; it is read, not seen. Rows follow.
void BeginTable(std::string& page, const std::string& caption, const std::string& classes,
                const std::vector<HeadCell>& head);
void EndTable(std::string& page);

// `text` beside the figure that it sorts by; NaN sorts last.
std::string NumberCell(const std::string& text, double value);
std::string RowHead(const std::string& name);
std::string TextCell(const std::string& text, size_t max = 400);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_HTML_TABLE_H_
