// From what the cells of a claim measured to its outcome: by its rules, the first that holds.
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "harness/cli/claim.h"
#include "harness/measure/confidence.h"
#include "reports/measured.h"

namespace cfgtorture::cli {
namespace {

using Cells = std::vector<const CellResult*>;

constexpr double kWidest = 10;  // times its lower end: an interval beyond that is of a machine that was busy elsewhere

// A figure and how far it may be off. Of one value, as the deterministic model's, the interval is that value.
struct Estimate {
  double low = 0, middle = 0, high = 0;
  size_t values = 0;
};

bool IsModel(const Cells& cells) { return cells.front()->spec.engine == "model"; }

// Of the clock that the cell went by; 0 if it had none.
double NanosecondsOf(const CellResult& cell) {
  for (const auto& [name, ns] : {std::pair{"modelled_ns", 1.0}, std::pair{"measured_s", 1e9}}) {
    const auto metric = cell.metrics.find(name);
    if (metric != cell.metrics.end()) return metric->second * ns;
  }
  return 0;
}

std::optional<double> FigureOf(const CellResult& cell, const std::string& name) {
  const std::string share = "share-of:", rate = "rate-of:", wait = "wait-share:";
  if (name.starts_with(share)) {
    const auto hazard = cell.hazards.find(name.substr(share.size()));
    if (hazard == cell.hazards.end() || cell.executions == 0) return std::nullopt;
    return static_cast<double>(hazard->second.executions_with) / static_cast<double>(cell.executions);
  }
  if (name.starts_with(rate)) {
    const auto hazard = cell.hazards.find(name.substr(rate.size()));
    const double ns = NanosecondsOf(cell);
    if (hazard == cell.hazards.end() || ns <= 0) return std::nullopt;
    return static_cast<double>(hazard->second.hits) / (ns * 1e-9);
  }
  if (name.starts_with(wait)) {
    const double ns = NanosecondsOf(cell);
    if (ns <= 0) return std::nullopt;
    for (const LockResult& lock : cell.locks) {
      if (lock.name == name.substr(wait.size()) && lock.instance.empty()) {
        return lock.stat.waittime_total_ns / (ns * cell.spec.threads);
      }
    }
    return 0;  // nobody took it
  }
  if (name == "wall_s") return cell.wall_s;
  const auto metric = cell.metrics.find(name);
  if (metric == cell.metrics.end()) return std::nullopt;
  return metric->second;
}

// The mean of logarithms, so that a ratio and its inverse say the same.
std::optional<Estimate> EstimateOf(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  if (values.size() == 1) return Estimate{values[0], values[0], values[0], 1};
  std::vector<double> logs;
  for (const double value : values) {
    if (!(value > 0)) return std::nullopt;
    logs.push_back(std::log(value));
  }
  const measure::Interval interval = measure::Confidence95(logs);
  return Estimate{std::exp(interval.mean - interval.half_width), std::exp(interval.mean),
                  std::exp(interval.mean + interval.half_width), values.size()};
}

std::optional<Estimate> Measure(const ClaimCondition& condition, const MeasuredCells& measured) {
  const Cells& above = measured.at(condition.cell);
  const Cells* below = condition.to.empty() ? nullptr : &measured.at(condition.to);
  std::vector<double> values;
  for (size_t i = 0; i < above.size() && (below == nullptr || i < below->size()); ++i) {
    std::optional<double> value = FigureOf(*above[i], condition.figure);
    if (value && below != nullptr) {
      // A repetition against the same one of the other: the two ran one soon after the other.
      const std::optional<double> under = FigureOf(*(*below)[i], condition.figure);
      if (!under || *under == 0) return std::nullopt;
      *value /= *under;
    }
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return EstimateOf(values);
}

std::string TextOf(const Estimate& estimate, const Cells& cells) {
  std::string text = absl::StrFormat("%.3g", estimate.middle);
  if (estimate.values > 1) {
    absl::StrAppendFormat(&text, " (%.3g to %.3g, 95 %% of %d repetitions)", estimate.low, estimate.high,
                          estimate.values);
  }
  const bool timed = cells.front()->spec.explorer == "virtual-time";
  return absl::StrCat(text, timed ? ", modelled" : IsModel(cells) ? ", of schedules" : ", measured");
}

// What all repetitions together say of a hazard.
struct Seen {
  std::string verdict = "not-exercised";
  size_t found = 0;  // in so many
  std::string strength;
  std::string token;
};

Seen SeenIn(const Cells& cells, const std::string& hazard) {
  Seen seen;
  bool clean = false;
  int fewest = -1;
  for (const CellResult* cell : cells) {
    const auto it = cell->hazards.find(hazard);
    if (it == cell->hazards.end()) continue;
    const std::string& verdict = it->second.verdict;
    seen.found += verdict == "found" ? 1 : 0;
    if (verdict == "found" && seen.verdict != "found") {
      seen.verdict = verdict;
      seen.strength = it->second.strength;
      if (it->second.executions_to_first > 0) {
        absl::StrAppend(&seen.strength, ", first in execution ", it->second.executions_to_first);
      }
    } else if (verdict == "clean") {
      clean = true;
      if (seen.strength.empty()) seen.strength = it->second.strength;
    }
    for (const Finding& finding : cell->findings) {
      if (finding.hazard != hazard || finding.token.empty()) continue;
      if (fewest >= 0 && finding.preemptions >= fewest) continue;
      fewest = finding.preemptions;
      seen.token = finding.token;
    }
  }
  if (seen.verdict != "found" && clean) seen.verdict = "clean";
  if (seen.found != 0 && cells.size() > 1) {
    absl::StrAppend(&seen.strength, "; in ", seen.found, " of ", cells.size(), " repetitions");
  }
  return seen;
}

// Once in some repetitions may be chance: "found-each" is not.
bool Holds(const std::string& wanted, const Seen& seen, size_t repetitions) {
  if (wanted == "found-each") return seen.found == repetitions;
  return wanted == "not-found" ? seen.verdict != "found" : wanted == seen.verdict;
}

// Of a cell whose threads got no CPU a figure may be anything: it fits no rule, and fails none either.
std::string Starved(const ClaimCondition& condition, const MeasuredCells& measured) {
  if (condition.figure.empty() || condition.figure == "wall_s") return "";
  for (const std::string& label : {condition.cell, condition.to}) {
    if (label.empty()) continue;
    const Cells& cells = measured.at(label);
    const auto few = std::count_if(cells.begin(), cells.end(),
                                   [](const CellResult* cell) { return reports::TooFewOperations(*cell); });
    if (few == 0) continue;
    return absl::StrCat("cell ", label, " was not measured: fewer than 5 operations ended while it was",
                        cells.size() == 1 ? "" : absl::StrCat(", in ", few, " of ", cells.size(), " repetitions"));
  }
  return "";
}

struct Tried {
  bool holds = false;
  ClaimFigure figure;        // that says so
  std::string starved = "";  // why nobody knows whether it holds
};

Tried Try(const ClaimCondition& condition, const MeasuredCells& measured) {
  ClaimFigure figure;
  figure.what = condition.cell;
  const Cells& cells = measured.at(condition.cell);
  for (const std::string& label : {condition.cell, condition.to}) {
    if (!label.empty()) figure.cells.push_back(measured.at(label).front()->spec.id);
  }
  if (!condition.verdict.empty()) {
    const Seen seen = SeenIn(cells, condition.hazard);
    absl::StrAppend(&figure.what, " ", condition.hazard);
    const bool listed = cells.front()->hazards.count(condition.hazard) != 0;
    figure.text = seen.verdict != "not-exercised" ? seen.strength
                  : listed                        ? "not found, and had no opportunity"
                                                  : "not found";
    figure.token = seen.token;
    return {Holds(condition.verdict, seen, cells.size()), figure};
  }
  absl::StrAppend(&figure.what, condition.to.empty() ? "" : " / ", condition.to, " ", condition.figure);
  if (std::string starved = Starved(condition, measured); !starved.empty()) {
    figure.text = "not measured";
    return {false, figure, std::move(starved)};
  }
  const std::optional<Estimate> estimate = Measure(condition, measured);
  if (!estimate) {
    figure.text = "none: missing, or 0 in a repetition (a busy machine?)";
    return {false, figure};
  }
  figure.text = TextOf(*estimate, cells);
  if (estimate->high > kWidest * estimate->low) {
    absl::StrAppend(&figure.text, ": too wide to decide; longer or more repetitions would narrow it");
    return {false, figure};
  }
  return {condition.at_least ? estimate->low >= condition.bound : estimate->high <= condition.bound, figure};
}

}  // namespace

ClaimResult Decide(const Claim& claim, const MeasuredCells& measured) {
  ClaimResult result;
  result.id = claim.id;
  result.who = claim.who;
  result.where = claim.where;
  result.statement = claim.statement;
  result.experiment = claim.experiment;
  if (!claim.not_tested.empty()) {
    result.outcome = "not tested";
    result.because = claim.not_tested;
    return result;
  }
  result.outcome = "undecided";
  bool timed = false;
  for (const ClaimCell& cell : claim.cells) {
    timed = timed || cell.spec.engine != "model";
    for (const CellResult* ran : measured.at(cell.label)) {
      // One that found what ends a process has told what it was asked.
      const bool found = std::any_of(ran->hazards.begin(), ran->hazards.end(),
                                     [](const auto& hazard) { return hazard.second.verdict == "found"; });
      if (ran->status == "done" || (ran->status == "crashed" && found)) continue;
      result.because = absl::StrCat("cell ", cell.label, " is ", ran->status, ": ", ran->reason);
      return result;
    }
  }
  for (const ClaimRule& rule : claim.rules) {
    bool all = true, fails = false;
    std::string starved;
    for (const ClaimCondition& condition : rule.conditions) {
      Tried tried = Try(condition, measured);
      all = all && tried.holds;
      fails = fails || (!tried.holds && tried.starved.empty());
      if (!tried.starved.empty()) starved = std::move(tried.starved);
      bool known = false;
      for (const ClaimFigure& other : result.figures) known |= other.what == tried.figure.what;
      if (!known) result.figures.push_back(std::move(tried.figure));
    }
    // A rule that may hold: no later one is the first that does.
    if (!starved.empty() && !fails && result.outcome == "undecided" && result.because.empty()) {
      result.because = absl::StrCat(starved, "; longer cells, or a quiet machine, may decide");
    }
    if (!all || result.outcome != "undecided" || !result.because.empty()) continue;
    result.outcome = rule.outcome;
    result.because = rule.because;
  }
  if (result.outcome == "undecided" && result.because.empty()) {
    result.because = "no rule of its file fits what was measured";
    if (timed) absl::StrAppend(&result.because, "; longer cells or more repetitions, on a quiet machine, may decide");
  }
  return result;
}

}  // namespace cfgtorture::cli
