#include "ci/gate/figures.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace cfgtorture::ci {
namespace {

constexpr const char* kVirtualTime = "virtual-time";
constexpr uint64_t kLeastAcquisitions = 20;  // of a lock, or its averages are those of a few odd moments

constexpr FigureRule kRules[] = {
    {"modelled_ns", Better::kLess, 0.02, "the time that the same work takes"},
    {"hold", Better::kLess, 0.03, "how long a lock is held, on average"},
    {"wait", Better::kLess, 0.10, "how long who waits for it does, on average: who meets whom changes with all else"},
    {"contentions", Better::kNeither, 0.25, "how often it was waited for"},
    {"steps", Better::kNeither, 0.10, "scheduling points of an execution"},
    {"accesses", Better::kNeither, 0.10, "instrumented accesses of an execution"},
    {"distinct", Better::kNeither, 0.10, "the share of executions that are unlike all others"},
    // One draw of a geometric distribution; the gate compares the mean over all convictions of a strategy, where a
    // factor of eight is three standard deviations for six of them (gate.cc).
    {"first", Better::kNeither, 7, "executions until a hazard is found"},
};

// To some significant digits. Of means four: a strategy more in the same object adds a few accesses to the first
// execution of all the others, and is no difference of theirs.
constexpr int kDigits = 6, kDigitsOfMeans = 4;
double Rounded(double value, int digits) {
  if (!std::isfinite(value) || value == 0) return 0;
  const double unit = std::pow(10, std::floor(std::log10(std::fabs(value))) - digits + 1);
  return unit >= 1 ? std::round(value / unit) * unit : std::round(value * std::round(1 / unit)) / std::round(1 / unit);
}

}  // namespace

std::map<std::string, double> FiguresOf(const CellResult& cell) {
  std::map<std::string, double> figures;
  if (cell.spec.engine != "model" || cell.status != "done" || cell.executions == 0) return figures;
  const auto put = [&figures](const std::string& name, double value, int digits = kDigits) {
    figures[name] = Rounded(value, digits);
  };
  if (cell.spec.explorer == kVirtualTime) {
    const auto modelled = cell.metrics.find("modelled_ns");
    if (modelled == cell.metrics.end()) return figures;  // it did not come to its end
    put("modelled_ns", modelled->second);
    for (const LockResult& lock : cell.locks) {
      if (!lock.instance.empty() || lock.stat.acquisitions < kLeastAcquisitions) continue;
      const std::string name = absl::StrCat(lock.name, lock.side.empty() ? "" : "-", lock.side);
      put("hold " + name, lock.stat.holdtime_avg_ns);
      if (lock.stat.contentions < kLeastAcquisitions) continue;
      put("wait " + name, lock.stat.waittime_avg_ns);
      put("contentions " + name, static_cast<double>(lock.stat.contentions));
    }
    return figures;
  }
  const auto executions = static_cast<double>(cell.executions);
  if (cell.exhausted || cell.executions == cell.spec.executions) {
    put("steps", static_cast<double>(cell.points) / executions, kDigitsOfMeans);
    put("accesses", static_cast<double>(cell.accesses) / executions, kDigitsOfMeans);
    put("distinct", static_cast<double>(cell.distinct) / executions, kDigitsOfMeans);
  }
  for (const auto& [hazard, outcome] : cell.hazards) {
    if (outcome.verdict == "found" && outcome.executions_to_first >= 0)
      put("first " + hazard, static_cast<double>(outcome.executions_to_first));
  }
  return figures;
}

std::string FigureText(double value) { return absl::StrFormat("%.6g", value); }

const FigureRule* RuleOf(std::string_view figure) {
  const std::string_view word = figure.substr(0, figure.find(' '));
  const auto rule =
      std::find_if(std::begin(kRules), std::end(kRules), [&](const FigureRule& known) { return known.name == word; });
  return rule == std::end(kRules) ? nullptr : &*rule;
}

}  // namespace cfgtorture::ci
