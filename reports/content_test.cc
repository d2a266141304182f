// content_test.cc. Goal: the tables say what the run says: the worst of a cell wins, what differs is marked, what was
// not seen is never clean, and the two kinds of figures never meet.
#include "reports/content.h"

#include <cmath>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "reports/sample_result.h"

namespace cfgtorture::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

CellResult ProbeCell(const std::string& bridge, const std::string& verdict, const std::string& expected,
                     uint64_t hits = 0, int preemptions = -1) {
  CellResult cell;
  cell.spec.id = "model/s/p/" + bridge;
  cell.spec.strategy = "s";
  cell.spec.program = "p";
  cell.spec.kind = "probe";
  cell.spec.bridge = bridge;
  cell.status = "done";
  cell.executions = 100;
  cell.distinct = 60;
  HazardOutcome& outcome = cell.hazards["deadlock"];
  outcome.verdict = verdict;
  outcome.expected = expected;
  outcome.hits = hits;
  outcome.fewest_preemptions = preemptions;
  outcome.agreement = expected.empty() ? "" : expected == verdict ? "agrees" : "disagrees";
  return cell;
}

VerdictCell CellOf(const RunResult& result) {
  const VerdictTable table = MakeVerdictTable(result, Evidence::kExplored, "probe");
  EXPECT_EQ(table.rows.size(), 1u);
  return table.rows.empty() ? VerdictCell{} : table.rows.front().cells.front();
}

TEST(LoadText, SaysHowBusyTheMachineWas) {
  Environment environment;
  EXPECT_EQ(LoadText(environment), "") << "a result of an older build";
  environment.load_before = 0.25;
  EXPECT_EQ(LoadText(environment), "0.25 before and unknown after");
  environment.load_after = 11.84;
  EXPECT_EQ(LoadText(environment), "0.25 before and 11.8 after");
}

TEST(VerdictTable, TakesTheWorstVerdictOfAllBridges) {
  RunResult result;
  result.cells = {ProbeCell("x86", "clean", "clean"), ProbeCell("indirect", "found", "found", 7, 2),
                  ProbeCell("cf8", "found", "found", 3, 1)};
  const VerdictCell cell = CellOf(result);
  EXPECT_EQ(cell.verdict, Verdict::kFound);
  EXPECT_EQ(cell.hits, 10u);
  EXPECT_EQ(cell.fewest_preemptions, 1);
  EXPECT_EQ(cell.executions, 300u);
  EXPECT_EQ(cell.agreement, Agreement::kAgrees);
}

TEST(VerdictTable, NeverShowsAsCleanWhatOneBridgeDidNotExercise) {
  RunResult result;
  result.cells = {ProbeCell("x86", "clean", "clean"), ProbeCell("indirect", "not-exercised", "clean")};
  EXPECT_EQ(CellOf(result).verdict, Verdict::kNotExercised);
}

TEST(VerdictTable, ShowsACellThatDidNotRunAsSuch) {
  RunResult result;
  result.cells = {ProbeCell("x86", "clean", "clean"), ProbeCell("indirect", "clean", "clean")};
  result.cells[1].status = "not-run";
  result.cells[1].hazards["deadlock"].verdict = "undecided";
  result.cells[1].reason = "the time was up";
  EXPECT_EQ(CellOf(result).verdict, Verdict::kNotRun);
  EXPECT_EQ(CellOf(result).reason, "the time was up");
}

TEST(VerdictTable, ShowsACellThatWasRefusedAsNotApplicable) {
  RunResult result;
  result.cells = {ProbeCell("x86", "not-applicable", "")};
  result.cells[0].status = "not-run";
  EXPECT_EQ(CellOf(result).verdict, Verdict::kNotApplicable);
}

TEST(VerdictTable, ShowsACrashWithoutVerdictsAsUndecided) {
  RunResult result;
  result.cells = {ProbeCell("x86", "clean", "clean")};
  result.cells[0].status = "crashed";
  result.cells[0].hazards.clear();
  EXPECT_EQ(CellOf(result).verdict, Verdict::kUndecided);
}

TEST(VerdictTable, MarksWhatDiffersFromTheExpectedTable) {
  RunResult result;
  result.cells = {ProbeCell("x86", "found", "clean", 1)};
  EXPECT_EQ(CellOf(result).agreement, Agreement::kDisagrees);
  EXPECT_EQ(Difference(CellOf(result)), "deadlock is found, expected clean");
}

TEST(VerdictTable, ShowsAHazardThatWasFoundOnOneBridgeThoughAnotherDiffers) {
  RunResult result;
  result.cells = {ProbeCell("x86", "found", "found", 3), ProbeCell("cf8", "clean", "found")};
  for (int turn = 0; turn < 2; ++turn) {
    EXPECT_EQ(CellOf(result).verdict, Verdict::kFound);
    EXPECT_EQ(CellOf(result).agreement, Agreement::kDisagrees);
    EXPECT_EQ(Difference(CellOf(result)), "deadlock is clean, expected found");
    std::swap(result.cells[0], result.cells[1]);
  }
}

// As of the control, whose table says "not-applicable" of one hazard and leaves the others open.
TEST(VerdictTable, ShowsWhatWasFoundWhereTheTableLeavesItOpen) {
  RunResult result;
  result.catalogue.programs = {{"probe", "p", "", {}, {"torn-pair", "deadlock"}, {}, {}, true}};
  result.cells = {ProbeCell("x86", "not-applicable", "not-applicable"), ProbeCell("cf8", "clean", "not-applicable")};
  for (CellResult& cell : result.cells) {
    cell.hazards["torn-pair"].verdict = "found";
    cell.hazards["torn-pair"].expected = "may-be-found";
    cell.hazards["torn-pair"].hits = 64;
    cell.hazards["deadlock"].agreement = "agrees";
  }
  const VerdictCell cell = CellOf(result);
  EXPECT_EQ(Headline(cell), "found 1 of 2");
  EXPECT_EQ(cell.agreement, Agreement::kUnjudged) << "it agrees with nothing";
  EXPECT_EQ(cell.answer, Verdict::kFound) << "the program is about it";
  EXPECT_THAT(FoundHazards(cell, 3), ElementsAre("torn-pair 128×"));
  EXPECT_THAT(Figures(cell), HasSubstr("torn-pair: found 128×, left open by the table"));
}

TEST(VerdictTable, ShowsWhatWasFoundBesideWhatAProbeAsksButThatIsNoAnswer) {
  RunResult result;
  result.cells = {ProbeCell("x86", "clean", "clean")};
  HazardOutcome& other = result.cells[0].hazards["context"];
  other.verdict = "found";
  other.expected = "may-be-found";
  other.hits = 5;
  EXPECT_EQ(CellOf(result).verdict, Verdict::kFound);
  EXPECT_EQ(CellOf(result).agreement, Agreement::kUnjudged);
  EXPECT_EQ(CellOf(result).answer, Verdict::kClean);
  EXPECT_THAT(FoundHazards(CellOf(result), 3), ElementsAre("context 5×", "deadlock clean"));
  EXPECT_THAT(Answer(result), HasSubstr("convicted by none of 1 probe: s"));
  other.expected = "absent";
  other.agreement = "disagrees";
  EXPECT_EQ(CellOf(result).verdict, Verdict::kFound);
  EXPECT_THAT(CellOf(result).hazards, ElementsAre("context"));
  EXPECT_EQ(CellOf(result).answer, Verdict::kFound);
}

TEST(VerdictTable, ShowsTheHazardThatDiffersBesideOneThatWasFoundAsExpected) {
  RunResult result;
  result.cells = {ProbeCell("x86", "clean", "found")};
  HazardOutcome& other = result.cells[0].hazards["context"];
  other.verdict = other.expected = "found";
  other.agreement = "agrees";
  other.hits = 5;
  const VerdictCell cell = CellOf(result);
  EXPECT_EQ(cell.verdict, Verdict::kFound);
  EXPECT_EQ(cell.agreement, Agreement::kDisagrees);
  EXPECT_EQ(Difference(cell), "deadlock is clean, expected found");
  EXPECT_THAT(cell.hazards, ElementsAre("context"));
}

// Of several hazards.
RunResult LoadOf(const std::vector<std::pair<std::string, std::string>>& verdicts) {
  RunResult result;
  result.catalogue.programs = {{"probe", "p", "", {}, {}, {}, {}, true}};
  result.cells = {ProbeCell("x86", "", "")};
  result.cells[0].hazards.clear();
  for (const auto& [hazard, verdict] : verdicts) {
    result.catalogue.programs[0].hazards.push_back(hazard);
    HazardOutcome& outcome = result.cells[0].hazards[hazard];
    outcome.verdict = verdict;
    outcome.hits = verdict == "found" ? 70 : 0;
    outcome.expected = verdict == "found" ? "may-be-found" : "absent";
    outcome.agreement = verdict == "found" ? "" : "agrees";
  }
  return result;
}

TEST(VerdictTable, OfSeveralHazardsSaysWhichWereFound) {
  const VerdictCell cell =
      CellOf(LoadOf({{"context", "found"}, {"deadlock", "clean"}, {"lock-order", "not-exercised"}}));
  EXPECT_EQ(Headline(cell), "found 1 of 3");
  EXPECT_THAT(FoundHazards(cell, 3), ElementsAre("context 70×"));
  EXPECT_EQ(cell.agreement, Agreement::kUnjudged);
  EXPECT_THAT(Figures(cell), HasSubstr("lock-order: not exercised"));
}

TEST(VerdictTable, OfSeveralHazardsSaysHowManyWereExercisedAndClean) {
  EXPECT_EQ(Headline(CellOf(LoadOf({{"context", "clean"}, {"deadlock", "clean"}, {"lock-order", "not-exercised"}}))),
            "clean 2 of 3");
  EXPECT_EQ(Headline(CellOf(LoadOf({{"context", "not-exercised"}, {"lock-order", "not-exercised"}}))), "not exercised");
}

TEST(VerdictTable, IsTakenApartIntoHazards) {
  const RunResult result = LoadOf({{"context", "found"}, {"deadlock", "clean"}, {"lock-order", "not-exercised"}});
  const VerdictTable table = ByHazard(MakeVerdictTable(result, Evidence::kExplored, "probe"), 0);
  ASSERT_EQ(table.columns.size(), 3u);
  EXPECT_EQ(table.columns[2].program, "lock-order");
  EXPECT_EQ(table.rows[0].cells[0].verdict, Verdict::kFound);
  EXPECT_EQ(Headline(table.rows[0].cells[1]), "clean");
  EXPECT_EQ(table.rows[0].cells[2].verdict, Verdict::kNotExercised);
  EXPECT_TRUE(ByHazard(MakeVerdictTable(LoadOf({{"context", "clean"}}), Evidence::kExplored, "probe"), 0).empty());
}

TEST(VerdictTable, WithoutAnExpectedTableSpeaksOfTheHazardsOfTheProgram) {
  RunResult result;
  result.catalogue.programs = {{"probe", "p", "", {}, {"deadlock"}, {}, {}, true}};
  result.cells = {ProbeCell("x86", "clean", "")};
  result.cells[0].hazards["context"].verdict = "not-exercised";
  EXPECT_EQ(CellOf(result).verdict, Verdict::kClean);
  EXPECT_EQ(CellOf(result).agreement, Agreement::kUnjudged);
}

TEST(VerdictTable, KeepsEnginesApart) {
  RunResult result;
  result.cells = {ProbeCell("x86", "clean", "clean"), ProbeCell("x86", "found", "found", 1)};
  result.cells[1].spec.engine = "tsan";
  EXPECT_EQ(CellOf(result).verdict, Verdict::kClean);
  EXPECT_EQ(MakeVerdictTable(result, Evidence::kWatched, "probe").rows[0].cells[0].verdict, Verdict::kFound);
}

TEST(CostTables, HoldMeasuredCellsOnly) {
  RunResult result = SampleResult();
  for (CellResult& cell : result.cells) cell.metrics["operations_per_s"] = 1;
  for (const CostTable& table : MakeCostTables(result)) {
    for (const CostRow& row : table.rows) EXPECT_EQ(EvidenceOf(row.cell->spec), Evidence::kMeasured);
  }
}

TEST(CostTables, ShowTheLatenciesOfOneOperationThatAllRowsHave) {
  RunResult result;
  result.cells.resize(2);
  for (CellResult& cell : result.cells) {
    cell.spec.engine = "native";
    cell.metrics = {{"operations_per_s", 5}, {"assumed_port_ns", 1200}, {"time_scale", 100}};
    cell.operations = {{"reset", 2, 7, 8, 9, 10, {}}, {"read", 1000, 1, 2, 3, 4, {}}};
  }
  result.cells[1].operations.push_back({"write", 5000, 1, 1, 1, 1, {}});  // frequent, but in one row only
  const std::vector<CostTable> tables = MakeCostTables(result);
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].operation, "read");
  EXPECT_EQ(tables[0].rows[1].p999_ns, 3);
  EXPECT_EQ(tables[0].conditions, "Assumed latencies: port access 1.20 µs. Recovery times divided by 100.");
}

TEST(CostTables, SayNothingOfAFigureThatIsNotThere) {
  RunResult result;
  result.cells.resize(1);
  result.cells[0].spec.engine = "native";
  result.cells[0].metrics["operations_per_s"] = 5;
  EXPECT_TRUE(std::isnan(MakeCostTables(result).at(0).rows.at(0).fairness));
  EXPECT_EQ(Nanoseconds(MakeCostTables(result).at(0).rows.at(0).p99_ns), "–");
}

TEST(FindingGroups, TellOneCauseOnceWithItsShortestSchedule) {
  RunResult result;
  result.cells = {ProbeCell("x86", "found", "found", 1), ProbeCell("cf8", "found", "found", 1)};
  Finding finding;
  finding.hazard = "deadlock";
  finding.fingerprint = "00ff";
  finding.count = 4;
  finding.preemptions = 3;
  finding.schedule = {{1, 0, "task", "a", "waits", true, "", ""}};
  result.cells[0].findings = {finding};
  finding.preemptions = 1;
  finding.count = 5;
  result.cells[1].findings = {finding};
  const std::vector<FindingGroup> groups = GroupFindings(result);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].count, 9u);
  EXPECT_EQ(groups[0].cells.size(), 2u);
  EXPECT_EQ(groups[0].finding->preemptions, 1);
}

TEST(FindingGroups, PutWhatDiffersFirst) {
  RunResult result;
  result.cells = {ProbeCell("x86", "found", "found", 1), ProbeCell("cf8", "found", "clean", 1)};
  Finding finding;
  finding.hazard = "deadlock";
  finding.fingerprint = "1";
  result.cells[0].findings = {finding};
  finding.fingerprint = "2";
  result.cells[1].findings = {finding};
  const std::vector<FindingGroup> groups = GroupFindings(result);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].finding->fingerprint, "2");
  EXPECT_FALSE(groups[1].disagrees);
}

TEST(FindingGroups, PutWhatAProgramIsAboutBeforeWhatItHappenedToShow) {
  RunResult result;
  result.cells = {ProbeCell("x86", "found", "may-be-found", 1), ProbeCell("x86", "found", "found", 1)};
  result.cells[0].hazards["deadlock"].agreement = "";
  result.cells[1].spec.program = "q";
  for (CellResult& cell : result.cells) {
    cell.findings.resize(1);
    cell.findings[0].hazard = "deadlock";
    cell.findings[0].fingerprint = "1";
  }
  result.cells[1].findings[0].preemptions = 9;
  EXPECT_EQ(GroupFindings(result).at(0).cells[0]->spec.program, "q");
}

TEST(FindingGroups, OfOneKindStandTogetherTheSimplestFirst) {
  RunResult result;
  result.cells = {ProbeCell("x86", "found", "found", 1)};
  for (const auto& [fingerprint, hazard, preemptions] :
       {std::tuple{"1", "deadlock", 5}, std::tuple{"2", "context", 4}, std::tuple{"3", "deadlock", 2}}) {
    Finding finding;
    finding.fingerprint = fingerprint;
    finding.hazard = hazard;
    finding.preemptions = preemptions;
    result.cells[0].findings.push_back(finding);
  }
  std::vector<std::string> order;
  for (const FindingGroup& group : GroupFindings(result)) order.push_back(group.finding->fingerprint);
  EXPECT_THAT(order, ElementsAre("3", "1", "2"));
}

// "strategy hazard fingerprint" of those that are chosen, in the order of the report.
std::vector<std::string> Chosen(const RunResult& result, size_t max, size_t of_a_kind) {
  const std::vector<FindingGroup> groups = GroupFindings(result);
  const std::vector<bool> chosen = Choose(groups, max, of_a_kind);
  std::vector<std::string> names;
  for (size_t i = 0; i < groups.size(); ++i) {
    const Finding& finding = *groups[i].finding;
    if (chosen[i])
      names.push_back(RowName(groups[i].cells.front()->spec) + " " + finding.hazard + " " + finding.fingerprint);
  }
  return names;
}

// Strategies a, b, c, each with two data races of one kind; the last one, by name and place, has the rare hazard.
RunResult ManyFindings() {
  RunResult result;
  for (const std::string strategy : {"a", "b", "c"}) {
    result.cells.push_back(ProbeCell("x86", "found", "found", 1));
    CellResult& cell = result.cells.back();
    cell.spec.strategy = strategy;
    for (const std::string hazard : {"data-race", "data-race", "lost-update", "lost-wakeup"}) {
      if (hazard == "lost-wakeup" && strategy != "c") continue;
      Finding finding;
      finding.hazard = hazard;
      finding.fingerprint = strategy + std::to_string(cell.findings.size());
      finding.preemptions = static_cast<int>(cell.findings.size());
      cell.findings.push_back(finding);
    }
  }
  return result;
}

TEST(Choose, ShowsEachHazardThenEachStrategyBeforeMoreOfTheSame) {
  const RunResult result = ManyFindings();
  EXPECT_THAT(Chosen(result, 3, 2), ElementsAre("a data-race a0", "a lost-update a2", "c lost-wakeup c3"));
  EXPECT_THAT(Chosen(result, 5, 2), ElementsAre("a data-race a0", "a lost-update a2", "b data-race b0",
                                                "b lost-update b2", "c lost-wakeup c3"));
  EXPECT_THAT(Chosen(result, 7, 2).size(), 7u);
  EXPECT_THAT(Chosen(result, 7, 2), testing::Contains("c data-race c0")) << "each pair before a second of one";
  EXPECT_THAT(Chosen(result, 100, 1).size(), 7u);
  EXPECT_THAT(Chosen(result, 100, 2).size(), 10u);
}

TEST(Choose, ShowsWhatDiffersFirstAndACauseOnce) {
  RunResult result = ManyFindings();
  result.cells[1].hazards["data-race"].agreement = "disagrees";
  EXPECT_THAT(Chosen(result, 1, 2), ElementsAre("b data-race b0"));
  result = ManyFindings();
  result.cells.resize(1);
  result.cells.push_back(result.cells[0]);
  result.cells[1].spec.program = "another";
  EXPECT_THAT(Chosen(result, 100, 2), ElementsAre("a data-race a0", "a data-race a1", "a lost-update a2"));
}

TEST(Choose, SaysWhatIsNotShown) {
  const RunResult result = ManyFindings();
  const std::vector<FindingGroup> groups = GroupFindings(result);
  EXPECT_THAT(ChoiceText(groups, Choose(groups, 3, 2)), HasSubstr("3 of 10 findings"));
  EXPECT_THAT(ChoiceText(groups, Choose(groups, 3, 2)), HasSubstr("Not shown: data-race 5, lost-update 2"));
  EXPECT_EQ(ChoiceText(groups, Choose(groups, 100, 2)), "");
}

TEST(FindingGroups, OfRealThreadsNameTheLoadThatLikelyShowsThemAgain) {
  RunResult result;
  result.cells = {ProbeCell("x86", "found", "found", 1)};
  result.cells[0].spec.engine = "tsan";
  result.cells[0].findings.resize(1);
  EXPECT_THAT(GroupFindings(result).at(0).repeat,
              HasSubstr("stress --engine tsan --strategy s --bridge x86 --probe p"));
  result.cells[0].findings[0].replay = "cfgtorture replay ct1-x";
  EXPECT_EQ(GroupFindings(result).at(0).repeat, "cfgtorture replay ct1-x");
}

TEST(FindingText, SaysNothingTwice) {
  Finding finding;
  finding.title = "read of 03:00.0: read of task 1 went astray";
  finding.accesses.resize(1);
  Access& access = finding.accesses[0];
  access.what = "read";
  access.location = "03:00.0";
  EXPECT_EQ(HeadlineOf(finding), "read of task 1 went astray");
  finding.hazard = "lost-wakeup";
  finding.title = "lost wakeup: it sleeps";
  EXPECT_EQ(HeadlineOf(finding), "it sleeps");
  EXPECT_EQ(LocksOf(access, Evidence::kExplored), "none");
  EXPECT_EQ(LocksOf(access, Evidence::kWatched), "not recorded");
  access.stack = {{"m", 5, "current", "task.cc", 54},
                  {"m", 5, "current", "task.cc", 51},
                  {"m", 5, "Wait", "w.cc", 9},
                  {"m", 7, "Wait", "w.cc", 9}};
  EXPECT_EQ(FramesOf(access).size(), 3u) << "a call of itself is another frame";
  access.task = access.context = "hardirq";
  EXPECT_EQ(WhoOf(access), "hardirq on CPU 0");
  access.task = "CPU2 hardirq";
  EXPECT_EQ(WhoOf(access), "hardirq on CPU 0");
  access.task = "reader";
  EXPECT_EQ(WhoOf(access), "hardirq, task reader on CPU 0");
}

TEST(LeftOutTest, GathersCellsOfOneReasonInOneLine) {
  RunResult result;
  result.cells = {ProbeCell("a", "clean", ""), ProbeCell("b", "clean", ""), ProbeCell("c", "clean", "")};
  result.summary.left_out = {"more"};
  result.cells[0].status = result.cells[2].status = "crashed";
  result.cells[0].reason = result.cells[2].reason = "signal 11";
  const std::vector<std::string> lines = LeftOut(result);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "more");
  EXPECT_EQ(lines[1], "model/s/p/a, model/s/p/c: crashed: signal 11");
}

TEST(AnswerTest, NamesTheStrategiesWithTheFewestConvictionsAndNotTheControl) {
  const std::string answer = Answer(SampleResult());
  EXPECT_THAT(
      answer,
      HasSubstr(
          "Each of 5 strategies was convicted of something; fewest: 1 of 9 probes, by big-raw-lock (transition)"));
  EXPECT_THAT(answer, Not(HasSubstr("busted")));
  RunResult one;
  one.cells = {ProbeCell("x86", "found", "found", 1)};
  EXPECT_EQ(Answer(one), "s was convicted by 1 of 1 probe (p).");
}

TEST(AnswerTest, OfClaimsIsWhatBecameOfThem) {
  RunResult result = SampleResult();
  ClaimResult claim;
  for (const char* outcome : {"refuted", "borne out", "borne out"}) {
    claim.outcome = outcome;
    result.claims.push_back(claim);
  }
  EXPECT_FALSE(IsAboutClaims(result)) << "it has a control: claims were merged into it";
  result.summary.control = {};
  EXPECT_EQ(Answer(result), "Of 3 claims: 2 borne out, 1 refuted.");
}

TEST(AnswerTest, SaysSoWhenAStrategyComesThroughClean) {
  RunResult result;
  result.cells = {ProbeCell("x86", "clean", "clean")};
  EXPECT_EQ(Answer(result), "1 of 1 strategy was convicted by none of 1 probe: s.");
}

TEST(AnswerTest, DoesNotCountWhatWasNotReachedAsClean) {
  RunResult result;
  result.cells = {ProbeCell("x86", "undecided", "clean")};
  EXPECT_THAT(Answer(result), HasSubstr("1 verdict among these could not be reached"));
  EXPECT_THAT(Answer(RunResult{}), HasSubstr("no verdict"));
}

TEST(TrustTest, SaysThatARunWhoseControlWasNotConvictedProvesNothing) {
  RunResult result = SampleResult();
  EXPECT_THAT(Trust(result), HasSubstr("was convicted of all 4"));
  result.summary.control.missing = {"torn-pair"};
  EXPECT_THAT(Trust(result), HasSubstr("NOT convicted of torn-pair: this run proves nothing"));
}

TEST(Numbers, ReadAsPeopleWriteThem) {
  EXPECT_EQ(ShortCount(0), "0");
  EXPECT_EQ(ShortCount(812), "812");
  EXPECT_EQ(ShortCount(81234), "81.2k");
  EXPECT_EQ(ShortCount(999999), "1.0M");
  EXPECT_EQ(ExactCount(0), "0");
  EXPECT_EQ(ExactCount(1234567), "1,234,567");
  EXPECT_EQ(Nanoseconds(812), "812 ns");
  EXPECT_EQ(Nanoseconds(1250), "1.25 µs");
  EXPECT_EQ(Nanoseconds(12.5e6), "12.5 ms");
  EXPECT_EQ(Ratio(std::nan("")), "–");
}

}  // namespace
}  // namespace cfgtorture::reports
