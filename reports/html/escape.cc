#include "reports/html/escape.h"

#include "reports/content.h"

namespace cfgtorture::reports {

std::string Text(const std::string& text, size_t max, bool lines) {
  std::string out;
  for (const char c : Printable(text, max, lines)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string Name(const std::string& name) { return "<bdi>" + Text(name, 80) + "</bdi>"; }

}  // namespace cfgtorture::reports
