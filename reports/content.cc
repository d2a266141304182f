#include "reports/content.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "harness/result/gate_rows.h"
#include "harness/result/hazard.h"
#include "reports/measured.h"

namespace cfgtorture::reports {
namespace {

bool IsAskedFor(const HazardOutcome& outcome) {
  return outcome.expected == "found" || outcome.expected == "clean" || outcome.expected == "not-applicable";
}

bool IsOfProgram(const RunResult& result, const CellResult& cell, const std::string& hazard) {
  const CatalogueProgram* program = result.catalogue.FindProgram(cell.spec.kind, cell.spec.program);
  return program != nullptr &&
         std::find(program->hazards.begin(), program->hazards.end(), hazard) != program->hazards.end();
}

// What the verdict of a cell speaks of: hazards that the table or the program asks for, and whatever was found or
// differs.
std::vector<std::string> SpokenOf(const RunResult& result, const CellResult& cell) {
  std::vector<std::string> hazards;
  for (const auto& [name, outcome] : cell.hazards) {
    if (IsAskedFor(outcome) || outcome.verdict == "found" || AgreementOf(cell, name) == Agreement::kDisagrees ||
        IsOfProgram(result, cell, name)) {
      hazards.push_back(name);
    }
  }
  return hazards;
}

HazardVerdict& OfHazard(VerdictCell& cell, const std::string& name) {
  const auto it =
      std::find_if(cell.of.begin(), cell.of.end(), [&](const HazardVerdict& known) { return known.name == name; });
  if (it != cell.of.end()) return *it;
  cell.of.push_back({});
  cell.of.back().name = name;
  return cell.of.back();
}

int Fewer(int a, int b) { return a < 0 ? b : b < 0 ? a : std::min(a, b); }

void Merge(const RunResult& result, const CellResult& cell, VerdictCell& into) {
  into.cells.push_back(&cell);
  into.executions += cell.executions;
  into.distinct += cell.distinct;
  into.exhausted = cell.exhausted && (into.cells.size() == 1 || into.exhausted);
  if (into.cells.size() == 1) into.verdict = Verdict::kNotApplicable;
  // A cell that was refused is not run either, but its hazards say that they cannot occur.
  const bool unknown = std::any_of(cell.hazards.begin(), cell.hazards.end(),
                                   [](const auto& hazard) { return hazard.second.verdict == "undecided"; });
  if (cell.hazards.empty() || (cell.status == "not-run" && unknown)) {
    const Verdict verdict = cell.status == "not-run" ? Verdict::kNotRun : Verdict::kUndecided;
    if (verdict > into.verdict) {
      into.verdict = verdict;
      into.reason = cell.reason;
    }
    return;
  }
  for (const std::string& name : SpokenOf(result, cell)) {
    const HazardOutcome& outcome = cell.hazards.at(name);
    const Agreement agreement = AgreementOf(cell, name);
    const Verdict verdict = VerdictFrom(outcome.verdict);
    HazardVerdict& of = OfHazard(into, name);
    of.opportunities += outcome.opportunities;
    of.beside = IsBeside(result, cell, name);
    if (verdict == Verdict::kFound) {
      of.hits += outcome.hits;
      of.fewest_preemptions = Fewer(of.fewest_preemptions, outcome.fewest_preemptions);
    }
    if (agreement == Agreement::kDisagrees) {
      of.differing = verdict;
      of.expected = outcome.expected;
    }
    if (verdict < of.verdict) {
      if (agreement == Agreement::kDisagrees) of.agreement = agreement;  // one bridge that differs is told all the same
      continue;
    }
    const bool replaces = verdict > of.verdict && of.agreement != Agreement::kDisagrees;
    of.agreement = replaces ? agreement : std::max(of.agreement, agreement);
    of.verdict = verdict;
    of.reason = outcome.reason;
  }
}

// The verdict of a cell from those of its hazards.
void Settle(VerdictCell& cell) {
  // One hazard that was not exercised does not hide what the others show; the counts say that it was not (Headline()).
  static constexpr Verdict kOrder[] = {Verdict::kFound, Verdict::kUndecided, Verdict::kClean, Verdict::kNotExercised,
                                       Verdict::kNotApplicable};
  const auto worst = [&](bool beside) {
    for (const Verdict verdict : kOrder) {
      const bool any = std::any_of(cell.of.begin(), cell.of.end(), [&](const HazardVerdict& of) {
        return of.verdict == verdict && (beside || !of.beside);
      });
      // A bridge that was not reached weighs more than others that were clean.
      if (any) return verdict == Verdict::kFound ? verdict : std::max(verdict, cell.verdict);
    }
    return cell.verdict;
  };
  cell.answer = worst(/*beside=*/false);
  cell.verdict = worst(/*beside=*/true);
  for (const HazardVerdict& of : cell.of) {
    cell.opportunities += of.opportunities;
    if (of.agreement == Agreement::kDisagrees) cell.agreement = of.agreement;
    if (of.verdict != cell.verdict) continue;
    cell.agreement = std::max(cell.agreement, of.agreement);
    if (cell.hazards.empty() && cell.reason.empty()) cell.reason = of.reason;
    cell.hazards.push_back(of.name);
    if (of.verdict != Verdict::kFound) continue;
    cell.hits += of.hits;
    cell.fewest_preemptions = Fewer(cell.fewest_preemptions, of.fewest_preemptions);
  }
}

// Operations that all rows have go before others, frequent ones before rare ones.
std::string CommonOperation(const CostTable& table) {
  std::map<std::string, std::pair<size_t, uint64_t>> seen;  // rows that have it, how often it was done
  for (const CostRow& row : table.rows) {
    for (const OperationMetric& metric : row.cell->operations) {
      ++seen[metric.operation].first;
      seen[metric.operation].second += metric.count;
    }
  }
  const auto most =
      std::max_element(seen.begin(), seen.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == seen.end() ? "" : most->first;
}

// Metrics named assumed_X_ns are latencies of the emulated hardware, other assumed_X counts.
std::string ConditionsOf(const CellResult& cell) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : cell.metrics) {
    constexpr std::string_view kPrefix = "assumed_", kSuffix = "_ns";
    if (name.rfind(kPrefix, 0) != 0) continue;
    std::string what = name.substr(kPrefix.size());
    const bool time = what.ends_with(kSuffix);
    if (time) what.resize(what.size() - kSuffix.size());
    std::replace(what.begin(), what.end(), '_', ' ');
    parts.push_back(time ? absl::StrCat(what, " access ", Nanoseconds(value))
                         : absl::StrCat(what, " ", ShortCount(value)));
  }
  std::string text = parts.empty() ? "" : absl::StrCat("Assumed latencies: ", absl::StrJoin(parts, ", "), ".");
  const double scale = MetricOf(cell, "time_scale");
  if (scale > 1) absl::StrAppend(&text, text.empty() ? "" : " ", "Recovery times divided by ", ShortCount(scale), ".");
  return text;
}

template <typename... Values>
std::string Format(const char* format, Values... values) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, values...);
  return buffer;
}

std::string Plural(uint64_t n, const char* one, const char* many) { return absl::StrCat(n, " ", n == 1 ? one : many); }

// "a, b and 3 more"
std::string Listed(const std::vector<std::string>& names, size_t max) {
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    if (shown.size() < max) shown.push_back(Printable(name, 64));
  }
  std::string text = absl::StrJoin(shown, ", ");
  if (names.size() > max) absl::StrAppend(&text, " and ", names.size() - max, " more");
  return text;
}

}  // namespace

const std::string& RowName(const CellSpec& spec) { return spec.strategy.empty() ? spec.side : spec.strategy; }

std::string RunOf(const CellSpec& spec) {
  const size_t at = spec.id.rfind('@');
  return at == std::string::npos ? "" : spec.id.substr(at + 1);
}

std::string SettingOf(const CellSpec& spec) {
  std::string setting = absl::StrCat(spec.bridge, ", ", Plural(spec.threads, "thread", "threads"));
  if (spec.flavour != "preempt") absl::StrAppend(&setting, ", ", spec.flavour);
  if (const std::string run = RunOf(spec); !run.empty()) absl::StrAppend(&setting, ", run ", run);
  return setting;
}

bool IsBeside(const RunResult& result, const CellResult& cell, const std::string& hazard) {
  const auto it = cell.hazards.find(hazard);
  return it != cell.hazards.end() && it->second.expected == "may-be-found" && !IsOfProgram(result, cell, hazard);
}

Evidence EvidenceOf(const CellSpec& spec) {
  if (spec.engine == "model") return Evidence::kExplored;
  return spec.engine == "native" ? Evidence::kMeasured : Evidence::kWatched;
}

size_t VerdictCell::Count(Verdict wanted) const {
  return static_cast<size_t>(
      std::count_if(of.begin(), of.end(), [&](const HazardVerdict& hazard) { return hazard.verdict == wanted; }));
}

Verdict VerdictFrom(const std::string& name) {
  if (name == "found") return Verdict::kFound;
  if (name == "clean") return Verdict::kClean;
  if (name == "not-exercised") return Verdict::kNotExercised;
  if (name == "not-applicable") return Verdict::kNotApplicable;
  return Verdict::kUndecided;
}

const char* NameOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFound:
      return "found";
    case Verdict::kClean:
      return "clean";
    case Verdict::kNotExercised:
      return "not exercised";
    case Verdict::kNotApplicable:
      return "not applicable";
    case Verdict::kUndecided:
      return "undecided";
    case Verdict::kNotRun:
      return "not run";
  }
  return "";
}

Agreement AgreementOf(const CellResult& cell, const std::string& hazard) {
  const auto it = cell.hazards.find(hazard);
  if (it == cell.hazards.end()) return Agreement::kUnjudged;
  if (it->second.agreement == "disagrees") return Agreement::kDisagrees;
  return it->second.agreement == "agrees" ? Agreement::kAgrees : Agreement::kUnjudged;
}

std::string WhyNoAlarm(const RunResult& result, const CellResult& cell, const std::string& hazard) {
  const auto it = cell.hazards.find(hazard);
  if (it == cell.hazards.end() || it->second.agreement == "disagrees") return "";
  const bool regressed = std::any_of(result.gate.begin(), result.gate.end(), [&](const GateRow& row) {
    return row.outcome == "regressed" && row.part == "verdicts" && row.what == hazard && row.cell == cell.spec.id;
  });
  if (regressed) return "";
  const std::string& expected = it->second.expected;
  if (expected == "found" || expected == "may-be-found")
    return "the expected verdicts say that this may or must be found here";
  if (expected == kAsBefore) return "the gate's baseline has it: it was found before, and the table says nothing of it";
  if (!expected.empty()) return "";
  if (!result.claims.empty() || !result.audit.empty())
    return "this run asks what is found, of claims or of what each lock and order is for, and nothing is expected here";
  return result.summary.exit_status == 0 ? "nothing is expected here, and the run as a whole holds" : "";
}

AgreementCount CountAgreement(const RunResult& result) {
  AgreementCount count;
  for (const CellResult& cell : result.cells) {
    for (const auto& [name, outcome] : cell.hazards) {
      const Agreement agreement = AgreementOf(cell, name);
      count.agree += agreement == Agreement::kAgrees;
      count.disagree += agreement == Agreement::kDisagrees;
    }
  }
  return count;
}

VerdictTable MakeVerdictTable(const RunResult& result, Evidence evidence, const std::string& kind,
                              const std::function<bool(const CellSpec&)>& accepts) {
  VerdictTable table;
  table.evidence = evidence;
  std::vector<std::pair<std::string, std::string>> columns;
  std::vector<std::string> rows;
  const auto index = [](auto& list, const auto& key) {
    const auto it = std::find(list.begin(), list.end(), key);
    if (it != list.end()) return static_cast<size_t>(it - list.begin());
    list.push_back(key);
    return list.size() - 1;
  };
  std::vector<std::tuple<size_t, size_t, const CellResult*>> placed;
  for (const CellResult& cell : result.cells) {
    if (EvidenceOf(cell.spec) != evidence || cell.spec.kind != kind || (accepts && !accepts(cell.spec))) continue;
    if (cell.status == "done" && cell.hazards.empty()) continue;  // measured only: no verdict was asked for
    placed.emplace_back(index(rows, RowName(cell.spec)),
                        index(columns, std::make_pair(cell.spec.program, cell.spec.flavour)), &cell);
  }
  for (const auto& [program, flavour] : columns) {
    const CatalogueProgram* known = result.catalogue.FindProgram(kind, program);
    table.columns.push_back({program, flavour, known == nullptr ? "" : known->summary});
  }
  for (const std::string& name : rows) {
    const CatalogueStrategy* known = result.catalogue.FindStrategy(name);
    table.rows.push_back({name, known == nullptr ? "" : known->summary, std::vector<VerdictCell>(columns.size())});
  }
  for (const auto& [row, column, cell] : placed) Merge(result, *cell, table.rows[row].cells[column]);
  for (VerdictRow& row : table.rows) {
    for (VerdictCell& cell : row.cells) Settle(cell);
  }
  return table;
}

VerdictTable ByHazard(const VerdictTable& table, size_t column) {
  VerdictTable taken;
  taken.evidence = table.evidence;
  bool several = false;
  std::set<std::string> names;
  for (const VerdictRow& row : table.rows) {
    several |= row.cells[column].of.size() > 1;
    for (const HazardVerdict& of : row.cells[column].of) names.insert(of.name);
  }
  if (!several) return taken;
  for (const std::string& name : names) {
    const std::optional<Hazard> hazard = HazardFromName(name);
    taken.columns.push_back(
        {name, table.columns[column].flavour, hazard.has_value() ? std::string(TextOf(*hazard).summary) : ""});
  }
  for (const VerdictRow& row : table.rows) {
    const VerdictCell& whole = row.cells[column];
    taken.rows.push_back({row.strategy, row.summary, {}});
    for (const std::string& name : names) {
      VerdictCell cell;
      const auto of = std::find_if(whole.of.begin(), whole.of.end(),
                                   [&](const HazardVerdict& known) { return known.name == name; });
      if (of != whole.of.end()) {
        cell.verdict = Verdict::kNotApplicable;
        cell.executions = whole.executions;
        cell.distinct = whole.distinct;
        cell.exhausted = whole.exhausted;
        cell.cells = whole.cells;
        cell.of = {*of};
        Settle(cell);
      }
      taken.rows.back().cells.push_back(std::move(cell));
    }
  }
  return taken;
}

std::vector<CostTable> MakeCostTables(const RunResult& result) {
  std::vector<CostTable> tables;
  for (const CellResult& cell : result.cells) {
    if (EvidenceOf(cell.spec) != Evidence::kMeasured || cell.metrics.find("operations_per_s") == cell.metrics.end()) {
      continue;
    }
    auto table = std::find_if(tables.begin(), tables.end(),
                              [&](const CostTable& known) { return known.workload == cell.spec.program; });
    if (table == tables.end()) {
      const CatalogueProgram* known = result.catalogue.FindProgram(cell.spec.kind, cell.spec.program);
      tables.push_back({cell.spec.program, known == nullptr ? "" : known->summary, "", ConditionsOf(cell), {}});
      table = std::prev(tables.end());
    }
    table->rows.push_back({RowName(cell.spec), SettingOf(cell.spec), MeasuredRate(cell), kNone, kNone, kNone,
                           MetricOf(cell, "irqs_off_max_ns"), MetricOf(cell, "fairness_jain"), &cell});
  }
  for (CostTable& table : tables) {
    table.operation = CommonOperation(table);
    for (CostRow& row : table.rows) {
      const OperationMetric* metric = OperationOf(*row.cell, table.operation);
      if (metric == nullptr) continue;
      row.calls = metric->count;
      row.p50_ns = Percentile(*metric, 0.5);
      row.p99_ns = Percentile(*metric, 0.99);
      row.p999_ns = Percentile(*metric, 0.999);
    }
  }
  return tables;
}

std::vector<std::string> LeftOut(const RunResult& result) {
  std::vector<std::string> lines = result.summary.left_out;
  std::vector<std::pair<std::string, std::vector<std::string>>> by_reason;
  for (const CellResult& cell : result.cells) {
    if (cell.status == "done") continue;
    const std::string reason = cell.reason.empty() ? cell.status : absl::StrCat(cell.status, ": ", cell.reason);
    auto it =
        std::find_if(by_reason.begin(), by_reason.end(), [&](const auto& known) { return known.first == reason; });
    if (it == by_reason.end()) it = by_reason.insert(by_reason.end(), {reason, {}});
    it->second.push_back(cell.spec.id);
  }
  for (const auto& [reason, cells] : by_reason) lines.push_back(absl::StrCat(Listed(cells, 3), ": ", reason));
  if (std::string line = NotMeasured(result); !line.empty()) lines.push_back(std::move(line));
  lines.push_back(
      "A clean verdict holds for the schedules that were tried, in the memory model named, within this program: it is "
      "no "
      "proof for the kernel.");
  return lines;
}

bool IsAboutClaims(const RunResult& result) {
  return !result.claims.empty() && result.summary.control.strategy.empty();
}

std::string Answer(const RunResult& result) {
  if (IsAboutClaims(result)) {
    std::map<std::string, size_t> outcomes;
    for (const ClaimResult& claim : result.claims) ++outcomes[claim.outcome];
    return absl::StrCat("Of ", Plural(result.claims.size(), "claim", "claims"), ": ",
                        absl::StrJoin(outcomes, ", ",
                                      [](std::string* out, const auto& outcome) {
                                        absl::StrAppend(out, outcome.second, " ", outcome.first);
                                      }),
                        ".");
  }
  const VerdictTable table = MakeVerdictTable(result, Evidence::kExplored, "probe");
  struct Standing {
    std::string strategy;
    std::vector<std::string> found;
    size_t unknown = 0;
  };
  std::vector<Standing> standings;
  for (const VerdictRow& row : table.rows) {
    Standing standing{row.strategy, {}, 0};
    for (size_t i = 0; i < row.cells.size(); ++i) {
      const Verdict verdict = row.cells[i].answer;
      if (verdict == Verdict::kFound) standing.found.push_back(table.columns[i].program);
      standing.unknown +=
          verdict != Verdict::kFound && (row.cells[i].Count(Verdict::kNotExercised) > 0 ||
                                         (verdict != Verdict::kClean && verdict != Verdict::kNotApplicable));
    }
    // The control is there to be convicted: it is no candidate.
    if (row.strategy != result.summary.control.strategy) standings.push_back(std::move(standing));
  }
  if (standings.empty() && !result.gate.empty()) return "The gate " + result.summary.outcome + ".";
  if (standings.empty()) return "No probe was explored, so this run has no verdict on any strategy.";

  size_t fewest = std::numeric_limits<size_t>::max();
  for (const Standing& standing : standings) fewest = std::min(fewest, standing.found.size());
  std::vector<std::string> best;
  std::vector<std::string> found;
  size_t unknown = 0;
  for (const Standing& standing : standings) {
    if (standing.found.size() != fewest) continue;
    if (best.empty()) found = standing.found;
    if (standing.found != found) found.clear();  // not the same hazards: name none
    best.push_back(standing.strategy);
    unknown += standing.unknown;
  }
  const std::string probes = Plural(table.columns.size(), "probe", "probes");
  std::string text;
  if (fewest == 0) {
    text =
        absl::StrCat(best.size(), " of ", Plural(standings.size(), "strategy", "strategies"),
                     best.size() == 1 ? " was" : " were", " convicted by none of ", probes, ": ", Listed(best, 4), ".");
  } else {
    text = standings.size() == 1
               ? absl::StrCat(Listed(best, 1), " was convicted by ", fewest, " of ", probes)
               : absl::StrCat("Each of ", standings.size(), " strategies was convicted of something; fewest: ", fewest,
                              " of ", probes, ", by ", Listed(best, 4));
    if (!found.empty()) absl::StrAppend(&text, " (", Listed(found, 5), ")");
    text += ".";
  }
  if (unknown > 0)
    absl::StrAppend(&text, " ", Plural(unknown, "verdict", "verdicts"), " among these could not be reached.");
  return text;
}

std::string Trust(const RunResult& result) {
  const AgreementCount count = CountAgreement(result);
  const Control& control = result.summary.control;
  std::string text;
  if (count.agree + count.disagree > 0) {
    text = absl::StrCat(ExactCount(count.agree), " of ", ExactCount(count.agree + count.disagree),
                        " expected verdicts were borne out. ");
  }
  if (control.strategy.empty()) {
    text += "This run has no control strategy.";
  } else if (control.missing.empty()) {
    absl::StrAppend(&text, "The control (", Printable(control.strategy, 64), ") was convicted of all ",
                    control.must_find.size(), " hazards that it must show: the checkers work.");
  } else {
    absl::StrAppend(&text, "The control (", Printable(control.strategy, 64), ") was NOT convicted of ",
                    Listed(control.missing, 8), ": this run proves nothing.");
  }
  return text;
}

std::string LoadText(const Environment& environment) {
  if (environment.load_before < 0 && environment.load_after < 0) return "";
  const auto text = [](double load) { return load < 0 ? "unknown" : absl::StrFormat("%.3g", load); };
  return absl::StrCat(text(environment.load_before), " before and ", text(environment.load_after), " after");
}

std::string ShortCount(double value) {
  if (std::isnan(value)) return "–";
  if (value < 1000) return Format(value < 10 && value != std::floor(value) ? "%.1f" : "%.0f", value);
  static constexpr const char* kUnits[] = {"k", "M", "G", "T"};
  size_t unit = 0;
  value /= 1000;
  while (value >= 999.5 && unit + 1 < std::size(kUnits)) value /= 1000, ++unit;
  return absl::StrCat(Format(value < 99.95 ? "%.1f" : "%.0f", value), kUnits[unit]);
}

std::string ExactCount(uint64_t value) {
  const std::string digits = std::to_string(value);
  std::string grouped;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) grouped += ',';
    grouped += digits[i];
  }
  return grouped;
}

std::string Nanoseconds(double ns) {
  if (std::isnan(ns)) return "–";
  const auto scaled = [](double value, const char* unit) {
    return absl::StrCat(Format(value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value), " ", unit);
  };
  if (ns < 999.5) return absl::StrCat(Format("%.0f", ns), " ns");
  if (ns < 999.5e3) return scaled(ns / 1e3, "µs");
  if (ns < 999.5e6) return scaled(ns / 1e6, "ms");
  return scaled(ns / 1e9, "s");
}

std::string Ratio(double value) { return std::isnan(value) ? "–" : Format("%.2f", value); }

}  // namespace cfgtorture::reports
