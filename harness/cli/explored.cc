#include "harness/cli/explored.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/explore/tree_size.h"

namespace cfgtorture::cli {
namespace {

std::string Percent(double share) {
  return share > 0.0995 ? absl::StrFormat("%.0f %%", 100 * share) : absl::StrFormat("%.2g %%", 100 * share);
}

}  // namespace

std::string PowerOfTwo(double x) {
  constexpr double kLog10Of2 = 0.30102999566398120;
  const double exponent = std::floor(x * kLog10Of2);
  if (exponent < 6) return absl::StrFormat("%.0f", std::exp2(x));
  double mantissa = std::pow(10, x * kLog10Of2 - exponent);
  if (mantissa >= 9.95) return absl::StrFormat("1.0e%.0f", exponent + 1);
  return absl::StrFormat("%.1fe%.0f", mantissa, exponent);
}

std::string ExploredLines(const CellResult& cell) {
  std::string text;
  if (cell.distinct > 0) absl::StrAppend(&text, "  schedules          ", cell.distinct, " distinct");
  if (cell.distinct > 0 && cell.tree.probes > 0 && !cell.exhausted) {
    // There are at least those that were seen.
    const double seen = std::log2(static_cast<double>(cell.distinct));
    const double all = std::max(seen, cell.tree.log2_mean);
    const double spread = std::log2(explore::IntervalFactor(cell.tree));
    const bool trusted = explore::EffectiveProbes(cell.tree) >= explore::kTrusted;
    absl::StrAppend(&text, trusted ? " of about " : " of at least about ", PowerOfTwo(all), ", ",
                    Percent(std::exp2(seen - all)));
    if (trusted) {
      absl::StrAppend(&text, " (Knuth's estimate of ", cell.tree.probes,
                      " probes, 95 %: ", PowerOfTwo(std::max(seen, cell.tree.log2_mean - spread)), " to ",
                      PowerOfTwo(std::max(seen, cell.tree.log2_mean + spread)), ")");
    } else {
      absl::StrAppend(&text, " (Knuth's estimate of ", cell.tree.probes, " probes, ",
                      absl::StrFormat("%.0f", std::max(1.0, std::floor(explore::EffectiveProbes(cell.tree)))),
                      " of which carry it: an order of magnitude, too low rather than too high)");
    }
  }
  if (!text.empty()) text += '\n';
  if (cell.self_checks > 0) {
    absl::StrAppend(&text, "  self-checks        ", cell.self_checks, " executions run again, all identical\n");
  }
  return text;
}

}  // namespace cfgtorture::cli
