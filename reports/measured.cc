#include "reports/measured.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "reports/content.h"

namespace cfgtorture::reports {
namespace {

bool StandsStill(const CellResult& cell) {
  return std::any_of(cell.hazards.begin(), cell.hazards.end(), [](const auto& hazard) {
    return hazard.second.verdict == "found" &&
           (hazard.first == "deadlock" || hazard.first == "livelock" || hazard.first == "crash");
  });
}

}  // namespace

double MetricOf(const CellResult& cell, const char* name) {
  const auto it = cell.metrics.find(name);
  return it == cell.metrics.end() ? kNone : it->second;
}

const OperationMetric* OperationOf(const CellResult& cell, const std::string& name) {
  const auto it = std::find_if(cell.operations.begin(), cell.operations.end(),
                               [&](const OperationMetric& metric) { return metric.operation == name; });
  return it == cell.operations.end() ? nullptr : &*it;
}

double MeasuredRate(const CellResult& cell) {
  const auto rate = cell.metrics.find("operations_per_s"), seconds = cell.metrics.find("measured_s");
  if (rate == cell.metrics.end() || !(rate->second > 0)) return kNone;
  if (seconds != cell.metrics.end() && !(std::round(rate->second * seconds->second) >= kFewestCalls)) return kNone;
  return rate->second;
}

bool TooFewOperations(const CellResult& cell) {
  return EvidenceOf(cell.spec) != Evidence::kExplored && cell.metrics.contains("operations_per_s") &&
         std::isnan(MeasuredRate(cell)) && !StandsStill(cell);
}

double Percentile(const OperationMetric& metric, double at) {
  const double calls = static_cast<double>(metric.count);
  if (calls < kFewestCalls || std::round(calls * (1 - at) * 1e6) < 1e6) return kNone;
  return at < 0.9 ? metric.p50_ns : at < 0.995 ? metric.p99_ns : metric.p999_ns;
}

std::string RateText(double operations_per_s) {
  return std::isnan(operations_per_s) ? "not measured" : ShortCount(operations_per_s);
}

std::string NotMeasured(const RunResult& result) {
  std::vector<std::string> cells;
  for (const CellResult& cell : result.cells) {
    if (EvidenceOf(cell.spec) == Evidence::kMeasured && TooFewOperations(cell)) {
      cells.push_back(Printable(cell.spec.id, 100));
    }
  }
  if (cells.empty()) return "";
  const size_t more = cells.size() - std::min<size_t>(cells.size(), 3);
  cells.resize(cells.size() - more);
  return absl::StrCat(
      absl::StrJoin(cells, ", "), more == 0 ? "" : absl::StrCat(" and ", more, " more"),
      ": not measured: fewer than 5 operations ended while they were. The host was busy, or the time too "
      "short.");
}

}  // namespace cfgtorture::reports
