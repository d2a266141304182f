#include "harness/cli/scenarios.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/cli/selection.h"
#include "harness/run/cells.h"

namespace cfgtorture::cli {
namespace {

// In the order in which they are asked. What finds bugs soonest is no matter of taste but of the bug (design 8).
constexpr std::array<const char*, 3> kForBuggy = {"pct", "random", "dpor"};
constexpr std::array<const char*, 2> kForFixed = {"dpor", "random"};

bool IsBuggy(const CellSpec& spec) { return spec.side == "buggy"; }

// The cell of `spec`'s side that asks explorer number `turn`; false if there is none.
bool MakeTurn(const ScenarioPlan& plan, size_t turn, CellSpec* spec) {
  const bool buggy = IsBuggy(*spec);
  if (plan.explorer.empty()) {
    if (turn >= (buggy ? kForBuggy.size() : kForFixed.size())) return false;
    spec->explorer = buggy ? kForBuggy[turn] : kForFixed[turn];
  } else {
    if (turn > 0) return false;
    spec->explorer = plan.explorer;
  }
  const ScenarioSizes& sizes = plan.sizes;
  const bool tries_to_end = !buggy && spec->explorer == "dpor" && plan.explorer.empty();
  spec->time_s = plan.time_s;
  spec->executions = 0;
  if (tries_to_end) {
    spec->executions = sizes.dpor_executions;
    if (spec->time_s == 0) spec->time_s = sizes.dpor_s;
  } else if (spec->time_s == 0) {
    spec->executions = buggy ? sizes.buggy_executions : sizes.fixed_executions;
  }
  // All that must be found; a fixed side goes on after what should not be there, to say how often it is.
  spec->until_found = spec->until_found && buggy;
  spec->id = absl::StrCat(IdOf(*spec), "/", spec->explorer);
  return true;
}

std::string KeyOf(const CellSpec& spec) {
  return absl::StrCat(spec.program, ":", spec.argument, "/", spec.side, "/", spec.strategy, "/", spec.spin, "/",
                      spec.bridge, "/", spec.flavour);
}

bool IsDecided(const ScenarioSide& side, const RunResult& result) {
  if (side.buggy) return side.found.size() >= side.program->must_find.size();  // `found` holds these alone
  return !side.found.empty() ||
         std::any_of(side.cells.begin(), side.cells.end(), [&](size_t i) { return result.cells[i].exhausted; });
}

std::string Executions(uint64_t n) { return absl::StrCat(n, n == 1 ? " execution" : " executions"); }

// "found by pct in 37 executions"; of several explorers, each with what it found.
std::string HowFound(const ScenarioSide& side, const RunResult& result) {
  std::map<size_t, std::vector<std::string>> by_cell;
  for (const std::string& name : side.program->must_find) {
    if (const auto found = side.found.find(name); found != side.found.end()) by_cell[found->second].push_back(name);
  }
  std::vector<std::string> parts;
  for (const auto& [index, names] : by_cell) {
    const CellResult& cell = result.cells[index];
    int64_t executions = 0;
    for (const std::string& name : names) {
      executions = std::max(executions, cell.hazards.at(name).executions_to_first);
    }
    parts.push_back(absl::StrCat(by_cell.size() > 1 ? absl::StrJoin(names, ",") + " " : "", "by ", cell.spec.explorer,
                                 " in ", Executions(static_cast<uint64_t>(executions))));
  }
  return absl::StrCat("found ", absl::StrJoin(parts, "; "));
}

// What the cells of a side say that nothing was found in.
std::string HowClean(const ScenarioSide& side, const RunResult& result) {
  const CellResult* best = nullptr;
  for (const size_t i : side.cells) {
    const CellResult& cell = result.cells[i];
    if (cell.exhausted) {
      return absl::StrCat("exhausted by ", cell.spec.explorer, ", ", Executions(cell.executions));
    }
    if (best == nullptr || cell.executions >= best->executions) best = &cell;
  }
  return absl::StrCat("clean for ", Executions(best->executions), " (", best->distinct, " distinct), ",
                      best->spec.explorer);
}

std::string ResultText(const ScenarioSide& side, const RunResult& result) {
  if (!side.reached) return "not run";
  std::vector<std::string> missing, extra;
  if (side.buggy) {
    for (const std::string& name : side.program->must_find) {
      if (side.found.count(name) == 0) missing.push_back(name);
    }
  }
  for (const size_t i : side.cells) {
    for (const auto& [name, outcome] : result.cells[i].hazards) {
      if (outcome.verdict == "found" && outcome.agreement == "disagrees" &&
          std::find(extra.begin(), extra.end(), name) == extra.end()) {
        extra.push_back(name);
      }
    }
  }
  std::string text;
  if (!missing.empty()) {
    uint64_t executions = 0;
    for (const size_t i : side.cells) executions += result.cells[i].executions;
    text = absl::StrCat("! ", absl::StrJoin(missing, ","), " not found in ", Executions(executions));
  } else if (side.buggy) {
    text = HowFound(side, result);
  } else if (extra.empty()) {
    text = HowClean(side, result);
  }
  if (!extra.empty()) absl::StrAppend(&text, text.empty() ? "" : "; ", "! found ", absl::StrJoin(extra, ","));
  return text;
}

}  // namespace

bool SayWhatTheyExpect(const std::vector<CellResult>& cells, const Catalogue& catalogue) {
  bool any = false;
  for (const CellResult& cell : cells) {
    if (cell.spec.kind != "scenario") return false;
    const CatalogueProgram* program = catalogue.FindProgram("scenario", cell.spec.program);
    any |= program != nullptr && !program->sides.empty();
  }
  return any;
}

std::vector<CellResult> FirstRound(std::vector<CellResult> cells, const ScenarioPlan& plan) {
  for (CellResult& cell : cells) MakeTurn(plan, 0, &cell.spec);
  return cells;
}

std::vector<CellResult> NextRound(const RunResult& result, const ScenarioPlan& plan) {
  std::vector<CellResult> next;
  for (const ScenarioSide& side : SidesOf(result)) {
    if (IsDecided(side, result)) continue;
    const CellResult& first = result.cells[side.cells.front()];
    const bool ended =
        std::all_of(side.cells.begin(), side.cells.end(), [&](size_t i) { return result.cells[i].status == "done"; });
    CellSpec spec = first.spec;
    if (!ended || !MakeTurn(plan, side.cells.size(), &spec)) continue;
    next.push_back(run::PendingCell(spec, side.program->hazards));
  }
  return next;
}

std::vector<ScenarioSide> SidesOf(const RunResult& result) {
  std::vector<ScenarioSide> sides;
  std::map<std::string, size_t> known;
  for (size_t i = 0; i < result.cells.size(); ++i) {
    const CellResult& cell = result.cells[i];
    const CatalogueProgram* program = result.catalogue.FindProgram("scenario", cell.spec.program);
    if (program == nullptr) continue;
    const auto [at, is_new] = known.emplace(KeyOf(cell.spec), sides.size());
    if (is_new) {
      sides.emplace_back();
      sides.back().program = program;
      sides.back().name = cell.spec.side;
      sides.back().buggy = IsBuggy(cell.spec);
    }
    ScenarioSide& side = sides[at->second];
    side.cells.push_back(i);
    side.reached |= cell.status != "not-run";
    for (const auto& [name, outcome] : cell.hazards) {
      const bool counts = !side.buggy || std::find(program->must_find.begin(), program->must_find.end(), name) !=
                                             program->must_find.end();
      if (outcome.verdict == "found" && counts) side.found.emplace(name, i);
    }
  }
  return sides;
}

std::string ScenarioTable(const RunResult& result) {
  std::vector<std::array<std::string, 5>> rows = {{"scenario", "tag", "side", "expected", "seen"}};
  for (const ScenarioSide& side : SidesOf(result)) {
    const CellSpec& spec = result.cells[side.cells.front()].spec;
    rows.push_back({absl::StrCat(spec.program, spec.argument.empty() ? "" : ":", spec.argument), side.program->tag,
                    side.name.empty() ? "-" : side.name,
                    side.buggy ? absl::StrJoin(side.program->must_find, ",") : "clean", ResultText(side, result)});
  }
  std::array<size_t, 5> widths{};
  for (const auto& row : rows) {
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string text;
  for (const auto& row : rows) {
    for (size_t c = 0; c < row.size(); ++c) {
      absl::StrAppend(&text, row[c]);
      if (c + 1 < row.size()) text.append(widths[c] + 2 - row[c].size(), ' ');
    }
    text += '\n';
  }
  return text;
}

}  // namespace cfgtorture::cli
