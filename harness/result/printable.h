// harness/result/printable.h: text of others, as names, paths and results of anybody, fit to be shown.
//
// A terminal obeys what it is sent, and a CI system takes a line that begins with "::error" for a command of the run:
// no such text reaches either but through here.
#ifndef CFGTORTURE_HARNESS_RESULT_PRINTABLE_H_
#define CFGTORTURE_HARNESS_RESULT_PRINTABLE_H_

#include <cstddef>
#include <string>

namespace cfgtorture {

// Invalid UTF-8, control and bidirectional control characters are spelled out, and more than `max` bytes are cut with
// a note. Keeps newlines if `lines`.
std::string Printable(const std::string& text, size_t max = 4000, bool lines = false);

std::string PrintableLine(const std::string& text);  // of any length; no newline
std::string PrintableText(const std::string& text);  // of any length; several lines of ours

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_RESULT_PRINTABLE_H_
