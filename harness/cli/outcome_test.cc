// Goal: each exit status, from the cell that must give it and from its nearest neighbour that must not.
#include "harness/cli/outcome.h"

#include <csignal>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture::cli {
namespace {

using testing::HasSubstr;

constexpr const char* kTable = R"({"schema":"cfgtorture-expected-verdicts-1",
 "control":{"strategy":"broken","convicted_of":["torn-pair"]},
 "cells":[
  {"strategy":"broken","probe":"torn","flavour":"preempt","verdict":"found","hazards":["torn-pair"],"reason":"no lock"},
  {"strategy":"sound","probe":"torn","flavour":"preempt","verdict":"clean","hazards":["torn-pair"],"reason":"locked"},
  {"strategy":"latchless","probe":"torn","flavour":"preempt","verdict":"not-applicable","hazards":["torn-pair"],"reason":"no latch"}]})";

CellResult Cell(const std::string& strategy, const std::string& verdict, const std::string& hazard = "torn-pair") {
  CellResult cell;
  cell.spec.id = "model/" + strategy;
  cell.spec.strategy = strategy;
  cell.spec.program = "torn";
  cell.spec.kind = "probe";
  cell.status = "done";
  cell.accesses = 1;
  cell.hazards[hazard].verdict = verdict;
  return cell;
}

struct Judged {
  RunResult result;
  int exit() const { return result.summary.exit_status; }
  const std::string& text() const { return result.summary.text; }
};

run::CellsOutcome Answered(size_t cells) { return {std::vector<run::Ending>(cells, run::Ending::kAnswered), {}, 0}; }

Judged ByTable(std::vector<CellResult> cells, run::CellsOutcome outcome = {}, bool whole = false) {
  Judged judged;
  judged.result.cells = std::move(cells);
  if (outcome.endings.empty()) outcome.endings.assign(judged.result.cells.size(), run::Ending::kAnswered);
  const absl::StatusOr<ci::Expected> table = ci::ParseExpected(kTable, "test");
  EXPECT_TRUE(table.ok()) << table.status();
  JudgeByTable(judged.result, outcome, *table, whole);
  return judged;
}

Judged ByExpect(std::vector<CellResult> cells, const std::string& expect) {
  Judged judged;
  judged.result.cells = std::move(cells);
  JudgeByExpect(judged.result, Answered(judged.result.cells.size()), *ParseExpect(expect));
  return judged;
}

TEST(JudgeByTable, HoldsIfAllAreAsExpected) {
  const Judged judged = ByTable({Cell("broken", "found"), Cell("sound", "clean"), Cell("latchless", "not-applicable")});
  EXPECT_EQ(judged.exit(), kHolds) << judged.text();
  EXPECT_EQ(judged.result.cells[0].hazards.at("torn-pair").agreement, "agrees");
  EXPECT_EQ(judged.result.cells[0].hazards.at("torn-pair").expected, "found");
}

TEST(JudgeByTable, DiffersIfASoundOneIsConvicted) {
  const Judged judged = ByTable({Cell("broken", "found"), Cell("sound", "found")});
  EXPECT_EQ(judged.exit(), kDiffers);
  ASSERT_EQ(judged.result.summary.disagreements.size(), 1u);
  EXPECT_EQ(judged.result.summary.disagreements[0].reason, "locked");
}

TEST(JudgeByTable, NotExercisedIsNoAcquittal) {
  EXPECT_EQ(ByTable({Cell("broken", "found"), Cell("sound", "not-exercised")}).exit(), kDiffers);
}

TEST(JudgeByTable, WhatCannotOccurAndDidNotIsNotApplicable) {
  const Judged judged = ByTable({Cell("broken", "found"), Cell("latchless", "not-exercised")});
  EXPECT_EQ(judged.exit(), kHolds);
  EXPECT_EQ(judged.result.cells[1].hazards.at("torn-pair").verdict, "not-applicable");
  EXPECT_EQ(judged.result.cells[1].hazards.at("torn-pair").reason, "no latch");
}

TEST(JudgeByTable, AHazardThatTheTableDoesNotNameDiffers) {
  EXPECT_EQ(ByTable({Cell("broken", "found"), Cell("sound", "found", "deadlock")}).exit(), kDiffers);
}

TEST(JudgeByTable, AStrategyOfTheUsersOwnIsNotJudged) {
  EXPECT_EQ(ByTable({Cell("broken", "found"), Cell("mine", "found")}).exit(), kHolds);
}

TEST(JudgeByTable, AnUnconvictedControlProvesNothing) {
  const Judged judged = ByTable({Cell("broken", "clean"), Cell("sound", "found")});
  EXPECT_EQ(judged.exit(), kHarnessFailed) << "which is worse than a verdict that differs";
  EXPECT_THAT(judged.text(), HasSubstr("proves nothing"));
  EXPECT_THAT(judged.result.summary.control.missing, testing::ElementsAre("torn-pair"));
}

TEST(JudgeByTable, TheControlIsConvictedByTheModelsProbesAlone) {
  CellResult native = Cell("broken", "found");
  native.spec.engine = "native";
  EXPECT_EQ(ByTable({Cell("broken", "clean"), native}).exit(), kHarnessFailed);
}

TEST(JudgeByTable, WithoutTheControlNothingIsSaidOfIt) { EXPECT_EQ(ByTable({Cell("sound", "clean")}).exit(), kHolds); }

TEST(JudgeByTable, RealExecutionsConvictButDoNotAcquit) {
  CellResult seen = Cell("sound", "found"), missed = Cell("broken", "clean");
  seen.spec.engine = missed.spec.engine = "tsan";
  EXPECT_EQ(ByTable({Cell("broken", "found"), missed}).exit(), kHolds) << "not seen is not clean, and not wrong";
  EXPECT_EQ(ByTable({Cell("broken", "found"), seen}).exit(), kDiffers);
}

TEST(JudgeByTable, AWorkloadMustNotContradictTheProbes) {
  CellResult workload = Cell("sound", "found");
  workload.spec.kind = "workload";
  EXPECT_EQ(ByTable({Cell("broken", "found"), workload}).exit(), kDiffers);
  workload.spec.strategy = "broken";
  EXPECT_EQ(ByTable({Cell("broken", "found"), workload}).exit(), kHolds);
  workload.hazards["torn-pair"].verdict = "not-exercised";
  workload.spec.strategy = "sound";
  EXPECT_EQ(ByTable({Cell("broken", "found"), workload}).exit(), kHolds);
}

TEST(JudgeByTable, ACellThatWasNotRunIsUndecided) {
  CellResult cell = Cell("sound", "undecided");
  cell.status = "not-run";
  cell.reason = "no libtsan here";
  const Judged judged =
      ByTable({Cell("broken", "found"), cell}, {{run::Ending::kAnswered, run::Ending::kRunning}, {}, 0});
  EXPECT_EQ(judged.exit(), kUndecided);
  EXPECT_THAT(judged.text(), HasSubstr("no libtsan here"));
}

TEST(JudgeByTable, ARefusedCellIsNotUndecided) {
  CellResult cell = Cell("latchless", "not-applicable");
  cell.status = "not-run";
  EXPECT_EQ(ByTable({Cell("broken", "found"), cell}, {{run::Ending::kAnswered, run::Ending::kRunning}, {}, 0}).exit(),
            kHolds);
}

TEST(JudgeByTable, AProbeThatTheTableNamesAndTheRunLacksIsUndecided) {
  CellResult other = Cell("sound", "clean");
  other.spec.program = "else";
  EXPECT_EQ(ByTable({Cell("broken", "found"), other}, {}, /*whole=*/true).exit(), kUndecided);
  EXPECT_EQ(ByTable({Cell("broken", "found"), Cell("sound", "clean")}, {}, /*whole=*/true).exit(), kHolds);
}

TEST(JudgeByTable, ABlindWorkerFailsTheHarness) {
  CellResult blind = Cell("sound", "clean");
  blind.accesses = 0;
  EXPECT_EQ(ByTable({Cell("broken", "found"), blind}).exit(), kHarnessFailed);
  blind.spec.engine = "native";
  EXPECT_EQ(ByTable({Cell("broken", "found"), blind}).exit(), kHolds) << "plain code shows no accesses";
}

TEST(JudgeByTable, OneThatWasLateLeavesOpenWhatItHadNotFoundAndOneThatHangsIsAFinding) {
  CellResult late = Cell("broken", "found");
  late.spec.kind = "workload";
  late.status = "timeout";
  late.reason = "not through within 60 s";
  late.hazards["context"].verdict = "undecided";
  const run::CellsOutcome endings = {{run::Ending::kAnswered, run::Ending::kTimeout}, {}, 0};
  const Judged judged = ByTable({Cell("broken", "found"), late}, endings);
  EXPECT_EQ(judged.exit(), kUndecided);
  EXPECT_THAT(judged.text(), HasSubstr("not through within 60 s"));
  EXPECT_TRUE(judged.result.summary.disagreements.empty());
  EXPECT_EQ(judged.result.summary.findings, judged.result.cells[1].findings.size());
  late.hazards["crash"].verdict = "found";
  EXPECT_EQ(ByTable({Cell("broken", "found"), late}, endings).exit(), kDiffers) << "it hangs";
}

TEST(JudgeByTable, ACrashIsAFindingEvenOfAStrategyThatTheTableDoesNotKnow) {
  CellResult cell = Cell("mine", "undecided");
  cell.status = "crashed";
  cell.reason = "died of SIGSEGV";
  cell.hazards["crash"].verdict = "found";
  const Judged judged =
      ByTable({Cell("broken", "found"), cell}, {{run::Ending::kAnswered, run::Ending::kCrashed}, {}, 0});
  EXPECT_EQ(judged.exit(), kDiffers);
  EXPECT_THAT(judged.text(), HasSubstr("SIGSEGV"));
}

TEST(JudgeByTable, AnInterruptionComesFirst) {
  run::CellsOutcome outcome = Answered(1);
  outcome.signal = SIGINT;
  EXPECT_EQ(ByTable({Cell("sound", "found")}, outcome).exit(), kInterrupted);
  outcome.signal = SIGTERM;
  EXPECT_EQ(ByTable({Cell("sound", "found")}, outcome).exit(), kTerminated);
}

TEST(JudgeByTable, BadInputThatOnlyTheWorkerSeesIsTheUsers) {
  EXPECT_EQ(ByTable({Cell("sound", "clean")}, {{run::Ending::kBadInput}, {}, 0}).exit(), kUsageOrInput);
}

TEST(JudgeByExpect, WithoutAnExpectationAFindingIsOne) {
  EXPECT_EQ(ByExpect({Cell("x", "found")}, "").exit(), kDiffers);
  EXPECT_EQ(ByExpect({Cell("x", "clean")}, "").exit(), kHolds);
  EXPECT_EQ(ByExpect({Cell("x", "not-exercised")}, "").exit(), kUndecided);
  CellResult one_task = Cell("x", "not-exercised");
  one_task.spec.explorer = "virtual-time";
  EXPECT_EQ(ByExpect({one_task}, "").exit(), kHolds) << "its figures are what was asked for";
}

TEST(JudgeByExpect, Clean) {
  EXPECT_EQ(ByExpect({Cell("x", "clean")}, "clean").exit(), kHolds);
  EXPECT_EQ(ByExpect({Cell("x", "clean"), Cell("y", "found")}, "clean").exit(), kDiffers);
  EXPECT_EQ(ByExpect({Cell("x", "not-exercised")}, "clean").exit(), kUndecided);
}

TEST(JudgeByExpect, FoundInEveryCell) {
  EXPECT_EQ(ByExpect({Cell("x", "found")}, "found:torn-pair").exit(), kHolds);
  EXPECT_EQ(ByExpect({Cell("x", "found"), Cell("y", "clean")}, "found:torn-pair").exit(), kDiffers);
  EXPECT_EQ(ByExpect({Cell("x", "found")}, "found:deadlock").exit(), kDiffers);
}

TEST(ParseExpect, NamesTheNearestHazard) {
  EXPECT_FALSE(ParseExpect("").value().has_value());
  EXPECT_TRUE(ParseExpect("clean").value()->clean);
  EXPECT_THAT(std::string(ParseExpect("found:data-rase").status().message()), HasSubstr("did you mean \"data-race\"?"));
  EXPECT_FALSE(ParseExpect("dirty").ok());
  EXPECT_FALSE(ParseExpect("found:").ok());
}

}  // namespace
}  // namespace cfgtorture::cli
