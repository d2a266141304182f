// Goal: a test tab that tells a finding from a broken harness and from what was not run, whatever the names are.
#include "reports/junit/junit.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "reports/hostile_names.h"
#include "reports/sample_result.h"

namespace cfgtorture::reports {
namespace {

using testing::HasSubstr;
using testing::Not;

CellResult Cell(const std::string& verdict, const std::string& expected, const std::string& agreement) {
  CellResult cell;
  cell.spec.id = "model/s/p";
  cell.spec.strategy = "s";
  cell.status = "done";
  cell.accesses = 1;
  cell.hazards["data-race"] = {.verdict = verdict, .expected = expected, .agreement = agreement, .reason = "why"};
  if (verdict == "found") cell.findings.push_back({.id = "f1", .hazard = "data-race", .title = "two race"});
  return cell;
}

CaseOutcome OutcomeOf(const CellResult& cell) { return VerdictOfCase(RunResult{}, cell).outcome; }

TEST(Junit, AFindingFailsUnlessItIsExpected) {
  EXPECT_EQ(OutcomeOf(Cell("found", "", "")), CaseOutcome::kFailure);
  EXPECT_EQ(OutcomeOf(Cell("found", "clean", "disagrees")), CaseOutcome::kFailure);
  EXPECT_EQ(OutcomeOf(Cell("clean", "found", "disagrees")), CaseOutcome::kFailure);
  EXPECT_EQ(OutcomeOf(Cell("found", "found", "agrees")), CaseOutcome::kPassed);
  EXPECT_EQ(OutcomeOf(Cell("found", "may-be-found", "")), CaseOutcome::kPassed);
  EXPECT_EQ(OutcomeOf(Cell("clean", "clean", "agrees")), CaseOutcome::kPassed);
  const CaseVerdict verdict = VerdictOfCase(RunResult{}, Cell("found", "", ""));
  EXPECT_EQ(verdict.type, "data-race");
  EXPECT_EQ(verdict.message, "two race");
}

TEST(Junit, WhatAGateOrARunThatHoldsHasAcceptedIsNoFailure) {
  EXPECT_EQ(OutcomeOf(Cell("found", "as-before", "")), CaseOutcome::kPassed);
  RunResult result;
  result.summary.exit_status = 0;
  EXPECT_EQ(VerdictOfCase(result, Cell("found", "", "")).outcome, CaseOutcome::kPassed) << "--expect found:data-race";
  EXPECT_EQ(VerdictOfCase(result, Cell("found", "clean", "disagrees")).outcome, CaseOutcome::kFailure);
  result.summary.exit_status = 4;
  EXPECT_EQ(VerdictOfCase(result, Cell("found", "", "")).outcome, CaseOutcome::kFailure);
  result.claims.resize(1);
  EXPECT_EQ(VerdictOfCase(result, Cell("found", "", "")).outcome, CaseOutcome::kPassed) << "evidence of a claim";
  RunResult regressed;
  regressed.gate = {{.part = "verdicts", .cell = "model/s/p", .what = "data-race", .outcome = "regressed"}};
  EXPECT_EQ(VerdictOfCase(regressed, Cell("found", "may-be-found", "")).outcome, CaseOutcome::kFailure);
}

TEST(Junit, WhatWasNotExercisedIsSkippedAndNeverPassed) {
  EXPECT_EQ(OutcomeOf(Cell("not-exercised", "", "")), CaseOutcome::kSkipped);
  EXPECT_EQ(OutcomeOf(Cell("not-exercised", "absent", "agrees")), CaseOutcome::kSkipped);
  EXPECT_EQ(OutcomeOf(Cell("undecided", "clean", "undecided")), CaseOutcome::kSkipped);
  CellResult half = Cell("not-exercised", "absent", "agrees");
  half.hazards["owner"] = {.verdict = "clean", .expected = "absent", .agreement = "agrees"};
  EXPECT_EQ(OutcomeOf(half), CaseOutcome::kPassed);
  CellResult measured = Cell("not-exercised", "", "");
  measured.spec.engine = "native";  // it is there to measure
  EXPECT_EQ(OutcomeOf(measured), CaseOutcome::kPassed);
}

TEST(Junit, CellsThatAreNotDone) {
  CellResult cell = Cell("undecided", "", "");
  cell.status = "not-run";
  EXPECT_EQ(OutcomeOf(cell), CaseOutcome::kSkipped);
  cell.status = "stopped";
  EXPECT_EQ(OutcomeOf(cell), CaseOutcome::kSkipped);
  cell.status = "crashed";
  EXPECT_EQ(OutcomeOf(cell), CaseOutcome::kFailure);
  cell.status = "timeout";
  EXPECT_EQ(OutcomeOf(cell), CaseOutcome::kSkipped) << "it was getting on";
  cell.hazards["crash"] = {.verdict = "found", .expected = "absent", .agreement = "disagrees"};
  EXPECT_EQ(OutcomeOf(cell), CaseOutcome::kFailure) << "it hangs";
  cell.hazards["crash"] = {.verdict = "found", .expected = "found", .agreement = "agrees"};
  EXPECT_NE(OutcomeOf(cell), CaseOutcome::kFailure) << "a crash that is expected";
}

TEST(Junit, AHarnessThatFailedIsAnError) {
  CellResult blind = Cell("clean", "clean", "agrees");
  blind.accesses = 0;
  EXPECT_EQ(OutcomeOf(blind), CaseOutcome::kError);
  RunResult result;
  result.summary.outcome = "failed";
  result.summary.text = "model/s/p: the self-check differs";
  EXPECT_EQ(VerdictOfCase(result, Cell("clean", "clean", "agrees")).outcome, CaseOutcome::kError);
  EXPECT_EQ(VerdictOfCase(result, Cell("clean", "clean", "agrees")).message, "the self-check differs");

  EXPECT_THAT(RenderJunit(result), HasSubstr("<error message=\"model/s/p: the self-check differs\""))
      << "of no cell here";
  result = SampleResult();
  result.summary.control.missing = {"torn-pair"};
  EXPECT_THAT(RenderJunit(result), HasSubstr("not convicted of torn-pair: this run proves nothing"));
  EXPECT_THAT(RenderJunit(SampleResult()), Not(HasSubstr("this run proves nothing")));
}

TEST(Junit, WhatAGateSaysOfAFigureIsACaseOfItsOwn) {
  RunResult result;
  for (const char* outcome : {"holds", "regressed", "moved", "undecided", "failed"}) {
    GateRow row;
    row.part = "native";
    row.cell = "c";
    row.what = "read p99";
    row.outcome = outcome;
    row.text = std::string("it ") + outcome;
    result.gate.push_back(row);
  }
  result.summary.outcome = "regressed";
  const std::string xml = RenderJunit(result);
  EXPECT_THAT(xml, HasSubstr("tests=\"5\" failures=\"1\" errors=\"1\" skipped=\"2\""));
  EXPECT_THAT(xml, HasSubstr("<failure message=\"it regressed\" type=\"regressed\""));
  EXPECT_THAT(xml, HasSubstr("name=\"c: read p99 #2\"")) << "a duplicate would be dropped";
}

TEST(Junit, HasACaseACell) {
  const RunResult result = SampleResult();
  const std::string xml = RenderJunit(result);
  for (const CellResult& cell : result.cells) EXPECT_THAT(xml, HasSubstr("name=\"" + cell.spec.id + "\"")) << "dropped";
  EXPECT_THAT(xml, HasSubstr("<failure message=\"crashed: signal 11"));
}

TEST(Junit, HostileNamesStayText) {
  const std::string xml = RenderJunit(HostileResult());
  EXPECT_THAT(xml, Not(HasSubstr("<script>")));
  EXPECT_THAT(xml, HasSubstr("&lt;script&gt;"));
  for (const char c : xml) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n') << static_cast<int>(c);
  for (const char* forbidden : {"\xef\xbf\xbe", "\xef\xbf\xbf", "\xff", "\xe2\x80\xae", "]]>"}) {
    EXPECT_THAT(xml, Not(HasSubstr(forbidden)));
  }
}

TEST(Junit, LosesTextBeforeItLosesCases) {
  const RunResult result = SampleResult();
  const std::string whole = RenderJunit(result), small = RenderJunit(result, 60'000);
  EXPECT_GT(whole.size(), 60'000u);
  EXPECT_LT(small.size(), whole.size());
  for (const CellResult& cell : result.cells) EXPECT_THAT(small, HasSubstr("name=\"" + cell.spec.id + "\""));
  EXPECT_THAT(small, HasSubstr("<failure message=\"crashed: signal 11"));
}

}  // namespace
}  // namespace cfgtorture::reports
