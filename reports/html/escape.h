// reports/html/escape.h: the only ways by which a run's text enters the page, or XML.
#ifndef CFGTORTURE_REPORTS_HTML_ESCAPE_H_
#define CFGTORTURE_REPORTS_HTML_ESCAPE_H_

#include <cstddef>
#include <string>

#include "harness/result/cell.h"

namespace cfgtorture::reports {

// Text for element content and for attributes in double quotes: printable (content.h), & < > " ' spelled out.
std::string Text(const std::string& text, size_t max = 4000, bool lines = false);

// A name: short, isolated from the direction of what stands around it.
std::string Name(const std::string& name);

// JSON to stand inside <script type="application/json">: ASCII, with <, > and & spelled \u003c and so on, so that no
// text in it can end the element, begin a comment or mean markup. U+2028 and U+2029, line ends to JavaScript, are
// escaped too.
std::string ScriptData(const Json& json);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_HTML_ESCAPE_H_
