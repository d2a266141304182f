// harness/cli/parse.h: words of a command line into values. Errors are one line that names the option, the value and
// what was expected.
#ifndef CFGTORTURE_HARNESS_CLI_PARSE_H_
#define CFGTORTURE_HARNESS_CLI_PARSE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace cfgtorture::cli {

// Seconds, more than 0 and at most 365 days. A unit is needed: 250ms, 45s, 30m, 3h, 2d, 1h30m.
absl::StatusOr<double> ParseSeconds(std::string_view option, const std::string& text);

absl::StatusOr<uint64_t> ParseCount(std::string_view option, const std::string& text, uint64_t least, uint64_t most);

// "a,b" -> {"a","b"}; "all" -> `known`. With `suffixes`, "name:anything" is taken if "name" is known. No name twice.
absl::StatusOr<std::vector<std::string>> ParseNames(std::string_view option, const std::string& text,
                                                    const std::vector<std::string>& known, bool suffixes = false);

// One of `known`.
absl::Status CheckName(std::string_view option, const std::string& name, const std::vector<std::string>& known);

// ", did you mean "x"?" or, if nothing is near, "; known: a, b, c".
std::string Suggestion(const std::string& word, const std::vector<std::string>& known);

// Insertions, deletions, replacements and swaps of neighbours.
size_t EditDistance(std::string_view a, std::string_view b);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_PARSE_H_
