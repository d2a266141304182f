#include "harness/cli/table.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/cli/explored.h"
#include "harness/result/died.h"
#include "harness/result/printable.h"
#include "harness/run/progress.h"
#include "reports/measured.h"

namespace cfgtorture::cli {
namespace {

constexpr const char* kInterval = "_ci95";

std::string Painted(const Grid::Field& field, size_t width, bool colours) {
  std::string text = field.text;
  text.resize(std::max(width, text.size()), ' ');
  if (!colours || field.colour == ' ') return text;
  const char* code = field.colour == 'g' ? "32" : field.colour == 'r' ? "31;1" : "33";
  return absl::StrCat("\x1b[", code, "m", text, "\x1b[0m");
}

// What the cells of one strategy and program say of what the program is about.
struct TablePlace {
  bool probe = true;
  std::vector<std::string> verdicts;  // one a hazard and bridge
  std::vector<std::string> agreements;
  int preemptions = -1;
  bool died = false;
  bool reached = false;
  bool beside = false;  // of a probe: something else was found
  double operations_per_s = 0;
};

const char* Shown(const std::string& verdict) {
  if (verdict == "found") return "FOUND";
  if (verdict == "clean") return "clean";
  if (verdict == "not-exercised") return "not exercised";
  if (verdict == "not-applicable") return "n/a";
  if (verdict == "undecided") return "undecided";
  return "-";
}

using Places = std::map<std::pair<std::string, std::string>, TablePlace>;  // strategy, program

void AddTo(TablePlace& place, const CellResult& cell) {
  place.reached = true;
  place.probe = cell.spec.kind == "probe" && cell.spec.engine == "model";
  place.died |= Died(cell);
  for (const auto& [name, outcome] : cell.hazards) {
    // A consequence that carries no verdict is no answer to the probe's question, but it is told.
    if (place.probe && outcome.expected == "may-be-found") {
      place.beside |= outcome.verdict == "found";
      continue;
    }
    place.verdicts.push_back(outcome.verdict);
    place.agreements.push_back(outcome.agreement);
    if (outcome.verdict != "found" || outcome.fewest_preemptions < 0) continue;
    if (place.preemptions < 0 || outcome.fewest_preemptions < place.preemptions) {
      place.preemptions = outcome.fewest_preemptions;
    }
  }
  const double rate = reports::MeasuredRate(cell);
  if (!std::isnan(rate)) place.operations_per_s = std::max(place.operations_per_s, rate);
}

Grid::Field FieldOf(const TablePlace& place, bool cost) {
  if (!place.reached) return {"-"};
  if (place.died) return {"CRASH", 'r'};
  if (cost) return {place.operations_per_s > 0 ? run::Short(place.operations_per_s) + "/s" : "-"};
  const std::string worst = Worst(place.verdicts);
  std::string text = Shown(worst);
  if (place.probe) {
    if (worst == "found" && place.preemptions >= 0) absl::StrAppend(&text, " (", place.preemptions, ")");
    if (place.beside) text += " +FOUND";
  } else {
    // About many hazards at once: how many of them were found, or else were exercised and clean.
    const auto count = [&](const char* verdict) {
      return std::count(place.verdicts.begin(), place.verdicts.end(), verdict);
    };
    const char* const of = count("found") > 0 ? "found" : count("clean") > 0 ? "clean" : nullptr;
    if (of != nullptr) text = absl::StrCat(Shown(of), " ", count(of), "/", place.verdicts.size());
  }
  const auto has = [&](std::string_view word) {
    return std::find(place.agreements.begin(), place.agreements.end(), word) != place.agreements.end();
  };
  if (has("disagrees")) return {"! " + text, 'r'};
  if (has("undecided")) return {"? " + text, 'y'};
  // What the table leaves open is not as it says.
  bool as_expected = false;
  for (size_t i = 0; i < place.verdicts.size(); ++i)
    as_expected |= place.verdicts[i] == worst && place.agreements[i] == "agrees";
  return {text, as_expected && !place.beside ? 'g' : ' '};
}

// Names once each, in the order of the run's cells.
std::vector<std::string> NamesInOrder(const RunResult& result, std::string CellSpec::*name,
                                      const std::function<bool(const CellResult&)>& wanted) {
  std::vector<std::string> names;
  for (const CellResult& cell : result.cells) {
    if (wanted(cell) && std::find(names.begin(), names.end(), cell.spec.*name) == names.end()) {
      names.push_back(cell.spec.*name);
    }
  }
  return names;
}

Grid GridOf(const RunResult& result, const std::string& title, bool cost,
            const std::function<bool(const CellResult&)>& wanted) {
  Grid grid{title, NamesInOrder(result, &CellSpec::program, wanted), {}};
  Places places;
  for (const CellResult& cell : result.cells) {
    if (wanted(cell)) AddTo(places[{cell.spec.strategy, cell.spec.program}], cell);
  }
  for (const std::string& strategy : NamesInOrder(result, &CellSpec::strategy, wanted)) {
    Grid::Row row{strategy, {}};
    for (const std::string& program : grid.columns) row.fields.push_back(FieldOf(places[{strategy, program}], cost));
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

}  // namespace

TableStyle StyleOf(std::FILE* stream) {
  TableStyle style;
  // What a user says holds wherever the text goes.
  if (const char* columns = getenv("COLUMNS"); columns != nullptr && std::atoi(columns) >= 40) {
    style.width = static_cast<unsigned>(std::min(std::atoi(columns), 1000));
  }
  if (stream == nullptr || isatty(fileno(stream)) == 0) return style;
  winsize size{};
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) style.width = size.ws_col;
  style.colours = getenv("NO_COLOR") == nullptr;
  return style;
}

std::string Render(const Grid& raw, const TableStyle& style) {
  Grid grid = raw;
  for (std::string& column : grid.columns) column = PrintableLine(column);
  for (Grid::Row& row : grid.rows) row.name = PrintableLine(row.name);
  size_t name_width = 8;
  for (const Grid::Row& row : grid.rows) name_width = std::max(name_width, row.name.size());
  std::vector<size_t> widths;
  for (size_t c = 0; c < grid.columns.size(); ++c) {
    size_t width = grid.columns[c].size();
    for (const Grid::Row& row : grid.rows) width = std::max(width, row.fields[c].text.size());
    widths.push_back(width);
  }
  std::string text = grid.title + "\n";
  for (size_t begin = 0; begin < grid.columns.size();) {
    size_t end = begin;
    size_t used = name_width;
    while (end < grid.columns.size() && (end == begin || used + 2 + widths[end] <= style.width))
      used += 2 + widths[end++];
    text.append(name_width, ' ');
    for (size_t c = begin; c < end; ++c) absl::StrAppend(&text, "  ", Painted({grid.columns[c]}, widths[c], false));
    while (text.back() == ' ') text.pop_back();
    text += '\n';
    for (const Grid::Row& row : grid.rows) {
      text += Painted({row.name}, name_width, false);
      for (size_t c = begin; c < end; ++c)
        absl::StrAppend(&text, "  ", Painted(row.fields[c], widths[c], style.colours));
      while (text.back() == ' ') text.pop_back();
      text += '\n';
    }
    begin = end;
    if (begin < grid.columns.size()) text += '\n';
  }
  return text;
}

std::string Worst(const std::vector<std::string>& verdicts) {
  for (const char* verdict : {"found", "undecided", "not-exercised", "clean", "not-applicable"}) {
    if (std::find(verdicts.begin(), verdicts.end(), verdict) != verdicts.end()) return verdict;
  }
  return "";
}

std::string VerdictTables(const RunResult& result, const TableStyle& style) {
  struct Part {
    const char* title;
    const char* engine;
    const char* kind;  // "" any
    bool cost;
  };
  static constexpr std::array<Part, 4> kParts = {{
      {"Probes, in the model (fewest preemptions):", "model", "probe", false},
      {"Workloads, in the model (hazards found, or exercised and clean, of those looked for):", "model", "workload",
       false},
      {"Real executions under libtsan:", "tsan", "", false},
      {"Cost on native threads, operations (measured; the better bridge):", "native", "workload", true},
  }};
  std::string text;
  for (const Part& part : kParts) {
    const auto wanted = [&part](const CellResult& cell) {
      return cell.spec.engine == part.engine && (*part.kind == '\0' || cell.spec.kind == part.kind);
    };
    const Grid grid = GridOf(result, part.title, part.cost, wanted);
    if (grid.rows.empty()) continue;
    absl::StrAppend(&text, text.empty() ? "" : "\n", Render(grid, style));
  }
  if (text.empty()) return text;
  absl::StrAppend(&text, "\n! not as ci/expected_verdicts.json says   ? undecided\n");
  if (absl::StrContains(text, "+FOUND")) text += "+FOUND: another hazard, which that leaves open\n";
  return text;
}

std::string CellLines(const RunResult& result) {
  std::string text;
  for (const CellResult& cell : result.cells) {
    absl::StrAppend(&text, PrintableLine(cell.spec.id), "  ", cell.status);
    if (!cell.reason.empty()) absl::StrAppend(&text, " (", PrintableLine(cell.reason), ")");
    if (cell.executions > 0) {
      absl::StrAppend(&text, "  ", cell.executions, " executions");
      if (cell.wall_s > 0)
        absl::StrAppend(&text, ", ", run::Short(static_cast<double>(cell.executions) / cell.wall_s), "/s");
      if (cell.points > 0) {
        absl::StrAppend(
            &text, ", ",
            absl::StrFormat("%.1f", static_cast<double>(cell.points) / static_cast<double>(cell.executions)),
            " scheduling points each");
        if (cell.wall_s > 0)
          absl::StrAppend(&text, ", ", run::Short(static_cast<double>(cell.points) / cell.wall_s), " points/s");
      }
    }
    text += '\n';
    text += ExploredLines(cell);
    for (const auto& [name, outcome] : cell.hazards) {
      absl::StrAppend(&text, "  ", absl::StrFormat("%-18s %-14s", name, Shown(outcome.verdict)), outcome.strength);
      if (outcome.fewest_preemptions >= 0) absl::StrAppend(&text, ", fewest preemptions ", outcome.fewest_preemptions);
      if (outcome.opportunities > 0) absl::StrAppend(&text, ", ", outcome.opportunities, " opportunities");
      if (!outcome.reason.empty() && outcome.reason != cell.reason) absl::StrAppend(&text, "; ", outcome.reason);
      text += '\n';
    }
    for (const OperationMetric& metric : cell.operations) {
      absl::StrAppend(&text, "  ",
                      absl::StrFormat("%-18s %12d  p50 %.0f ns  p99 %.0f ns  p99.9 %.0f ns  max %.0f ns",
                                      PrintableLine(metric.operation), metric.count, metric.p50_ns, metric.p99_ns,
                                      metric.p999_ns, metric.max_ns),
                      "\n");
    }
    for (const auto& [name, value] : cell.metrics) {
      if (cell.points > 0 && (name == "executions_per_s" || name == "points_per_s")) continue;  // above
      if (absl::EndsWith(name, kInterval)) continue;  // stands with what it is of
      absl::StrAppend(&text, "  ", absl::StrFormat("%-34s %.6g", PrintableLine(name), value));
      const auto interval = cell.metrics.find(name + kInterval);
      if (interval != cell.metrics.end()) absl::StrAppend(&text, absl::StrFormat(" +- %.2g (95 %%)", interval->second));
      text += '\n';
    }
    const auto more = cell.metrics.find("oversubscribed");
    if (more != cell.metrics.end() && more->second != 0) {
      text += "  more threads than CPUs: these figures are the host's scheduler's, and compare with nothing\n";
    }
  }
  return text;
}

}  // namespace cfgtorture::cli
