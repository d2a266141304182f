// reports/markdown/escape.h: the only ways by which a run's text enters the Markdown, and tables that read as such
// unrendered.
#ifndef CFGTORTURE_REPORTS_MARKDOWN_ESCAPE_H_
#define CFGTORTURE_REPORTS_MARKDOWN_ESCAPE_H_

#include <cstddef>
#include <string>
#include <vector>

namespace cfgtorture::reports::markdown {

// Untrusted text in a paragraph or a table cell: no markup, no HTML, no new row.
std::string Text(const std::string& text, size_t max = 600);
std::string Name(const std::string& name);

// Inside a fenced block nothing is markup but the fence itself.
std::string Fenced(const std::string& text);

// Columns padded, so that the source reads as a table. Width is counted in code points.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void AppendTo(std::string& page) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace cfgtorture::reports::markdown

#endif  // CFGTORTURE_REPORTS_MARKDOWN_ESCAPE_H_
