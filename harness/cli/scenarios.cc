#include "harness/cli/scenarios.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/cli/selection.h"
#include "harness/result/counted.h"
#include "harness/result/printable.h"
#include "harness/run/cells.h"

namespace cfgtorture::cli {
namespace {

constexpr std::array<const char*, 3> kForBuggy = {"pct", "random", "dpor"};
constexpr std::array<const char*, 2> kForFixed = {"dpor", "random"};
constexpr const char* kEnds = "dpor";
constexpr const char* kWithoutEnds = "tso";  // memory model that it has no rules for

bool IsBuggy(const CellSpec& spec) { return spec.side == "buggy"; }

CellSpec SpecFor(CellSpec spec, const std::string& explorer, const ScenarioPlan& plan) {
  const bool buggy = IsBuggy(spec);
  const ScenarioSizes& sizes = plan.sizes;
  spec.explorer = explorer;
  spec.time_s = plan.time_s;
  spec.executions = 0;
  if (explorer == kEnds && plan.explorer.empty()) {
    spec.executions = sizes.dpor_executions;
    if (spec.time_s == 0) spec.time_s = sizes.dpor_s;
  } else if (spec.time_s == 0) {
    spec.executions = buggy ? sizes.buggy_executions : sizes.fixed_executions;
  }
  // A fixed side goes on after what should not be there, to say how often it is.
  spec.until_found = spec.until_found && buggy;
  spec.id = absl::StrCat(IdOf(spec), "/", spec.explorer);
  return spec;
}

std::string KeyOf(const CellSpec& spec) {
  return absl::StrCat(spec.program, ":", spec.argument, "/", spec.side, "/", spec.strategy, "/", spec.spin, "/",
                      spec.bridge, "/", spec.flavour);
}

// The executions after which a cell has found all of `must`; 0 if it has not.
uint64_t ExecutionsToAll(const CellResult& cell, const std::vector<std::string>& must) {
  int64_t executions = 0;
  for (const std::string& name : must) {
    const auto found = cell.hazards.find(name);
    if (found == cell.hazards.end() || found->second.verdict != "found") return 0;
    executions = std::max(executions, found->second.executions_to_first);
  }
  return static_cast<uint64_t>(executions);
}

// "found by pct in 37 executions, random in 812; not by dpor in 10000"; where none has found all, what each has.
std::string HowFound(const ScenarioSide& side, const RunResult& result) {
  const std::vector<std::string>& must = side.program->must_find;
  std::vector<std::string> parts, without;
  for (const size_t i : side.cells) {
    const CellResult& cell = result.cells[i];
    const uint64_t executions = ExecutionsToAll(cell, must);
    if (executions == 0) {
      if (cell.executions != 0) without.push_back(absl::StrCat(cell.spec.explorer, " in ", cell.executions));
      continue;
    }
    parts.push_back(absl::StrCat(cell.spec.explorer, " in ",
                                 parts.empty() ? Counted(executions, "execution") : absl::StrCat(executions)));
  }
  if (parts.empty()) {
    without.clear();
    for (const auto& [name, i] : side.found) parts.push_back(absl::StrCat(result.cells[i].spec.explorer, " ", name));
  }
  return absl::StrCat("found by ", absl::StrJoin(parts, ", "), without.empty() ? "" : "; not by ",
                      absl::StrJoin(without, ", "));
}

std::string OthersKey(const CellSpec& spec) {
  CellSpec other = spec;
  other.side = IsBuggy(spec) ? "fixed" : "buggy";
  return KeyOf(other);
}

// Has the explorer of this exhausted cell convicted the buggy side? True if there is none, or it was not asked.
bool IsWitness(const CellResult& cell, const ScenarioSide& side, const RunResult& result) {
  for (const CellResult& other : result.cells) {
    if (other.status == "done" && KeyOf(other.spec) == OthersKey(cell.spec) &&
        other.spec.explorer == cell.spec.explorer) {
      return ExecutionsToAll(other, side.program->must_find) != 0;
    }
  }
  return true;
}

// What the cells of a side say that nothing was found in.
std::string HowClean(const ScenarioSide& side, const RunResult& result) {
  std::vector<std::string> parts;
  for (const size_t i : side.cells) {
    const CellResult& cell = result.cells[i];
    if (cell.executions == 0) continue;
    std::vector<std::string> open;  // what this explorer cannot tell
    for (const auto& [name, outcome] : cell.hazards) {
      if (outcome.verdict == "undecided") open.push_back(name);
    }
    if (cell.exhausted && !open.empty()) {
      parts.push_back(absl::StrCat(cell.spec.explorer, " ended, ", Counted(cell.executions, "execution"),
                                   ", but does not decide ", absl::StrJoin(open, ",")));
    } else if (!cell.exhausted) {
      if (cell.spec.explorer == kEnds && side.cells.size() > 1) continue;  // given up: the other one has the figures
      parts.push_back(absl::StrCat("clean for ", Counted(cell.executions, "execution"), " (", cell.distinct,
                                   " distinct), ", cell.spec.explorer));
    } else if (IsWitness(cell, side, result)) {
      parts.push_back(absl::StrCat("exhausted by ", cell.spec.explorer, ", ", Counted(cell.executions, "execution")));
    } else {
      parts.push_back(absl::StrCat(cell.spec.explorer, " ended, but has not convicted the buggy side"));
    }
  }
  return absl::StrJoin(parts, "; ");
}

std::string SideText(const ScenarioSide& side, const RunResult& result) {
  if (!side.reached) return "not run";
  std::vector<std::string> missing, extra;
  bool few = false;
  if (side.buggy) {
    for (const std::string& name : side.program->must_find) {
      if (side.found.count(name) == 0) missing.push_back(name);
    }
  }
  for (const size_t i : side.cells) {
    for (const auto& [name, outcome] : result.cells[i].hazards) {
      few |= outcome.agreement == "undecided" && Contains(missing, name);
      if (outcome.verdict == "found" && outcome.agreement == "disagrees" && !Contains(extra, name)) {
        extra.push_back(name);
      }
    }
  }
  std::string text;
  if (!missing.empty()) {
    uint64_t executions = 0;
    for (const size_t i : side.cells) executions += result.cells[i].executions;
    text = absl::StrCat(few ? "? " : "! ", absl::StrJoin(missing, ","), " not found in ",
                        Counted(executions, "execution"));
  } else if (side.buggy) {
    text = HowFound(side, result);
  } else if (extra.empty()) {
    text = absl::StrCat(side.exercised ? "" : "? not exercised; ", HowClean(side, result));
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

std::vector<CellResult> CellsOfSides(const std::vector<CellResult>& cells, const ScenarioPlan& plan) {
  std::vector<CellResult> all;
  for (const CellResult& cell : cells) {
    if (!run::IsPending(cell)) {
      all.push_back(cell);
      continue;
    }
    std::vector<std::string> explorers(kForFixed.begin(), kForFixed.end());
    if (IsBuggy(cell.spec)) explorers.assign(kForBuggy.begin(), kForBuggy.end());
    if (!plan.explorer.empty()) explorers = {plan.explorer};
    if (plan.explorer.empty() && cell.spec.memory == kWithoutEnds) std::erase(explorers, kEnds);
    for (const std::string& explorer : explorers) {
      CellResult of_it = cell;
      of_it.spec = SpecFor(cell.spec, explorer, plan);
      all.push_back(std::move(of_it));
    }
  }
  return all;
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
      const bool counts = !side.buggy || Contains(program->must_find, name);
      if (outcome.verdict == "found" && counts) side.found.emplace(name, i);
      side.exercised |= outcome.verdict == "clean" || outcome.verdict == "found";
    }
  }
  return sides;
}

std::string ScenarioTable(const RunResult& result) {
  std::vector<std::array<std::string, 5>> rows = {{"scenario", "tag", "side", "expected", "seen"}};
  for (const ScenarioSide& side : SidesOf(result)) {
    const CellSpec& spec = result.cells[side.cells.front()].spec;
    rows.push_back({absl::StrCat(spec.program, spec.argument.empty() ? "" : ":", spec.argument,
                                 spec.flavour == "rt" ? " (rt)" : ""),
                    side.program->tag, side.name.empty() ? "-" : side.name,
                    side.buggy ? absl::StrJoin(side.program->must_find, ",") : "clean", SideText(side, result)});
  }
  std::array<size_t, 5> widths{};
  for (auto& row : rows) {
    for (size_t c = 0; c < row.size(); ++c) {
      row[c] = PrintableLine(row[c]);
      widths[c] = std::max(widths[c], row[c].size());
    }
  }
  std::string text;
  for (const auto& row : rows) {
    for (size_t c = 0; c < row.size(); ++c) {
      absl::StrAppend(&text, row[c]);
      if (c + 1 < row.size()) text.append(widths[c] + 2 - row[c].size(), ' ');
    }
    text += '\n';
  }
  const bool left_out = std::any_of(result.cells.begin(), result.cells.end(), [](const CellResult& cell) {
    return cell.spec.memory == kWithoutEnds && cell.spec.explorer != kEnds;
  });
  if (left_out) {
    absl::StrAppend(&text, "without ", kEnds, ", which does not go with --memory ", kWithoutEnds,
                    ": no side is exhausted\n");
  }
  return text;
}

}  // namespace cfgtorture::cli
