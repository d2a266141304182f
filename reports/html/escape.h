// reports/html/escape.h: the only ways by which a run's text enters the page.
#ifndef CFGTORTURE_REPORTS_HTML_ESCAPE_H_
#define CFGTORTURE_REPORTS_HTML_ESCAPE_H_

#include <cstddef>
#include <string>

namespace cfgtorture::reports {

// Text for element content and for attributes in double quotes: printable (content.h), & < > " ' spelled out.
std::string Text(const std::string& text, size_t max = 4000, bool lines = false);

// A name: short, isolated from the direction of what stands around it.
std::string Name(const std::string& name);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_HTML_ESCAPE_H_
