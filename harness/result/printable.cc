#include "harness/result/printable.h"

#include <cstdint>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace cfgtorture {

std::string Printable(const std::string& text, size_t max, bool lines) {
  std::string out;
  size_t i = 0;
  while (i < text.size()) {
    if (i >= max) {
      absl::StrAppend(&out, "… (", text.size() - i, " bytes more)");
      break;
    }
    const auto byte = static_cast<unsigned char>(text[i]);
    size_t length = byte < 0x80                   ? 1
                    : byte >= 0xc2 && byte < 0xe0 ? 2
                    : byte >= 0xe0 && byte < 0xf0 ? 3
                    : byte >= 0xf0 && byte < 0xf5 ? 4
                                                  : 0;
    uint32_t code = length == 1 ? byte : length == 0 ? 0 : byte & (0xffu >> (length + 1));
    if (length == 0 || i + length > text.size()) length = 0;
    for (size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) {
        length = 0;
        break;
      }
      code = code << 6 | (next & 0x3f);
    }
    const bool overlong_or_surrogate = (length == 3 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) ||
                                       (length == 4 && (code < 0x10000 || code > 0x10ffff));
    const bool in_no_xml = code == 0xfffe || code == 0xffff;  // XML 1.0, 2.2
    if (length == 0 || overlong_or_surrogate || in_no_xml) {
      out += "\xef\xbf\xbd";  // U+FFFD
      i += in_no_xml ? length : 1;
      continue;
    }
    const bool control = (code < 0x20 && !(lines && code == '\n')) || (code >= 0x7f && code < 0xa0);
    // Marks, embeddings, overrides and isolates would reorder what follows them; separators would break lines.
    const bool bidi = code == 0x061c || (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
                      (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
    if (code == '\t') {
      out += "  ";
    } else if (control) {
      out += absl::StrFormat("\\x%02x", code);
    } else if (bidi) {
      out += absl::StrFormat("\\u%04x", code);
    } else {
      out.append(text, i, length);
    }
    i += length;
  }
  return out;
}

// "::error ..." at the head of a line, "##[error]" and "##vso[" anywhere in it (docs.github.com, "Workflow commands";
// learn.microsoft.com, "Logging commands").
static std::string NoCommands(const std::string& text) {
  std::string out;
  bool head = true;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = std::string_view(text).substr(i);
    const bool command = (head && rest.starts_with("::")) || rest.starts_with("##[") || rest.starts_with("##vso[");
    head = text[i] == '\n' || (head && text[i] == ' ');
    out += command ? absl::StrFormat("\\x%02x", text[i]) : std::string(1, text[i]);
  }
  return out;
}

std::string PrintableLine(const std::string& text) { return NoCommands(Printable(text, std::string::npos)); }

std::string PrintableText(const std::string& text) {
  return NoCommands(Printable(text, std::string::npos, /*lines=*/true));
}

}  // namespace cfgtorture
