#include "ci/gate/native.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace cfgtorture::ci {
namespace {

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::string Percent(double ratio) {
  if (!std::isfinite(ratio)) return ratio > 0 ? "any" : "-any";
  return absl::StrFormat("%+.1f%%", 100 * (ratio - 1));
}

std::string IntervalText(const NativeDecision& decision) {
  return absl::StrCat(Percent(decision.ratio.estimate), " [", Percent(decision.ratio.low), ", ",
                      Percent(decision.ratio.high), "] in ", decision.pairs, " pairs");
}

}  // namespace

double LimitOf(const NativeRule& rule, double base_ns) {
  return 1 + std::max(rule.least_effect, rule.least_effect_ns / base_ns);
}

NativeDecision Decide(const std::vector<NativePair>& pairs, const NativeRule& rule) {
  NativeDecision decision;
  decision.pairs = pairs.size();
  if (pairs.empty()) return decision;
  std::vector<double> logarithms, base, change;  // of ratios: twice as slow and twice as fast are equally far from 1
  for (const NativePair& pair : pairs) {
    logarithms.push_back(std::log(pair.change_ns / pair.base_ns));
    base.push_back(pair.base_ns);
    change.push_back(pair.change_ns);
  }
  decision.base_ns = Median(std::move(base));
  decision.change_ns = Median(std::move(change));
  const Shift shift = ShiftOf(logarithms, rule.confidence);
  decision.ratio = {std::exp(shift.low), std::exp(shift.estimate), std::exp(shift.high)};
  if (pairs.size() < rule.least_pairs) return decision;
  const double limit = LimitOf(rule, decision.base_ns);
  if (decision.ratio.low > 1 && decision.ratio.estimate >= limit) {
    decision.verdict = NativeVerdict::kRegressed;
  } else if (decision.ratio.high < limit) {
    decision.verdict = NativeVerdict::kHolds;
  }
  return decision;
}

void AddPair(const std::vector<OperationMetric>& base, const std::vector<OperationMetric>& change,
             const NativeRule& rule, std::vector<OperationPairs>& operations) {
  for (const OperationMetric& mine : change) {
    const auto theirs = std::find_if(base.begin(), base.end(),
                                     [&](const OperationMetric& metric) { return metric.operation == mine.operation; });
    if (theirs == base.end() || !(mine.p50_ns > 0) || !(theirs->p50_ns > 0)) continue;
    if (std::min(mine.count, theirs->count) < rule.least_operations) continue;
    if (std::min(mine.p50_ns, theirs->p50_ns) > rule.longest_ns) continue;
    auto known = std::find_if(operations.begin(), operations.end(),
                              [&](const OperationPairs& operation) { return operation.operation == mine.operation; });
    if (known == operations.end()) known = operations.insert(operations.end(), {mine.operation, {}, 0});
    known->operations += mine.count + theirs->count;
    known->pairs.push_back({theirs->p50_ns, mine.p50_ns});
  }
}

const OperationPairs* MostFrequent(const std::vector<OperationPairs>& operations) {
  const auto most =
      std::max_element(operations.begin(), operations.end(),
                       [](const OperationPairs& a, const OperationPairs& b) { return a.operations < b.operations; });
  return most == operations.end() ? nullptr : &*most;
}

GateRow NativeRow(const std::string& cell, const std::string& operation, const NativeDecision& first,
                  const NativeDecision* again, const NativeRule& rule) {
  GateRow row;
  row.part = "native";
  row.cell = cell;
  row.what = absl::StrCat(operation, " p50");
  const NativeDecision& last = again != nullptr ? *again : first;
  row.threshold = LimitOf(rule, last.base_ns) - 1;
  row.before = absl::StrFormat("%.0f ns", last.base_ns);
  row.after = absl::StrFormat("%.0f ns", last.change_ns);
  row.change = last.ratio.estimate - 1;
  // JSON has no infinity: an interval that is not bounded is left out.
  if (std::isfinite(last.ratio.low) && std::isfinite(last.ratio.high)) {
    row.low = last.ratio.low - 1;
    row.high = last.ratio.high - 1;
  }
  row.text = IntervalText(first);
  const std::string more = absl::StrFormat("more pairs (a longer --budget), or a host that does less besides");
  if (first.verdict == NativeVerdict::kHolds) {
    row.outcome = "holds";
  } else if (first.verdict == NativeVerdict::kUndecided) {
    row.outcome = "undecided";
    row.decide = more;
  } else if (again == nullptr || again->pairs < rule.least_pairs) {
    row.outcome = "undecided";
    absl::StrAppend(&row.text, "; not measured again");
    row.decide = "a second series, which the budget had no time for";
  } else {
    absl::StrAppend(&row.text, "; again: ", IntervalText(*again));
    row.outcome = again->verdict == NativeVerdict::kRegressed ? "regressed"
                  : again->verdict == NativeVerdict::kHolds   ? "holds"
                                                              : "undecided";
    if (row.outcome == "undecided") row.decide = more;
    if (row.outcome == "regressed") row.decide = "make it as fast again, or land it as it is knowing that";
  }
  return row;
}

}  // namespace cfgtorture::ci
