// gate_test.cc. Goal: each outcome of a verdict, a figure and a pair of runs fires, and its neighbour does not.
#include "ci/gate/gate.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture::ci {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

CellResult Cell(const std::string& id, const std::string& verdict = "clean") {
  CellResult cell;
  cell.spec.id = id;
  cell.spec.strategy = "s";
  cell.spec.executions = 100;
  cell.status = "done";
  cell.executions = 100;
  cell.points = 3000;
  cell.accesses = 20000;
  cell.distinct = 50;
  cell.hazards["data-race"].verdict = verdict;
  if (verdict == "found") cell.hazards["data-race"].executions_to_first = 10;
  return cell;
}

RunResult RunOf(std::vector<CellResult> cells) {
  RunResult result;
  result.cells = std::move(cells);
  return result;
}

CellResult Timed(const std::string& id, double ns, double hold_ns) {
  CellResult cell = Cell(id);
  cell.spec.explorer = "virtual-time";
  cell.spec.executions = cell.executions = 1;
  cell.metrics["modelled_ns"] = ns;
  LockResult lock;
  lock.name = "pci_lock";
  lock.stat.acquisitions = 100;
  lock.stat.holdtime_avg_ns = hold_ns;
  cell.locks = {lock};
  return cell;
}

// Of the rows that tell of a cell, the outcomes, in order.
std::vector<std::string> Outcomes(const std::vector<GateRow>& rows) {
  std::vector<std::string> outcomes;
  for (const GateRow& row : rows) {
    if (!row.cell.empty()) outcomes.push_back(row.outcome);
  }
  return outcomes;
}

std::vector<std::string> VerdictStep(const std::string& before, const std::string& after) {
  const BaselineCells base = CellsOf(RunOf({Cell("c", before)}));
  return Outcomes(CompareVerdicts(RunOf({Cell("c", after)}), &base));
}

using Words = std::vector<std::string>;

TEST(Gate, AVerdictThatIsNotTheBaselinesIsARegressionIfSomethingIsFound) {
  EXPECT_EQ(VerdictStep("clean", "found"), Words{"regressed"});
  EXPECT_EQ(VerdictStep("not-exercised", "found"), Words{"regressed"});
  EXPECT_EQ(VerdictStep("found", "clean"), Words{"moved"});
  EXPECT_EQ(VerdictStep("not-exercised", "clean"), Words{"moved"});
  EXPECT_EQ(VerdictStep("clean", "not-exercised"), Words{"undecided"}) << "nothing says that it is clean any more";
  EXPECT_EQ(VerdictStep("clean", "undecided"), Words{"undecided"});
  for (const char* verdict : {"clean", "found", "not-exercised"}) EXPECT_THAT(VerdictStep(verdict, verdict), IsEmpty());
}

// A run that looked for longer, for less or otherwise than the baseline's is no change of the code by that alone.
std::vector<GateRow> LookStep(const std::string& before, CellResult after) {
  const BaselineCells base = CellsOf(RunOf({Cell("c", before)}));
  std::vector<GateRow> rows = CompareVerdicts(RunOf({after}), &base);
  for (GateRow& row : CompareFigures(RunOf({after}), base)) rows.push_back(row);
  return rows;
}

TEST(Gate, WhatALongerLookFindsIsUndecidedUnlessTheBaselinesRunHadComeByIt) {
  CellResult longer = Cell("c", "found");
  longer.spec.executions = 0;  // by time, as compare has it
  longer.executions = 17088;
  longer.hazards["data-race"].executions_to_first = 15632;
  const std::vector<GateRow> rows = LookStep("clean", longer);
  ASSERT_EQ(Outcomes(rows), Words{"undecided"});
  EXPECT_THAT(rows[1].text, HasSubstr("looked further than the baseline: 17088 executions against 100"));
  EXPECT_THAT(rows[1].decide, HasSubstr("gate --update"));
  longer.hazards["data-race"].executions_to_first = 100;
  EXPECT_EQ(Outcomes(LookStep("clean", longer)), Words{"regressed"}) << "the baseline's run had these executions too";
  longer.spec.explorer = "pct";
  const std::vector<GateRow> otherwise = LookStep("clean", longer);
  ASSERT_EQ(Outcomes(otherwise), Words{"undecided"}) << "other executions";
  EXPECT_THAT(otherwise[1].text, HasSubstr("pct"));
  longer.hazards["data-race"].agreement = "disagrees";
  RunResult now = RunOf({longer});
  now.summary.disagreements = {{"c", "data-race", "found", "clean", "why"}};
  EXPECT_EQ(Outcomes(CompareVerdicts(now, nullptr)), Words{"regressed"}) << "the table is judged however it was found";
}

TEST(Gate, WhatAShorterLookDoesNotFindIsNoRow) {
  for (const char* after : {"clean", "not-exercised"}) {
    CellResult shorter = Cell("c", after);
    shorter.spec.executions = 0;
    shorter.executions = 1;
    for (const char* before : {"found", "clean", "not-exercised"}) {
      if (std::string(before) == after) continue;
      const std::vector<GateRow> rows = LookStep(before, shorter);
      EXPECT_THAT(Outcomes(rows), IsEmpty()) << before << " -> " << after;
      EXPECT_THAT(rows[0].text, HasSubstr("1 not compared"));
    }
  }
}

TEST(Gate, FiguresOfAnotherLookAreNotCompared) {
  const BaselineCells base = CellsOf(RunOf({Timed("c", 1000, 100)}));
  CellResult other = Timed("c", 2000, 200);
  EXPECT_THAT(Outcomes(CompareFigures(RunOf({other}), base)), Words({"regressed", "regressed"}));
  other.spec.memory = "tso";
  const std::vector<GateRow> rows = CompareFigures(RunOf({other}), base);
  EXPECT_THAT(Outcomes(rows), IsEmpty());
  EXPECT_THAT(rows[0].text, HasSubstr("none compared of 1 cell"));
}

TEST(Gate, ABaselineThatDoesNotSayHowItLookedIsComparedAsItWas) {
  BaselineCells base = CellsOf(RunOf({Cell("c")}));
  base["c"].run.clear();
  EXPECT_EQ(Outcomes(CompareVerdicts(RunOf({Cell("c", "found")}), &base)), Words{"regressed"});
}

TEST(Gate, AHazardThatTheBaselineDoesNotListIsARegression) {
  const BaselineCells base = CellsOf(RunOf({Cell("c")}));
  RunResult now = RunOf({Cell("c")});
  now.cells[0].hazards["deadlock"].verdict = "found";
  EXPECT_EQ(Outcomes(CompareVerdicts(now, &base)), Words{"regressed"});
}

TEST(Gate, TheTableDecidesWhereItSpeaksAndTheBaselineElsewhere) {
  const BaselineCells base = CellsOf(RunOf({Cell("c", "found")}));
  RunResult now = RunOf({Cell("c", "clean")});
  now.cells[0].hazards["data-race"].agreement = "agrees";
  EXPECT_THAT(Outcomes(CompareVerdicts(now, &base)), IsEmpty())
      << "the table says clean; a baseline may be out of date";
  now.summary.disagreements = {{"c", "data-race", "clean", "found", "why"}};
  now.cells[0].hazards["data-race"].agreement = "disagrees";
  const std::vector<GateRow> rows = CompareVerdicts(now, nullptr);
  EXPECT_EQ(Outcomes(rows), Words{"regressed"});
  EXPECT_EQ(rows[1].before, "found");
  EXPECT_EQ(rows[1].after, "clean");
}

TEST(Gate, ACellThatDiedIsARegressionAndOneCutShortIsUndecided) {
  RunResult now = RunOf({Cell("c")});
  now.cells[0].status = "crashed";
  EXPECT_EQ(Outcomes(CompareVerdicts(now, nullptr)), Words{"regressed"});
  now.cells[0].status = "timeout";
  now.cells[0].reason = "not through within 60 s";
  EXPECT_EQ(Outcomes(CompareVerdicts(now, nullptr)), Words{"undecided"}) << "the host was busy";
  EXPECT_EQ(CompareVerdicts(now, nullptr).at(1).text, now.cells[0].reason);
  now.cells[0].hazards["crash"].verdict = "found";
  EXPECT_EQ(Outcomes(CompareVerdicts(now, nullptr)), Words{"regressed"}) << "it hangs";
  now = RunOf({Cell("c")});
  now.cells[0].executions = 60;
  EXPECT_EQ(Outcomes(CompareVerdicts(now, nullptr)), Words{"undecided"});
  now.cells[0].exhausted = true;
  EXPECT_THAT(Outcomes(CompareVerdicts(now, nullptr)), IsEmpty()) << "there are no more";
  now = RunOf({Cell("c", "found")});
  now.cells[0].executions = 60;
  now.cells[0].spec.until_found = true;
  EXPECT_THAT(Outcomes(CompareVerdicts(now, nullptr)), IsEmpty()) << "it had found all";
}

std::vector<GateRow> TimedStep(double ns, double hold_ns) {
  const BaselineCells base = CellsOf(RunOf({Timed("c", 1000, 100)}));
  return CompareFigures(RunOf({Timed("c", ns, hold_ns)}), base);
}

TEST(Gate, FiguresHoldWithinTheirThresholdsRegressAboveAndMoveBelow) {
  EXPECT_THAT(Outcomes(TimedStep(1000, 100)), IsEmpty());
  EXPECT_THAT(Outcomes(TimedStep(1015, 102)), IsEmpty());
  EXPECT_EQ(Outcomes(TimedStep(1045, 100)), Words{"regressed"});
  EXPECT_EQ(Outcomes(TimedStep(1000, 105)), Words{"regressed"}) << "a lock is held 5 % longer";
  EXPECT_EQ(Outcomes(TimedStep(900, 100)), Words{"moved"})
      << "better is no regression, and the baseline is out of date";
  const std::vector<GateRow> rows = TimedStep(1045, 100);
  EXPECT_NEAR(rows[1].change, 0.045, 1e-9);
  EXPECT_FALSE(rows[1].decide.empty());
}

TEST(Gate, AFigureThatIsNeitherGoodNorBadMoves) {
  const BaselineCells base = CellsOf(RunOf({Cell("c")}));
  RunResult now = RunOf({Cell("c")});
  now.cells[0].points = 3100;
  EXPECT_THAT(Outcomes(CompareFigures(now, base)), IsEmpty());
  now.cells[0].points = 4000;
  EXPECT_EQ(Outcomes(CompareFigures(now, base)), Words{"moved"});
  now.cells[0].points = 2000;
  EXPECT_EQ(Outcomes(CompareFigures(now, base)), Words{"moved"});
}

TEST(Gate, ExecutionsToTheFirstFindingAreComparedAsAMeanOverTheStrategy) {
  std::vector<CellResult> before, after;
  for (int i = 0; i < 6; ++i) {
    before.push_back(Cell("c" + std::to_string(i), "found"));
    after.push_back(before.back());
    before.back().executions = after.back().executions = 10;
  }
  const BaselineCells base = CellsOf(RunOf(before));
  after[0].hazards["data-race"].executions_to_first = 500;  // one of six, 50 times as many: the mean is 1.9 times
  EXPECT_THAT(Outcomes(CompareFigures(RunOf(after), base)), IsEmpty());
  for (CellResult& cell : after) cell.hazards["data-race"].executions_to_first = 90;
  EXPECT_EQ(Outcomes(CompareFigures(RunOf(after), base)), Words{"moved"});
}

TEST(Gate, AProgramThatNoLongerEndsInVirtualTimeIsARegression) {
  const BaselineCells base = CellsOf(RunOf({Timed("c", 1000, 100)}));
  RunResult now = RunOf({Timed("c", 1000, 100)});
  now.cells[0].metrics.clear();
  EXPECT_EQ(Outcomes(CompareFigures(now, base)), Words{"regressed"});
}

TEST(Gate, LocksThatComeAndGoMove) {
  const BaselineCells base = CellsOf(RunOf({Timed("c", 1000, 100)}));
  RunResult now = RunOf({Timed("c", 1000, 100)});
  now.cells[0].locks[0].name = "other_lock";
  EXPECT_EQ(Outcomes(CompareFigures(now, base)), (Words{"moved", "moved"}));
}

TEST(Gate, ACellThatComesMovesAndOneThatGoesIsUndecidedIfItWasAskedFor) {
  const BaselineCells base = CellsOf(RunOf({Cell("a"), Cell("b")}));
  const auto all = [](const std::string&) { return true; };
  EXPECT_THAT(Outcomes(CompareCells(RunOf({Cell("a"), Cell("b")}), base, all)), IsEmpty());
  EXPECT_EQ(Outcomes(CompareCells(RunOf({Cell("a"), Cell("c")}), base, all)), (Words{"moved", "undecided"}));
  EXPECT_THAT(Outcomes(CompareCells(RunOf({Cell("a")}), base, [](const std::string& id) { return id != "b"; })),
              IsEmpty());
  RunResult died = RunOf({Cell("a"), Cell("b")});
  died.cells[1].status = "crashed";
  EXPECT_THAT(Outcomes(CompareCells(died, base, all)), IsEmpty()) << "its cell says so";
}

TEST(Gate, NoPercentageOfNothing) {
  const BaselineCells base = CellsOf(RunOf({Timed("c", 0, 100)}));
  const std::vector<GateRow> rows = CompareFigures(RunOf({Timed("c", 23621, 100)}), base);
  ASSERT_EQ(Outcomes(rows), Words{"regressed"});
  EXPECT_EQ(rows[1].before, "0");
  EXPECT_EQ(rows[1].change, 0) << "none is known";
}

TEST(Gate, WhatTheBaselineHasFoundIsMarkedForWhoeverShowsIt) {
  const BaselineCells base = CellsOf(RunOf({Cell("c", "found"), Cell("d", "clean")}));
  RunResult now = RunOf({Cell("c", "found"), Cell("d", "found")});
  for (int i = 0; i < 2; ++i) {  // and once more, of the result that says so
    EXPECT_EQ(Outcomes(CompareVerdicts(now, &base)), Words{"regressed"});
    MarkAsBefore(now, &base);
    EXPECT_EQ(now.cells[0].hazards["data-race"].expected, "as-before");
    EXPECT_EQ(now.cells[1].hazards["data-race"].expected, "");
  }
  const BaselineCells clean = CellsOf(RunOf({Cell("c", "clean"), Cell("d", "clean")}));
  EXPECT_EQ(Outcomes(CompareVerdicts(now, &clean)), (Words{"regressed", "regressed"})) << "no mark counts as a verdict";
  MarkAsBefore(now, nullptr);
  EXPECT_EQ(now.cells[0].hazards["data-race"].expected, "");
  now.cells[0].hazards["data-race"].expected = "may-be-found";
  MarkAsBefore(now, &base);
  EXPECT_EQ(now.cells[0].hazards["data-race"].expected, "may-be-found") << "the table's word goes first";
}

TEST(Gate, TwoRunsThatDifferInAnythingFail) {
  const RunResult first = RunOf({Cell("c", "found")});
  EXPECT_THAT(Outcomes(CompareRuns(first, first)), IsEmpty());
  for (int what = 0; what < 5; ++what) {
    RunResult again = first;
    CellResult& cell = again.cells[0];
    if (what == 0) ++cell.points;
    if (what == 1) ++cell.distinct;
    if (what == 2) ++cell.hazards["data-race"].executions_to_first;
    if (what == 3) cell.hazards["data-race"].verdict = "clean";
    if (what == 4) cell.findings.push_back({.id = "f1", .hazard = "data-race", .token = "ct1"});
    const std::vector<GateRow> rows = CompareRuns(first, again);
    EXPECT_FALSE(Outcomes(rows).empty()) << what;
    EXPECT_EQ(WorstOf(rows, {"moved", "undecided"}), "failed") << what;
  }
}

TEST(Gate, TheWorstOutcomeDecidesAndSomeMayBeAccepted) {
  const auto rows = [](const Words& outcomes) {
    std::vector<GateRow> list;
    for (const std::string& outcome : outcomes) {
      list.push_back({});
      list.back().cell = "c";
      list.back().outcome = outcome;
    }
    return list;
  };
  EXPECT_EQ(WorstOf({}, {}), "holds");
  EXPECT_EQ(WorstOf(rows({"holds", "moved"}), {}), "moved");
  EXPECT_EQ(WorstOf(rows({"moved", "undecided"}), {}), "undecided");
  EXPECT_EQ(WorstOf(rows({"moved", "undecided"}), {"moved", "undecided"}), "holds");
  EXPECT_EQ(WorstOf(rows({"moved", "regressed"}), {"moved", "undecided"}), "regressed");
  EXPECT_THAT(InWords(rows({"moved", "regressed", "moved"})), HasSubstr("1 regressed, 2 moved"));
}

}  // namespace
}  // namespace cfgtorture::ci
