#include "harness/cli/outcome.h"

#include <algorithm>
#include <csignal>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/cli/parse.h"
#include "harness/cli/scenarios.h"
#include "harness/result/counted.h"
#include "harness/result/died.h"
#include "harness/result/hazard.h"

namespace cfgtorture::cli {
namespace {

// What a cell tells, whoever judges it.
struct Totals {
  uint64_t harness_failed = 0, blind = 0, bad_input = 0, died = 0, unfinished = 0;
  std::string first;  // the worst, in words
};

bool AllNotApplicable(const CellResult& cell) {
  return !cell.hazards.empty() && std::all_of(cell.hazards.begin(), cell.hazards.end(), [](const auto& hazard) {
    return hazard.second.verdict == "not-applicable";
  });
}

Totals TotalsOf(const RunResult& result, const run::CellsOutcome& outcome) {
  Totals totals;
  int worst = 0;
  const auto note = [&](int rank, uint64_t& count, const CellResult& cell, const std::string& what) {
    ++count;
    if (rank <= worst) return;
    worst = rank;
    totals.first = absl::StrCat(cell.spec.id, ": ", what);
  };
  for (size_t i = 0; i < result.cells.size(); ++i) {
    const CellResult& cell = result.cells[i];
    const run::Ending ending = outcome.endings[i];
    if (ending == run::Ending::kBadInput) {
      note(5, totals.bad_input, cell, cell.reason);
    } else if (ending == run::Ending::kHarnessFailed) {
      note(4, totals.harness_failed, cell, cell.reason);
    } else if (IsBlind(cell)) {
      note(3, totals.blind, cell, "no access of the code under test was seen");
    } else if (Died(cell)) {
      note(2, totals.died, cell, cell.reason);
    } else if (cell.status == "timeout") {
      note(1, totals.unfinished, cell, cell.reason);
    } else if (cell.status == "not-run" && !AllNotApplicable(cell)) {
      note(1, totals.unfinished, cell, absl::StrCat("not run: ", cell.reason));
    }
  }
  return totals;
}

void Set(Summary& summary, const char* outcome, int exit_status, const std::string& text) {
  summary.outcome = outcome;
  summary.exit_status = exit_status;
  summary.text = text;
}

// True if something ends the question whatever the verdicts are.
bool SetByTotals(RunResult& result, const run::CellsOutcome& cells, const Totals& totals) {
  Summary& summary = result.summary;
  if (cells.signal != 0) {
    Set(summary, "interrupted", cells.signal == SIGTERM ? kTerminated : kInterrupted,
        absl::StrCat("the ", summary.cells["done"], " cells that were done are in the result"));
  } else if (totals.bad_input > 0) {
    Set(summary, "failed", kUsageOrInput, totals.first);
  } else if (totals.harness_failed > 0 || totals.blind > 0) {
    Set(summary, "failed", kHarnessFailed, totals.first);
  } else {
    return false;
  }
  return true;
}

// Of a cell in which nothing is found, nor clean.
std::string WhyUndecided(const CellResult& cell) {
  for (const auto& [name, outcome] : cell.hazards) {
    if (outcome.verdict == "undecided" && !outcome.reason.empty()) return absl::StrCat(name, ": ", outcome.reason);
  }
  return "nothing of what it is about was exercised";
}

// Of the explorer that has run the least; one that has come to its end would find no more, and dpor beside others has a
// budget of its own.
uint64_t FewestExecutions(const ScenarioSide& side, const RunResult& result) {
  uint64_t fewest = UINT64_MAX;
  for (const size_t i : side.cells) {
    const CellResult& cell = result.cells[i];
    if (cell.exhausted || (cell.spec.explorer == "dpor" && side.cells.size() > 1)) continue;
    fewest = std::min(fewest, cell.executions);
  }
  return fewest;
}

// A probe's cell of the table is for the model. Real executions and workloads are evidence against a strategy, where no
// probe finds what they find, and never an acquittal.
ci::Expectation WantedOf(const ci::Expected& table, const CellSpec& spec, Hazard hazard) {
  if (spec.engine == "model" && spec.kind == "probe") {
    return table.Of(spec.strategy, spec.program, spec.bridge, spec.flavour, hazard);
  }
  return table.InWorkload(spec.strategy, spec.bridge, spec.flavour, hazard);
}

const char* NameOf(ci::Agreement agreement) {
  switch (agreement) {
    case ci::Agreement::kAgrees:
      return "agrees";
    case ci::Agreement::kDisagrees:
      return "disagrees";
    case ci::Agreement::kUndecided:
      return "undecided";
    case ci::Agreement::kUnjudged:
      return "";
  }
  return "";
}

// Hazards that the control must show and that no model's probe of it found.
void JudgeControl(RunResult& result, const ci::Expected& table) {
  Control& control = result.summary.control;
  control = Control{};
  const bool present = std::any_of(result.cells.begin(), result.cells.end(),
                                   [&](const CellResult& cell) { return cell.spec.strategy == table.control(); });
  if (!present) return;
  control.strategy = table.control();
  std::set<std::string> found;
  for (const CellResult& cell : result.cells) {
    if (cell.spec.strategy != table.control() || cell.spec.engine != "model" || cell.spec.kind != "probe") continue;
    for (const auto& [name, outcome] : cell.hazards) {
      if (outcome.verdict == "found") found.insert(name);
    }
  }
  for (const Hazard hazard : table.control_hazards()) {
    const std::string name(cfgtorture::NameOf(hazard));
    control.must_find.push_back(name);
    if (found.count(name) == 0) control.missing.push_back(name);
  }
}

}  // namespace

absl::StatusOr<std::optional<Expect>> ParseExpect(const std::string& text) {
  if (text.empty()) return std::nullopt;
  if (text == "clean") return Expect{true, ""};
  const std::string word = "found:";
  if (!text.starts_with(word)) {
    return absl::InvalidArgumentError(absl::StrCat("--expect \"", text, "\": expected clean or found:HAZARD"));
  }
  std::vector<std::string> hazards;
  hazards.reserve(kHazards.size());
  for (const HazardText& hazard : kHazards) hazards.emplace_back(hazard.name);
  Expect expect{false, text.substr(word.size())};
  if (absl::Status status = CheckName("--expect found:", expect.hazard, hazards); !status.ok()) return status;
  return expect;
}

void CountCells(RunResult& result) {
  result.summary.cells.clear();
  result.summary.findings = 0;
  for (const CellResult& cell : result.cells) {
    ++result.summary.cells[cell.status];
    result.summary.findings += cell.findings.size();
  }
}

void JudgeByExpect(RunResult& result, const run::CellsOutcome& cells, const std::optional<Expect>& expect) {
  CountCells(result);
  const Totals totals = TotalsOf(result, cells);
  if (SetByTotals(result, cells, totals)) return;

  Summary& summary = result.summary;
  std::vector<std::string> found;    // hazards, each once
  std::vector<std::string> differs;  // cells that are not as --expect says
  uint64_t undecided = totals.unfinished;
  std::string undecided_text = totals.first;
  uint64_t judged = 0;
  for (const CellResult& cell : result.cells) {
    bool wanted_found = false;
    bool clean = false;
    bool any = false;
    for (const auto& [name, outcome] : cell.hazards) {
      clean |= outcome.verdict == "clean";
      if (outcome.verdict != "found") continue;
      any = true;
      wanted_found |= expect.has_value() && name == expect->hazard;
      if (std::find(found.begin(), found.end(), name) == found.end()) found.push_back(name);
    }
    if (cell.status == "not-run") continue;
    ++judged;
    if (expect.has_value() && expect->clean ? any : expect.has_value() && !wanted_found)
      differs.push_back(cell.spec.id);
    // Who asks for modelled figures gets them from one task too, which exercises nothing.
    const bool for_figures = cell.spec.explorer == "virtual-time" && !expect.has_value();
    if (!any && !clean && !for_figures && (!expect.has_value() || expect->clean)) {
      ++undecided;
      if (undecided_text.empty()) undecided_text = absl::StrCat(cell.spec.id, ": ", WhyUndecided(cell));
    }
  }
  if (totals.died > 0 && !(expect.has_value() && expect->hazard == NameOf(Hazard::kCrash))) {
    Set(summary, "found", kDiffers, totals.first);
  } else if (!expect.has_value() && !found.empty()) {
    Set(summary, "found", kDiffers, absl::StrCat("found ", absl::StrJoin(found, ", ")));
  } else if (!differs.empty()) {
    Set(summary, "differs", kDiffers,
        absl::StrCat(differs.front(), expect->clean ? ": a finding where none is expected"
                                                    : absl::StrCat(": ", expect->hazard, " was not found")));
  } else if (undecided > 0) {
    Set(summary, "undecided", kUndecided, undecided_text);
  } else if (judged == 0) {
    Set(summary, "undecided", kUndecided, "no cell of this selection can be run");
  } else if (expect.has_value() && !expect->clean) {
    Set(summary, "holds", kHolds, absl::StrCat("found ", expect->hazard, ", as expected"));
  } else {
    Set(summary, "holds", kHolds, absl::StrCat("no finding in ", Counted(judged, "cell")));
  }
}

void JudgeAudit(RunResult& result, const run::CellsOutcome& cells) {
  CountCells(result);
  const Totals totals = TotalsOf(result, cells);
  if (SetByTotals(result, cells, totals)) return;
  Summary& summary = result.summary;
  uint64_t needed = 0, explained = 0, spare = 0, undecided = 0;
  for (const AuditRow& row : result.audit) {
    ++(row.verdict == "needed"      ? needed
       : row.verdict == "undecided" ? undecided
       : row.reason.empty()         ? spare
                                    : explained);
  }
  const std::string text = absl::StrCat(needed, " needed, ", explained, " spare with a reason, ", spare,
                                        " not needed within this bound, ", undecided, " undecided");
  if (result.audit.empty() || totals.unfinished > 0) {
    Set(summary, "undecided", kUndecided,
        result.audit.empty() ? "no place was passed that orders or guards anything" : totals.first);
  } else if (spare > 0) {
    Set(summary, "found", kDiffers, text);
  } else if (undecided > 0) {
    Set(summary, "undecided", kUndecided, text);
  } else {
    Set(summary, "holds", kHolds, text);
  }
}

void JudgeClaims(RunResult& result, const run::CellsOutcome& cells) {
  CountCells(result);
  Summary& summary = result.summary;
  std::map<std::string, uint64_t> outcomes;
  std::string first;
  for (const ClaimResult& claim : result.claims) {
    ++outcomes[claim.outcome];
    if (claim.outcome == "undecided" && first.empty()) first = absl::StrCat(claim.id, ": ", claim.because);
  }
  if (SetByTotals(result, cells, TotalsOf(result, cells))) return;
  const std::string text =
      absl::StrJoin(outcomes, ", ", [](std::string* out, const std::pair<const std::string, uint64_t>& outcome) {
        absl::StrAppend(out, outcome.second, " ", outcome.first);
      });
  if (first.empty()) {
    Set(summary, "holds", kHolds, text);
  } else {
    Set(summary, "undecided", kUndecided, absl::StrCat(text, "; ", first));
  }
}

void JudgeByTable(RunResult& result, const run::CellsOutcome& cells, const ci::Expected& table, bool whole) {
  CountCells(result);
  JudgeControl(result, table);
  const Totals totals = TotalsOf(result, cells);
  Summary& summary = result.summary;
  summary.disagreements.clear();
  uint64_t agrees = 0, undecided = totals.unfinished;
  std::map<std::string, uint64_t> unlisted;  // what workloads did not exercise, by how many cells
  std::string undecided_text = totals.first;
  for (CellResult& cell : result.cells) {
    for (auto& [name, outcome] : cell.hazards) {
      const std::optional<Hazard> hazard = HazardFromName(name);
      if (!hazard) continue;
      const ci::Expectation wanted = WantedOf(table, cell.spec, *hazard);
      if (wanted.want == ci::Want::kNotApplicable && outcome.verdict == "not-exercised") {
        outcome.verdict = "not-applicable";  // no opportunity arose, and the table says why none can
        outcome.reason = std::string(wanted.reason);
      }
      if (cell.spec.kind == "workload" && outcome.verdict == "not-exercised") {
        const std::string_view why = table.WhyNotExercised(cell.spec.program, *hazard);
        const auto deadlock = cell.hazards.find(std::string(cfgtorture::NameOf(Hazard::kDeadlock)));
        if (!why.empty()) {
          outcome.reason = std::string(why);
        } else if (deadlock != cell.hazards.end() && deadlock->second.verdict == "found") {
          outcome.reason = "no opportunity arose before the deadlock that was found";
        } else if (cell.status == "done") {
          ++unlisted[absl::StrCat(name, " by ", cell.spec.program, " in ", cell.spec.engine)];
        }
      }
      const ci::Agreement agreement = ci::Judge(wanted.want, outcome.verdict);
      outcome.expected = std::string(ci::NameOf(wanted.want));
      outcome.agreement = NameOf(agreement);
      if (agreement == ci::Agreement::kAgrees) ++agrees;
      if (agreement == ci::Agreement::kUndecided && cell.status != "not-run") {
        ++undecided;
        if (undecided_text.empty()) undecided_text = absl::StrCat(cell.spec.id, ": ", name, " is undecided");
      }
      if (agreement != ci::Agreement::kDisagrees) continue;
      const std::string reason(wanted.reason);
      absl::StrAppend(&outcome.reason, outcome.reason.empty() ? "" : "; ", "expected ", outcome.expected, ": ", reason);
      summary.disagreements.push_back({cell.spec.id, name, outcome.verdict, outcome.expected, reason});
    }
  }
  for (const auto& [what, cells_of_it] : unlisted) {
    summary.left_out.push_back(
        absl::StrCat("not exercised, for no listed reason: ", what, ", ", Counted(cells_of_it, "cell")));
  }
  if (whole) {
    for (const ci::ExpectedCell& expected : table.cells()) {
      bool strategy_ran = false, cell_ran = false;
      for (const CellResult& cell : result.cells) {
        if (cell.spec.strategy != expected.strategy) continue;
        strategy_ran = true;
        cell_ran |=
            cell.spec.engine == "model" && cell.spec.program == expected.probe && cell.spec.flavour == expected.flavour;
      }
      if (!strategy_ran || cell_ran) continue;
      ++undecided;
      const std::string text =
          absl::StrCat("the table expects a verdict of probe ", expected.probe, " (", expected.flavour, ") for ",
                       expected.strategy, "; this run has no such cell");
      if (undecided_text.empty()) undecided_text = text;
      summary.left_out.push_back(text);
    }
  }

  if (SetByTotals(result, cells, totals)) return;
  if (!summary.control.missing.empty()) {
    Set(summary, "failed", kHarnessFailed,
        absl::StrCat("the control ", summary.control.strategy, " was not convicted of ",
                     absl::StrJoin(summary.control.missing, ", "), ": this run proves nothing"));
  } else if (!summary.disagreements.empty()) {
    const Disagreement& first = summary.disagreements.front();
    Set(summary, "differs", kDiffers,
        absl::StrCat(Counted(summary.disagreements.size(), "verdict"), " of ", summary.disagreements.size() + agrees,
                     " not as expected; first ", first.cell, ": ", first.hazard, " is ", first.verdict, ", expected ",
                     first.expected));
  } else if (totals.died > 0) {
    Set(summary, "found", kDiffers, totals.first);
  } else if (undecided > 0) {
    Set(summary, "undecided", kUndecided, undecided_text);
  } else {
    Set(summary, "holds", kHolds, absl::StrCat("all ", agrees, " verdicts as expected"));
  }
}

void JudgeByScenarios(RunResult& result, const run::CellsOutcome& cells) {
  CountCells(result);
  const Totals totals = TotalsOf(result, cells);
  Summary& summary = result.summary;
  summary.disagreements.clear();
  uint64_t undecided = totals.unfinished;
  std::string undecided_text = totals.first;
  const std::vector<ScenarioSide> sides = SidesOf(result);
  for (const ScenarioSide& side : sides) {
    const CatalogueProgram& program = *side.program;
    const auto has = [](const std::vector<std::string>& list, const std::string& name) {
      return std::find(list.begin(), list.end(), name) != list.end();
    };
    for (const size_t index : side.cells) {
      CellResult& cell = result.cells[index];
      for (auto& [name, outcome] : cell.hazards) {
        const bool found = outcome.verdict == "found";
        const bool must = side.buggy && has(program.must_find, name);
        const bool may = side.buggy && has(program.may_find, name);
        outcome.expected = must ? "found" : may ? "may-be-found" : side.buggy ? "absent" : "clean";
        if (found) {
          outcome.agreement = must || may ? "agrees" : "disagrees";
        } else if (!must && outcome.verdict == "clean") {
          outcome.agreement = "agrees";
        }
        if (!found || must || may) continue;
        const std::string reason = side.buggy ? "neither in must_find nor in may_find of its file" : "the fixed side";
        summary.disagreements.push_back({cell.spec.id, name, outcome.verdict, outcome.expected, reason});
      }
    }
    if (!side.buggy && !side.exercised && side.reached) {
      ++undecided;
      if (undecided_text.empty()) {
        undecided_text =
            absl::StrCat(program.name, " ", side.name, ": ", WhyUndecided(result.cells[side.cells.front()]));
      }
    }
    if (!side.buggy || !side.reached) continue;
    const uint64_t executions = FewestExecutions(side, result);
    for (const std::string& name : program.must_find) {
      if (side.found.count(name) != 0) continue;
      CellResult& cell = result.cells[side.cells.front()];
      cell.hazards[name].expected = "found";
      if (executions < ScenarioSizes{}.buggy_executions) {
        cell.hazards[name].agreement = "undecided";
        ++undecided;
        if (undecided_text.empty()) {
          undecided_text = absl::StrCat(program.name, " ", side.name, ": ", name, " was not found in ",
                                        Counted(executions, "execution"), " of an explorer; the budget is ",
                                        ScenarioSizes{}.buggy_executions);
        }
        continue;
      }
      cell.hazards[name].agreement = "disagrees";
      summary.disagreements.push_back({cell.spec.id, name, "clean", "found", "must_find of its file"});
    }
  }
  if (SetByTotals(result, cells, totals)) return;
  if (!summary.disagreements.empty()) {
    const Disagreement& first = summary.disagreements.front();
    Set(summary, "differs", kDiffers,
        absl::StrCat(Counted(summary.disagreements.size(), "verdict"), " not as expected; first ", first.cell, ": ",
                     first.hazard, " is ", first.verdict, ", expected ", first.expected));
  } else if (totals.died > 0) {
    Set(summary, "found", kDiffers, totals.first);
  } else if (undecided > 0) {
    Set(summary, "undecided", kUndecided, undecided_text);
  } else {
    Set(summary, "holds", kHolds, absl::StrCat("all ", Counted(sides.size(), "side"), " as expected"));
  }
}

}  // namespace cfgtorture::cli
