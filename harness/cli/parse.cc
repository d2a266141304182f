#include "harness/cli/parse.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"

namespace cfgtorture::cli {
namespace {

constexpr double kDay = 24 * 60 * 60;

// A value as it may stand in a message: short, and on one line whatever it holds.
std::string Quoted(const std::string& text) {
  std::string shown = "\"";
  for (const char c : text.substr(0, 80)) shown += static_cast<unsigned char>(c) < ' ' || c == 0x7f ? '?' : c;
  return shown + (text.size() > 80 ? "...\"" : "\"");
}

absl::Status Bad(std::string_view option, const std::string& value, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(std::string(option), " ", Quoted(value), ": ", what));
}

}  // namespace

absl::StatusOr<double> ParseSeconds(std::string_view option, const std::string& text) {
  const char* const expected = "expected a time with a unit, as 250ms, 45s, 30m, 3h or 2d";
  double seconds = 0;
  std::string rest = text;
  // absl knows no days; everything else is its.
  if (const size_t d = text.find('d'); d != std::string::npos) {
    double days = 0;
    const std::string number = text.substr(0, d);
    if (number.find_first_not_of("0123456789.") != std::string::npos || !absl::SimpleAtod(number, &days)) {
      return Bad(option, text, expected);
    }
    seconds = days * kDay;
    rest = text.substr(d + 1);
  }
  if (!rest.empty() || text.empty()) {
    absl::Duration duration;
    const bool has_unit = rest.find_first_of("hmsnu") != std::string::npos;  // absl takes a bare 0, and inf
    if (!has_unit || rest.find("inf") != std::string::npos || !absl::ParseDuration(rest, &duration)) {
      return Bad(option, text, expected);
    }
    if (rest != text && rest[0] == '-') return Bad(option, text, expected);
    seconds += absl::ToDoubleSeconds(duration);
  }
  if (!(seconds > 0)) return Bad(option, text, "must be more than 0");
  if (!(seconds <= 365 * kDay)) return Bad(option, text, "at most 365d");
  return seconds;
}

absl::StatusOr<uint64_t> ParseCount(std::string_view option, const std::string& text, uint64_t least, uint64_t most) {
  uint64_t value = 0;
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || !absl::SimpleAtoi(text, &value) || value < least || value > most) {
    return Bad(option, text,
               most == UINT64_MAX ? absl::StrCat("expected a whole number from ", least)
                                  : absl::StrCat("expected a whole number from ", least, " to ", most));
  }
  return value;
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

std::string Suggestion(const std::string& word, const std::vector<std::string>& known) {
  const std::string clipped = word.substr(0, 80);
  const std::string* nearest = nullptr;
  size_t best = std::max<size_t>(2, (clipped.size() + 1) / 3) + 1;  // farther is no help
  for (const std::string& name : known) {
    size_t distance = EditDistance(clipped, name);
    // The beginning of a name is as good as one mistake.
    if (clipped.size() >= 3 && name.find(clipped) != std::string::npos) distance = std::min<size_t>(distance, 1);
    if (distance >= best) continue;
    best = distance;
    nearest = &name;
  }
  if (nearest != nullptr) return absl::StrCat(", did you mean \"", *nearest, "\"?");
  return known.empty() ? "; there are none" : absl::StrCat("; known: ", absl::StrJoin(known, ", "));
}

absl::Status CheckName(std::string_view option, const std::string& name, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(option), ": unknown name ", Quoted(name), Suggestion(name, known)));
}

absl::StatusOr<std::vector<std::string>> ParseNames(std::string_view option, const std::string& text,
                                                    const std::vector<std::string>& known, bool suffixes) {
  if (text == "all") return known;
  std::vector<std::string> names;
  for (const std::string& part : std::vector<std::string>(absl::StrSplit(text, ','))) {
    if (part.empty()) return Bad(option, text, "expected names separated by commas, or all");
    const std::string name = suffixes ? part.substr(0, part.find(':')) : part;
    if (absl::Status status = CheckName(option, name, known); !status.ok()) return status;
    if (std::find(names.begin(), names.end(), part) == names.end()) names.push_back(part);
  }
  return names;
}

}  // namespace cfgtorture::cli
