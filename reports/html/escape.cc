#include "reports/html/escape.h"

#include "nlohmann/json.hpp"
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

std::string ScriptData(const Json& json) {
  std::string out;
  // ASCII alone; what is no UTF-8 becomes U+FFFD.
  for (const char c : json.dump(-1, ' ', true, Json::error_handler_t::replace)) {
    switch (c) {
      case '<':
        out += "\\u003c";
        break;
      case '>':
        out += "\\u003e";
        break;
      case '&':
        out += "\\u0026";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string Name(const std::string& name) { return "<bdi>" + Text(name, 80) + "</bdi>"; }

}  // namespace cfgtorture::reports
