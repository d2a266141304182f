#include "reports/overview.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "reports/content.h"
#include "reports/measured.h"

namespace cfgtorture::reports {
namespace {

bool Has(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string Listed(const std::vector<std::string>& names, size_t max) {
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    if (shown.size() < max) shown.push_back(Printable(name, 64));
  }
  std::string text = absl::StrJoin(shown, ", ");
  if (names.size() > max) absl::StrAppend(&text, " and ", names.size() - max, " more");
  return text;
}

// ---- Cost ----------------------------------------------------------------------------------------------------------

// Workload, bridge, flavour, threads, run.
using Setting = std::tuple<std::string, std::string, std::string, uint32_t, std::string>;
using Accepts = std::function<bool(const CellSpec&)>;

struct Measured {
  std::map<Setting, std::map<std::string, const CellResult*>> cells;  // by strategy
  std::set<Setting> shared;                                           // those that the most strategies have
  std::string operation;                                              // that all these cells have, the most frequent
};

Measured MeasuredCells(const RunResult& result, const Accepts& accepts, const std::vector<std::string>& strategies) {
  Measured measured;
  for (const CellResult& cell : result.cells) {
    const CellSpec& spec = cell.spec;
    if (EvidenceOf(spec) != Evidence::kMeasured || spec.kind != "workload" || spec.oversubscribe) continue;
    if (std::isnan(MeasuredRate(cell))) continue;
    if (!accepts(spec) || !Has(strategies, RowName(spec))) continue;
    measured.cells[{spec.program, spec.bridge, spec.flavour, spec.threads, RunOf(spec)}].emplace(RowName(spec), &cell);
  }
  size_t most = 0;
  for (const auto& [setting, cells] : measured.cells) most = std::max(most, cells.size());
  for (const auto& [setting, cells] : measured.cells) {
    if (cells.size() == most) measured.shared.insert(setting);
  }
  std::map<std::string, std::pair<size_t, uint64_t>> operations;  // cells that have it, how often it was done
  for (const Setting& setting : measured.shared) {
    for (const auto& [strategy, cell] : measured.cells.at(setting)) {
      for (const OperationMetric& metric : cell->operations) {
        ++operations[metric.operation].first;
        operations[metric.operation].second += metric.count;
      }
    }
  }
  const auto top = std::max_element(operations.begin(), operations.end(),
                                    [](const auto& a, const auto& b) { return a.second < b.second; });
  if (top != operations.end()) measured.operation = top->first;
  return measured;
}

double Worse(double a, double b) { return std::isnan(a) ? b : std::isnan(b) ? a : std::max(a, b); }

Cost CostOf(const Measured& measured, const std::string& strategy) {
  Cost cost{kNone, 0, kNone, kNone, kNone};
  double logs = 0, squares = 0;
  for (const Setting& setting : measured.shared) {
    const auto& cells = measured.cells.at(setting);
    const auto it = cells.find(strategy);
    if (it == cells.end()) return {kNone, 0, kNone, kNone, kNone};
    const CellResult& cell = *it->second;
    const double rate = MeasuredRate(cell);
    const double half_width = MetricOf(cell, "operations_per_s_ci95");
    logs += std::log(rate);
    if (half_width > 0) squares += (half_width / rate) * (half_width / rate);
    cost.irqs_off_max_ns = Worse(cost.irqs_off_max_ns, MetricOf(cell, "irqs_off_max_ns"));
    cost.fairness = -Worse(-cost.fairness, -MetricOf(cell, "fairness_jain"));
    for (const OperationMetric& metric : cell.operations) {
      if (metric.operation == measured.operation) cost.p999_ns = Worse(cost.p999_ns, Percentile(metric, 0.999));
    }
  }
  if (measured.shared.empty()) return cost;
  const double n = static_cast<double>(measured.shared.size());
  cost.operations_per_s = std::exp(logs / n);
  cost.error = std::sqrt(squares) / n;
  return cost;
}

// ---- Verdicts ------------------------------------------------------------------------------------------------------

struct Standing {
  std::string strategy;
  std::string summary;
  std::vector<std::string> convicted;
  std::vector<std::string> spared;  // probes whose every finding needs an interrupt
  size_t unknown = 0;
  size_t probes = 0;
};

bool IsInterrupt(const std::string& context) { return context == "hardirq" || context == "softirq"; }

// Does an interrupt take part in what clashes? A finding without contexts is taken to do without.
bool NeedsInterrupt(const Finding& finding) {
  for (const Access& access : finding.accesses) {
    if (IsInterrupt(access.context) || access.task.ends_with("hardirq")) return true;
  }
  return std::any_of(finding.schedule.begin(), finding.schedule.end(),
                     [](const Step& step) { return step.clash && IsInterrupt(step.context); });
}

bool OnlyByInterrupt(const VerdictCell& cell) {
  bool any = false;
  for (const CellResult* of : cell.cells) {
    for (const Finding& finding : of->findings) {
      const bool counts = std::any_of(cell.of.begin(), cell.of.end(), [&](const HazardVerdict& verdict) {
        return verdict.name == finding.hazard && verdict.verdict == Verdict::kFound && !verdict.beside;
      });
      if (!counts) continue;
      any = true;
      if (!NeedsInterrupt(finding)) return false;
    }
  }
  return any;
}

// How each strategy stands with the probes whose cells are accepted. `interrupts`: whether those count that only an
// interrupt reaches.
std::vector<Standing> StandingsOf(const VerdictTable& table, bool interrupts) {
  std::vector<Standing> standings;
  for (const VerdictRow& row : table.rows) {
    Standing standing{row.strategy, row.summary, {}, {}, 0, 0};
    for (size_t i = 0; i < row.cells.size(); ++i) {
      const VerdictCell& cell = row.cells[i];
      if (cell.cells.empty()) {  // asked of others alone: no acquittal
        ++standing.unknown;
        continue;
      }
      if (cell.answer == Verdict::kNotApplicable) continue;
      ++standing.probes;
      if (cell.answer == Verdict::kFound) {
        const bool spared = !interrupts && OnlyByInterrupt(cell);
        (spared ? standing.spared : standing.convicted).push_back(table.columns[i].program);
      } else if (cell.answer != Verdict::kClean || cell.Count(Verdict::kNotExercised) > 0) {
        ++standing.unknown;
      }
    }
    standings.push_back(std::move(standing));
  }
  return standings;
}

std::vector<std::string> Common(const std::vector<Standing>& standings) {
  std::vector<std::string> common;
  if (standings.size() < 2) return common;
  for (const std::string& probe : standings.front().convicted) {
    const bool all = std::all_of(standings.begin(), standings.end(),
                                 [&](const Standing& standing) { return Has(standing.convicted, probe); });
    if (all) common.push_back(probe);
  }
  return common;
}

std::vector<std::string> NamesOf(const std::vector<Standing>& standings) {
  std::vector<std::string> names;
  for (const Standing& standing : standings) names.push_back(standing.strategy);
  return names;
}

// ---- Advice --------------------------------------------------------------------------------------------------------

struct Use {
  const char* name;
  const char* of;
  std::vector<std::string> bridges;  // empty: any
  bool rt;                           // else what runs under rt alone does not count
  bool interrupts;
  const char* memory;  // what its processors do; "" if more than one
  bool by_irqs_off;    // chosen by the longest section with interrupts off, else by throughput
};

const std::vector<Use>& Uses() {
  static const std::vector<Use> kUses = {
      {"x86 server", "bridge x86, preemptible kernel, interrupts", {"x86"}, false, true, "tso", false},
      {"arm64 with an indirect bridge",
       "bridge indirect, preemptible kernel, interrupts",
       {"indirect"},
       false,
       true,
       "c11",
       false},
      {"RT kernel",
       "any bridge, also what happens under rt alone, shortest time with interrupts off",
       {},
       true,
       true,
       "",
       true},
      {"VMM or user-space driver",
       "address latch (x86, cf8), threads alone: what only an interrupt reaches does not count",
       {"x86", "cf8"},
       false,
       false,
       "tso",
       false},
  };
  return kUses;
}

// A probe whose verdict does not depend on the bridge runs on one of them, and holds for all.
bool Accepted(const RunResult& result, const Use& use, const CellSpec& spec, bool measured) {
  if (spec.flavour == "rt" && !use.rt) return false;
  if (use.bridges.empty() || Has(use.bridges, spec.bridge)) return true;
  if (measured) return false;
  const CatalogueProgram* program = result.catalogue.FindProgram(spec.kind, spec.program);
  return program != nullptr && program->bridges.empty();
}

bool Refuses(const RunResult& result, const std::string& strategy, const Use& use) {
  const CatalogueStrategy* known = result.catalogue.FindStrategy(strategy);
  if (known == nullptr || use.bridges.empty()) return false;
  return std::all_of(use.bridges.begin(), use.bridges.end(),
                     [&](const std::string& bridge) { return Has(known->refuses_bridges, bridge); });
}

std::vector<std::string> Beyond(const Standing& standing, const std::vector<std::string>& common) {
  std::vector<std::string> more;
  for (const std::string& probe : standing.convicted) {
    if (!Has(common, probe)) more.push_back(probe);
  }
  return more;
}

std::string Settings(const Measured& measured) {
  std::set<std::string> workloads;
  std::set<uint32_t> threads;
  for (const auto& [workload, bridge, flavour, count, run] : measured.shared) {
    workloads.insert(workload);
    threads.insert(count);
  }
  return absl::StrCat("geometric mean over ", measured.shared.size(), " settings of ", workloads.size(),
                      workloads.size() == 1 ? " workload, " : " workloads, ", absl::StrJoin(threads, "/"), " threads");
}

struct Costed {
  const Standing* standing;
  Cost cost;
};

// The cheapest of `best`, and the words that say so. Figures are only compared over settings that all of them have.
const Standing* Cheapest(const RunResult& result, const Use& use, const std::vector<const Standing*>& best,
                         std::string& words, std::string& evidence) {
  std::vector<std::string> names;
  for (const Standing* standing : best) names.push_back(standing->strategy);
  const Measured measured = MeasuredCells(
      result, [&](const CellSpec& spec) { return Accepted(result, use, spec, /*measured=*/true); }, names);
  std::vector<Costed> costs;
  std::vector<std::string> without;
  for (const Standing* standing : best) {
    const Cost cost = CostOf(measured, standing->strategy);
    if (std::isnan(use.by_irqs_off ? cost.irqs_off_max_ns : cost.operations_per_s)) {
      without.push_back(standing->strategy);
    } else {
      costs.push_back({standing, cost});
    }
  }
  if (costs.empty()) {
    evidence = "not measured on these bridges";
    return best.front();
  }
  std::stable_sort(costs.begin(), costs.end(), [&](const Costed& a, const Costed& b) {
    return use.by_irqs_off ? a.cost.irqs_off_max_ns < b.cost.irqs_off_max_ns
                           : a.cost.operations_per_s > b.cost.operations_per_s;
  });
  const Costed& first = costs.front();
  const std::string rate = ShortCount(first.cost.operations_per_s) + " operations/s";
  if (use.by_irqs_off) {
    words = absl::StrCat(Nanoseconds(first.cost.irqs_off_max_ns), " with interrupts off at most, ", rate);
    if (costs.size() > 1) {
      absl::StrAppend(&words, " (next: ", Printable(costs[1].standing->strategy, 64), ", ",
                      Nanoseconds(costs[1].cost.irqs_off_max_ns), ")");
    }
  } else {
    words = rate;
    if (costs.size() > 1) {
      const Costed& second = costs[1];
      const double ratio = first.cost.operations_per_s / second.cost.operations_per_s;
      const bool told_apart = std::log(ratio) > std::hypot(first.cost.error, second.cost.error);
      absl::StrAppend(&words, told_apart ? absl::StrCat(", ", Ratio(ratio), " times ") : ", not told apart from ",
                      Printable(second.standing->strategy, 64), "'s",
                      told_apart ? "" : absl::StrCat(" ", ShortCount(second.cost.operations_per_s)));
    }
  }
  const bool under_rt = std::any_of(measured.shared.begin(), measured.shared.end(),
                                    [](const Setting& setting) { return std::get<2>(setting) == "rt"; });
  evidence =
      absl::StrCat("measured on this machine: ", Settings(measured), use.rt && !under_rt ? ", none under rt" : "");
  if (!without.empty()) absl::StrAppend(&evidence, "; not measured in all of them: ", Listed(without, 3));
  return first.standing;
}

std::string MemoryText(const RunResult& result, const Use& use) {
  std::set<std::string> memories;
  for (const CellResult& cell : result.cells) {
    if (EvidenceOf(cell.spec) == Evidence::kExplored && cell.executions > 0) memories.insert(cell.spec.memory);
  }
  std::string text = absl::StrCat("memory ", absl::StrJoin(memories, ", "));
  if (*use.memory != '\0' && memories.count(use.memory) == 0)
    absl::StrAppend(&text, " (these processors are weaker: ", use.memory, " was not explored)");
  return text;
}

// Who comes after `best`: "; next is x, by a, b", or "" if there is none.
std::string NextText(const std::vector<Standing>& standings, const std::vector<const Standing*>& best,
                     const std::vector<std::string>& common) {
  const Standing* next = nullptr;
  for (const Standing& standing : standings) {
    if (std::find(best.begin(), best.end(), &standing) != best.end()) continue;
    if (next == nullptr || Beyond(standing, common).size() < Beyond(*next, common).size()) next = &standing;
  }
  if (next == nullptr) return "";
  const std::vector<std::string> beyond = Beyond(*next, common);
  return absl::StrCat(
      "; next is ", Printable(next->strategy, 64),
      beyond.empty() ? absl::StrCat(", with ", next->unknown, " without a verdict") : ", by " + Listed(beyond, 6));
}

Advice AdviceFor(const RunResult& result, const Use& use) {
  const VerdictTable table = MakeVerdictTable(result, Evidence::kExplored, "probe",
                                              [&](const CellSpec& spec) { return Accepted(result, use, spec, false); });
  std::vector<Standing> standings;
  size_t refused = 0, probes = 0;
  for (Standing& standing : StandingsOf(table, use.interrupts)) {
    if (standing.strategy == result.summary.control.strategy || standing.probes == 0) continue;
    if (Refuses(result, standing.strategy, use)) {
      ++refused;
      continue;
    }
    probes = std::max(probes, standing.probes);
    standings.push_back(std::move(standing));
  }
  Advice advice{use.name, use.of, "", "", "", ""};
  if (standings.empty()) {
    advice.sentence = "No strategy qualifies: none was explored on these bridges.";
    return advice;
  }
  const std::vector<std::string> common = Common(standings);
  size_t fewest = std::numeric_limits<size_t>::max();
  for (const Standing& standing : standings) fewest = std::min(fewest, Beyond(standing, common).size());
  std::vector<const Standing*> best;
  for (const Standing& standing : standings) {
    if (Beyond(standing, common).size() == fewest) best.push_back(&standing);
  }
  // What could not be reached is no acquittal.
  size_t least_unknown = std::numeric_limits<size_t>::max();
  for (const Standing* standing : best) least_unknown = std::min(least_unknown, standing->unknown);
  std::erase_if(best, [&](const Standing* standing) { return standing->unknown > least_unknown; });

  std::string cost, measured;
  const Standing* chosen = Cheapest(result, use, best, cost, measured);
  advice.strategy = chosen->strategy;
  advice.about = chosen->summary;
  const std::string name = Printable(chosen->strategy, 64);
  const std::string among =
      best.size() > 1 ? absl::StrCat(use.by_irqs_off ? ", the least of " : ", the fastest of ", best.size(), " alike")
                      : "";
  const std::string priced = cost.empty() ? "" : absl::StrCat(" (", cost, among, ")");
  const std::vector<std::string> beyond = Beyond(*chosen, common);
  if (chosen->convicted.empty() && chosen->unknown == 0) {
    advice.sentence = absl::StrCat(name, priced, ": none of ", chosen->probes, " probes convicts it.");
  } else if (chosen->convicted.empty()) {
    advice.sentence =
        absl::StrCat("No strategy qualifies for certain; nearest is ", name, priced, ": no probe convicts it, but ",
                     chosen->unknown, " of ", table.columns.size(), " have no verdict.");
  } else {
    advice.sentence = "No strategy qualifies: ";
    if (!common.empty()) {
      absl::StrAppend(&advice.sentence,
                      common.size() == 1 ? "one probe convicts" : absl::StrCat(common.size(), " probes convict"),
                      " all ", standings.size(), " (", Listed(common, 6), "), so callers must keep these away; ");
    } else {
      absl::StrAppend(&advice.sentence, "each is convicted of something; ");
    }
    absl::StrAppend(&advice.sentence, "nearest is ", name, priced, ", ",
                    beyond.empty()
                        ? "with nothing else against it"
                        : absl::StrCat("convicted ", common.empty() ? "" : "also ", "by ", Listed(beyond, 6)));
    if (chosen->unknown > 0) absl::StrAppend(&advice.sentence, " and ", chosen->unknown, " without a verdict");
    advice.sentence += NextText(standings, best, common) + ".";
  }
  const auto under_rt = std::count_if(table.columns.begin(), table.columns.end(),
                                      [](const VerdictColumn& column) { return column.flavour == "rt"; });
  advice.evidence =
      absl::StrCat("explored: ", probes, " probes, ", use.rt ? absl::StrCat(under_rt, " of them under rt, ") : "",
                   MemoryText(result, use), "; ", measured);
  if (!chosen->spared.empty()) {
    absl::StrAppend(&advice.evidence, "; not counted, since only an interrupt reaches it: ", Listed(chosen->spared, 6));
  }
  if (refused > 0) {
    absl::StrAppend(&advice.evidence, "; ", refused, refused == 1 ? " strategy refuses" : " strategies refuse",
                    " these bridges");
  }
  return advice;
}

}  // namespace

Overview MakeOverview(const RunResult& result) {
  Overview overview;
  const VerdictTable table = MakeVerdictTable(result, Evidence::kExplored, "probe");
  std::vector<Standing> standings = StandingsOf(table, /*interrupts=*/true);
  for (const CellResult& cell : result.cells) {  // those that were measured alone
    const bool known = std::any_of(standings.begin(), standings.end(),
                                   [&](const Standing& standing) { return standing.strategy == RowName(cell.spec); });
    if (known || EvidenceOf(cell.spec) != Evidence::kMeasured || cell.metrics.count("operations_per_s") == 0) continue;
    const CatalogueStrategy* strategy = result.catalogue.FindStrategy(RowName(cell.spec));
    standings.push_back({RowName(cell.spec), strategy == nullptr ? "" : strategy->summary, {}, {}, 0, 0});
  }
  const Measured measured = MeasuredCells(
      result, [](const CellSpec&) { return true; }, NamesOf(standings));
  std::set<std::string> workloads;
  for (const Setting& setting : measured.shared) workloads.insert(std::get<0>(setting));
  overview.settings = measured.shared.size();
  overview.operation = measured.operation;
  overview.workloads.assign(workloads.begin(), workloads.end());
  std::vector<Standing> candidates;
  for (const Standing& standing : standings) {
    const bool control = standing.strategy == result.summary.control.strategy;
    if (!control && standing.probes > 0) candidates.push_back(standing);
    overview.rows.push_back({standing.strategy, standing.summary, control, standing.convicted, standing.unknown,
                             standing.probes, CostOf(measured, standing.strategy)});
  }
  overview.all_guilty = Common(candidates);
  const auto rate = [](const OverviewRow& row) {
    return std::isnan(row.cost.operations_per_s) ? 0 : row.cost.operations_per_s;
  };
  std::stable_sort(overview.rows.begin(), overview.rows.end(), [&](const OverviewRow& a, const OverviewRow& b) {
    return std::make_tuple(a.control, a.probes == 0, a.convicted.size(), a.unknown, -rate(a)) <
           std::make_tuple(b.control, b.probes == 0, b.convicted.size(), b.unknown, -rate(b));
  });
  return overview;
}

std::vector<HazardRow> MakeHazardRows(const RunResult& result) {
  const VerdictTable table = MakeVerdictTable(result, Evidence::kExplored, "probe");
  std::map<std::string, std::map<std::string, Verdict>> worst;  // hazard, strategy
  for (const VerdictRow& row : table.rows) {
    for (const VerdictCell& cell : row.cells) {
      for (const HazardVerdict& of : cell.of) {
        const auto [it, is_new] = worst[of.name].emplace(row.strategy, of.verdict);
        if (!is_new) it->second = std::max(it->second, of.verdict);
      }
    }
  }
  std::vector<HazardRow> rows;
  for (const auto& [hazard, strategies] : worst) {
    HazardRow hazard_row{hazard, {}, {}, {}, false};
    for (const VerdictRow& row : table.rows) {  // in the order of the run
      const auto it = strategies.find(row.strategy);
      if (it == strategies.end() || it->second == Verdict::kNotApplicable) continue;
      if (row.strategy == result.summary.control.strategy) {
        hazard_row.control_found = it->second == Verdict::kFound;
      } else {
        (it->second == Verdict::kFound   ? hazard_row.found
         : it->second == Verdict::kClean ? hazard_row.clean
                                         : hazard_row.unknown)
            .push_back(row.strategy);
      }
    }
    rows.push_back(std::move(hazard_row));
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const HazardRow& a, const HazardRow& b) { return a.found.size() > b.found.size(); });
  return rows;
}

std::vector<Advice> MakeAdvice(const RunResult& result) {
  std::vector<Advice> all;
  if (MakeVerdictTable(result, Evidence::kExplored, "probe").empty()) return all;
  for (const Use& use : Uses()) all.push_back(AdviceFor(result, use));
  return all;
}

}  // namespace cfgtorture::reports
