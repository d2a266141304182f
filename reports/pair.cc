#include "reports/pair.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "reports/measured.h"

namespace cfgtorture::reports {
namespace {

constexpr double kZ95 = 1.96;

// What makes a cell the same question, whatever its seed, time and build.
std::string KeyOf(const CellSpec& spec) {
  return absl::StrJoin({spec.engine, spec.strategy, spec.kind, spec.program, spec.argument, spec.side, spec.options,
                        spec.bridge, spec.spin, spec.flavour, spec.memory, spec.engine == "model" ? spec.explorer : "",
                        absl::StrCat(spec.threads), spec.mutation},
                       "\n");
}

std::map<std::string, std::vector<const CellResult*>> ByKey(const RunResult& result) {
  std::map<std::string, std::vector<const CellResult*>> cells;
  for (const CellResult& cell : result.cells) cells[KeyOf(cell.spec)].push_back(&cell);
  return cells;
}

// Of a ratio of two means with half-widths, by the delta method on its logarithm.
void IntervalOfMeans(RatioRow& row, double half_before, double half_after) {
  if (!(half_before > 0) || !(half_after > 0)) return;
  const double half = std::hypot(half_before / row.before, half_after / row.after);
  row.low = row.ratio * std::exp(-half);
  row.high = row.ratio * std::exp(half);
}

// Between which values the quantile lies, by the binomial distribution of how many are below it: the bin's beginning to
// the bin's end, so that it is never too narrow.
std::optional<std::pair<double, double>> QuantileInterval(const OperationMetric& metric, double quantile) {
  uint64_t count = 0;
  for (const auto& [up_to, in_bin] : metric.histogram) count += in_bin;
  const double n = static_cast<double>(count);
  const double half = kZ95 * std::sqrt(n * quantile * (1 - quantile));
  if (count == 0 || n * (1 - quantile) < 5) return std::nullopt;  // too few beyond it to say
  const double first = n * quantile - half, last = n * quantile + half;
  double low = 0, seen = 0, begin = 0;
  bool has_low = false;
  for (const auto& [up_to, in_bin] : metric.histogram) {
    seen += static_cast<double>(in_bin);
    if (!has_low && seen >= first) {
      // The first bin of a list begins about an octave's quarter before its end (cell.h).
      low = begin > 0 ? begin : up_to / std::pow(2, 0.25);
      has_low = true;
    }
    if (seen >= last) return std::make_pair(low, up_to);
    begin = up_to;
  }
  return std::nullopt;
}

void AddRatio(std::vector<RatioRow>& rows, const CellSpec& spec, const std::string& figure, double before, double after,
              const std::function<void(RatioRow&)>& interval) {
  if (!(before > 0) || !(after > 0) || !std::isfinite(before) || !std::isfinite(after)) return;
  RatioRow row{
      RowName(spec), absl::StrCat(spec.program, ", ", SettingOf(spec)), figure, before, after, after / before, kNone,
      kNone};
  if (interval) interval(row);
  rows.push_back(std::move(row));
}

void AddRatios(std::vector<RatioRow>& rows, const CellResult& before, const CellResult& after) {
  if (EvidenceOf(before.spec) != Evidence::kMeasured) return;
  AddRatio(rows, before.spec, "operations/s", MeasuredRate(before), MeasuredRate(after), [&](RatioRow& row) {
    IntervalOfMeans(row, MetricOf(before, "operations_per_s_ci95"), MetricOf(after, "operations_per_s_ci95"));
  });
  struct Quantile {
    const char* name;
    double at;
  };
  static constexpr Quantile kQuantiles[] = {{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}};
  for (const OperationMetric& a : before.operations) {
    const auto b = std::find_if(after.operations.begin(), after.operations.end(),
                                [&](const OperationMetric& other) { return other.operation == a.operation; });
    if (b == after.operations.end()) continue;
    for (const Quantile& quantile : kQuantiles) {
      AddRatio(rows, before.spec, absl::StrCat(quantile.name, " of ", a.operation), Percentile(a, quantile.at),
               Percentile(*b, quantile.at), [&](RatioRow& row) {
                 const auto from = QuantileInterval(a, quantile.at), to = QuantileInterval(*b, quantile.at);
                 if (!from.has_value() || !to.has_value()) return;
                 row.low = to->first / from->second;
                 row.high = to->second / from->first;
               });
    }
  }
  AddRatio(rows, before.spec, "longest IRQs-off", MetricOf(before, "irqs_off_max_ns"),
           MetricOf(after, "irqs_off_max_ns"), {});  // one maximum each
}

void Compare(const std::string& what, const std::string& a, const std::string& b, Pair& pair, bool of_machine) {
  if (a == b) return;
  pair.differences.push_back(absl::StrCat(what, ": ", Printable(a, 200), " → ", Printable(b, 200)));
  if (of_machine) pair.same_machine = false;
}

// Groups of `result` whose kind and fingerprint `other` has not. Those of cells that it did not run are counted alone.
std::vector<FindingGroup> OnlyIn(const RunResult& result, const RunResult& other,
                                 std::map<std::string, size_t>& not_run) {
  const auto key = [](const FindingGroup& group) {
    return std::make_pair(group.kind,
                          group.finding->fingerprint.empty() ? group.finding->title : group.finding->fingerprint);
  };
  std::set<std::pair<std::string, std::string>> known;
  for (const FindingGroup& group : GroupFindings(other)) known.insert(key(group));
  std::set<std::string> ran;
  for (const CellResult& cell : other.cells) {
    if (cell.status != "not-run") ran.insert(KeyOf(cell.spec));
  }
  std::vector<FindingGroup> groups = GroupFindings(result);
  std::erase_if(groups, [&](const FindingGroup& group) {
    if (known.count(key(group)) != 0) return true;
    const bool was_run = std::any_of(group.cells.begin(), group.cells.end(),
                                     [&](const CellResult* cell) { return ran.count(KeyOf(cell->spec)) != 0; });
    not_run[RowName(group.cells.front()->spec)] += !was_run;
    return !was_run;
  });
  std::erase_if(not_run, [](const auto& strategy) { return strategy.second == 0; });
  return groups;
}

}  // namespace

Pair MakePair(const RunResult& before, const RunResult& after) {
  Pair pair;
  Compare("version", before.tool.version, after.tool.version, pair, false);
  Compare("build", before.tool.build_id, after.tool.build_id, pair, false);
  Compare("command", CommandLine(before.command), CommandLine(after.command), pair, false);
  Compare("seed", absl::StrCat(before.seed), absl::StrCat(after.seed), pair, false);
  const Environment &a = before.environment, &b = after.environment;
  Compare("processor", a.cpu_model, b.cpu_model, pair, true);
  Compare("CPUs", absl::StrCat(a.cpus), absl::StrCat(b.cpus), pair, true);
  Compare("load", LoadText(a), LoadText(b), pair, false);
  Compare("kernel", a.kernel, b.kernel, pair, true);
  Compare("compiler", a.compiler, b.compiler, pair, false);
  Compare("build type", a.build_type, b.build_type, pair, false);
  Compare("started", a.started_utc, b.started_utc, pair, false);

  const auto from = ByKey(before), to = ByKey(after);
  for (const auto& [key, cells] : from) {
    const auto it = to.find(key);
    const size_t both = it == to.end() ? 0 : std::min(cells.size(), it->second.size());
    for (size_t i = both; i < cells.size(); ++i) pair.only_before.push_back(cells[i]->spec.id);
    for (size_t i = 0; i < both; ++i) {
      const CellResult &old_cell = *cells[i], &new_cell = *it->second[i];
      ++pair.paired;
      if (old_cell.status != "done" || new_cell.status != "done") {
        if (old_cell.status != new_cell.status) {
          pair.status.emplace_back(new_cell.spec.id,
                                   absl::StrCat(old_cell.status, " → ", new_cell.status,
                                                new_cell.reason.empty() ? "" : ": ", new_cell.reason));
        }
      }
      std::set<std::string> hazards;
      for (const auto& [name, outcome] : old_cell.hazards) hazards.insert(name);
      for (const auto& [name, outcome] : new_cell.hazards) hazards.insert(name);
      for (const std::string& name : hazards) {
        const auto old_at = old_cell.hazards.find(name), new_at = new_cell.hazards.find(name);
        const auto verdict = [](const CellResult& cell, auto at) {
          return at == cell.hazards.end() ? Verdict::kNotRun : VerdictFrom(at->second.verdict);
        };
        const Verdict was = verdict(old_cell, old_at), is = verdict(new_cell, new_at);
        const auto text = [](const CellResult& cell, Verdict of) {
          return of == Verdict::kNotRun && cell.status == "done" ? "not seen" : NameOf(of);
        };
        if (was == is) {
          ++pair.same;
          continue;
        }
        pair.changes.push_back({new_cell.spec.id, name, was, is, text(old_cell, was), text(new_cell, is),
                                old_at == old_cell.hazards.end() ? "" : old_at->second.strength,
                                new_at == new_cell.hazards.end() ? "" : new_at->second.strength});
      }
      AddRatios(pair.ratios, old_cell, new_cell);
    }
  }
  for (const auto& [key, cells] : to) {
    const auto it = from.find(key);
    for (size_t i = it == from.end() ? 0 : it->second.size(); i < cells.size(); ++i)
      pair.only_after.push_back(cells[i]->spec.id);
  }
  const auto rank = [](const VerdictChange& change) {
    return change.after == Verdict::kFound ? 0 : change.before == Verdict::kFound ? 1 : 2;
  };
  std::stable_sort(pair.changes.begin(), pair.changes.end(),
                   [&](const VerdictChange& x, const VerdictChange& y) { return rank(x) < rank(y); });
  std::stable_sort(pair.ratios.begin(), pair.ratios.end(), [](const RatioRow& x, const RatioRow& y) {
    return std::make_tuple(!x.differs(), -std::fabs(std::log(x.ratio))) <
           std::make_tuple(!y.differs(), -std::fabs(std::log(y.ratio)));
  });
  pair.new_findings = OnlyIn(after, before, pair.not_run_before);
  pair.gone = OnlyIn(before, after, pair.not_run_after);
  return pair;
}

std::string AnswerOf(const Pair& pair) {
  if (pair.paired == 0) return "The two results have no cell in common.";
  const auto found = std::count_if(pair.changes.begin(), pair.changes.end(),
                                   [](const VerdictChange& change) { return change.after == Verdict::kFound; });
  const auto lost = std::count_if(pair.changes.begin(), pair.changes.end(),
                                  [](const VerdictChange& change) { return change.before == Verdict::kFound; });
  const auto moved =
      std::count_if(pair.ratios.begin(), pair.ratios.end(), [](const RatioRow& row) { return row.differs(); });
  std::string text = absl::StrCat("Of ", ExactCount(pair.same + pair.changes.size()), " verdicts of ", pair.paired,
                                  pair.paired == 1 ? " cell that" : " cells that", " both have, ", pair.changes.size(),
                                  pair.changes.size() == 1 ? " differs: " : " differ: ", found, " newly found, ", lost,
                                  " found no more.");
  if (!pair.ratios.empty()) {
    absl::StrAppend(&text, " Of ", ExactCount(pair.ratios.size()), " measured figures ", moved,
                    moved == 1 ? " lies" : " lie", " outside of what varied within the runs.");
  }
  if (!pair.ratios.empty() && !pair.same_machine)
    text += " They were measured on different machines: their ratios compare those.";
  return text;
}

std::string NotRunText(const std::map<std::string, size_t>& by_strategy, const char* which) {
  size_t all = 0;
  for (const auto& [strategy, findings] : by_strategy) all += findings;
  if (all == 0) return "";
  return absl::StrCat(all, all == 1 ? " finding is" : " findings are", " of cells that were not run in ", which, ": ",
                      absl::StrJoin(by_strategy, ", ", [](std::string* out, const auto& strategy) {
                        absl::StrAppend(out, Printable(strategy.first, 64), " ", strategy.second);
                      }));
}

std::string RatioText(const RatioRow& row) {
  if (std::isnan(row.low) || std::isnan(row.high)) return Ratio(row.ratio) + ", no interval";
  return absl::StrCat(Ratio(row.ratio), " (", Ratio(row.low), " to ", Ratio(row.high), ")");
}

}  // namespace cfgtorture::reports
