#include "harness/cli/repetitions.h"

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "harness/measure/confidence.h"
#include "harness/result/causes.h"
#include "harness/run/cells.h"

namespace cfgtorture::cli {
namespace {

constexpr const char* kMark = "/rep-";

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// The worst status says what the merged cell is worth.
int Badness(const std::string& status) {
  for (int i = 0; const char* known : {"done", "stopped", "not-run", "timeout", "crashed"}) {
    if (status == known) return i;
    ++i;
  }
  return 5;
}

void MergeHazards(const std::vector<const CellResult*>& parts, CellResult& into) {
  into.hazards.clear();
  for (const CellResult* part : parts) {
    for (const auto& [name, outcome] : part->hazards) {
      const auto [it, first] = into.hazards.emplace(name, outcome);
      if (first) continue;
      HazardOutcome& sum = it->second;
      // Found in one is found; then clean in one is clean, for the opportunities of all.
      const auto rank = [](const std::string& verdict) {
        return verdict == "found" ? 3 : verdict == "clean" ? 2 : verdict == "not-exercised" ? 1 : 0;
      };
      const HazardOutcome& better = rank(outcome.verdict) > rank(sum.verdict) ? outcome : sum;
      HazardOutcome merged = better;
      merged.hits = sum.hits + outcome.hits;
      merged.opportunities = sum.opportunities + outcome.opportunities;
      sum = std::move(merged);
    }
  }
  for (auto& [name, outcome] : into.hazards) {
    outcome.strength = outcome.hits != 0
                           ? absl::StrCat(outcome.hits, " times in ", parts.size(), " repetitions")
                           : absl::StrCat(outcome.strength, ", in each of ", parts.size(), " repetitions");
  }
}

void MergeMetrics(const std::vector<const CellResult*>& parts, CellResult& into) {
  std::map<std::string, std::vector<double>> values;
  for (const CellResult* part : parts) {
    for (const auto& [name, value] : part->metrics) values[name].push_back(value);
  }
  into.metrics.clear();
  for (const auto& [name, list] : values) {
    if (absl::EndsWith(name, "_ci95")) continue;
    const measure::Interval interval = measure::Confidence95(list);
    into.metrics[name] = absl::EndsWith(name, "_max_ns") ? *std::max_element(list.begin(), list.end()) : interval.mean;
    if (absl::EndsWith(name, "_per_s")) into.metrics[absl::StrCat(name, "_ci95")] = interval.half_width;
  }
  into.metrics["repetitions"] = static_cast<double>(parts.size());
}

void MergeOperations(const std::vector<const CellResult*>& parts, CellResult& into) {
  into.operations.clear();
  std::map<std::string, std::vector<const OperationMetric*>> by_name;
  std::vector<std::string> order;
  for (const CellResult* part : parts) {
    for (const OperationMetric& metric : part->operations) {
      if (by_name[metric.operation].empty()) order.push_back(metric.operation);
      by_name[metric.operation].push_back(&metric);
    }
  }
  for (const std::string& name : order) {
    const std::vector<const OperationMetric*>& metrics = by_name[name];
    const auto median = [&](double OperationMetric::*field) {
      std::vector<double> values;
      values.reserve(metrics.size());
      for (const OperationMetric* metric : metrics) values.push_back(metric->*field);
      return Median(std::move(values));
    };
    OperationMetric merged = *metrics.front();
    merged.count = 0;
    for (const OperationMetric* metric : metrics) {
      merged.count += metric->count;
      merged.max_ns = std::max(merged.max_ns, metric->max_ns);
    }
    merged.p50_ns = median(&OperationMetric::p50_ns);
    merged.p99_ns = median(&OperationMetric::p99_ns);
    merged.p999_ns = median(&OperationMetric::p999_ns);
    into.operations.push_back(std::move(merged));
  }
}

CellResult MergeOne(const std::vector<const CellResult*>& parts, const std::string& id) {
  CellResult into = *parts.front();
  into.spec.id = id;
  into.findings.clear();
  into.executions = into.distinct = into.points = into.accesses = 0;
  into.wall_s = 0;
  for (const CellResult* part : parts) {
    if (Badness(part->status) > Badness(into.status)) {
      into.status = part->status;
      into.reason = part->reason;
    }
    into.executions += part->executions;
    into.distinct += part->distinct;
    into.points += part->points;
    into.accesses += part->accesses;
    into.wall_s += part->wall_s;
    for (const Finding& finding : part->findings) AddFinding(into.findings, finding);
  }
  MergeHazards(parts, into);
  MergeMetrics(parts, into);
  MergeOperations(parts, into);
  return into;
}

}  // namespace

std::vector<CellResult> Interleave(const std::vector<CellResult>& cells, unsigned times) {
  if (times < 2) return cells;
  std::vector<CellResult> repeated;
  for (unsigned time = 1; time <= times; ++time) {
    for (const CellResult& cell : cells) {
      if (!run::IsPending(cell)) {
        if (time == 1) repeated.push_back(cell);
        continue;
      }
      repeated.push_back(cell);
      absl::StrAppend(&repeated.back().spec.id, kMark, time);
      repeated.back().spec.seed += time - 1;
    }
  }
  return repeated;
}

std::vector<CellResult> Merge(const std::vector<CellResult>& repeated) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<const CellResult*>> by_id;
  for (const CellResult& cell : repeated) {
    const std::string id = cell.spec.id.substr(0, cell.spec.id.rfind(kMark));
    if (by_id[id].empty()) order.push_back(id);
    by_id[id].push_back(&cell);
  }
  std::vector<CellResult> merged;
  for (const std::string& id : order) {
    const std::vector<const CellResult*>& parts = by_id[id];
    merged.push_back(parts.size() == 1 ? *parts.front() : MergeOne(parts, id));
  }
  return merged;
}

}  // namespace cfgtorture::cli
