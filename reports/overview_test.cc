// overview_test.cc. Goal: advice follows the run's verdicts and figures: change one, and another strategy is named;
// what was not reached, not measured or only an interrupt reaches is said so, and nothing is called good that was
// convicted.
#include "reports/overview.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Trial {
 public:
  // A probe whose verdict does not depend on the bridge; `context`: of the finding's access.
  Trial& Probe(const std::string& strategy, const std::string& probe, const std::string& verdict,
               const std::string& context = "task", const std::string& flavour = "preempt") {
    if (result.catalogue.FindProgram("probe", probe) == nullptr) {
      CatalogueProgram program;
      program.kind = "probe";
      program.name = probe;
      program.hazards = {"hazard-" + probe};
      result.catalogue.programs.push_back(program);
    }
    if (result.catalogue.FindStrategy(strategy) == nullptr) {
      result.catalogue.strategies.push_back({strategy, "what " + strategy + " does", {}, ""});
    }
    CellResult cell;
    cell.spec.strategy = strategy;
    cell.spec.program = probe;
    cell.spec.kind = "probe";
    cell.spec.flavour = flavour;
    cell.status = "done";
    cell.executions = 100;
    HazardOutcome& outcome = cell.hazards["hazard-" + probe];
    outcome.verdict = verdict;
    outcome.opportunities = verdict == "not-exercised" ? 0 : 1;
    if (verdict == "found") {
      Finding finding;
      finding.hazard = "hazard-" + probe;
      finding.accesses = {{"read", "", "a", 0, context, {}, {}}};
      cell.findings = {finding};
    }
    result.cells.push_back(cell);
    return *this;
  }
  Trial& Measured(const std::string& strategy, double rate, double half_width, double irqs_off_ns,
                  const std::string& bridge = "x86") {
    CellResult cell;
    cell.spec.engine = "native";
    cell.spec.strategy = strategy;
    cell.spec.program = "load";
    cell.spec.kind = "workload";
    cell.spec.bridge = bridge;
    cell.status = "done";
    cell.metrics = {
        {"operations_per_s", rate}, {"operations_per_s_ci95", half_width}, {"irqs_off_max_ns", irqs_off_ns}};
    cell.operations = {{"read", 1000, 10, 20, 3000, 40, {}}};
    result.cells.push_back(cell);
    return *this;
  }
  Advice For(const std::string& use) const {
    for (const Advice& advice : MakeAdvice(result)) {
      if (advice.use == use) return advice;
    }
    ADD_FAILURE() << "no advice for " << use;
    return {};
  }
  RunResult result;
};

constexpr const char* kServer = "x86 server";
constexpr const char* kRt = "RT kernel";
constexpr const char* kVmm = "VMM or user-space driver";

TEST(Advice, NamesTheFastestOfThoseThatNoProbeConvicts) {
  Trial run;
  run.Probe("a", "p", "clean").Probe("b", "p", "clean").Probe("c", "p", "found");
  run.Measured("a", 1e6, 1e4, 10).Measured("b", 2e6, 1e4, 20).Measured("c", 9e6, 1e4, 1);
  const Advice advice = run.For(kServer);
  EXPECT_EQ(advice.strategy, "b");
  EXPECT_EQ(advice.sentence,
            "b (2.0M operations/s, 2.00 times a's, the fastest of 2 alike): none of 1 probes convicts it.");
  EXPECT_EQ(advice.about, "what b does");
  EXPECT_THAT(advice.evidence, HasSubstr("1 probes, memory sc (these processors are weaker: tso was not explored)"));
  EXPECT_EQ(run.For(kRt).strategy, "a");  // the shorter time with interrupts off
}

TEST(Advice, SaysThatNoneQualifiesAndWhatConvictsAll) {
  Trial run;
  run.Probe("a", "p", "found").Probe("a", "q", "clean").Probe("a", "r", "found");
  run.Probe("b", "p", "found").Probe("b", "q", "clean").Probe("b", "r", "clean");
  EXPECT_EQ(run.For(kServer).sentence,
            "No strategy qualifies: one probe convicts all 2 (p), so callers must keep these away; nearest is b, with "
            "nothing else against it; next is a, by r.");
  EXPECT_THAT(run.For(kServer).evidence, HasSubstr("not measured on these bridges"));
}

TEST(Advice, DoesNotTellApartWhatTheIntervalsDoNot) {
  Trial run;
  run.Probe("a", "p", "clean").Probe("b", "p", "clean");
  run.Measured("a", 1.00e6, 5e4, 10).Measured("b", 1.01e6, 5e4, 20);
  EXPECT_THAT(run.For(kServer).sentence, HasSubstr("not told apart from a's 1.0M"));
}

TEST(Advice, TakesWhatWasNotReachedForNoAcquittal) {
  Trial run;
  run.Probe("a", "p", "not-exercised").Probe("b", "p", "clean");
  run.Measured("a", 2e6, 1, 10).Measured("b", 1e6, 1, 20);
  EXPECT_EQ(run.For(kServer).strategy, "b");
  Trial alone;
  alone.Probe("a", "p", "not-exercised");
  EXPECT_THAT(alone.For(kServer).sentence, HasSubstr("No strategy qualifies for certain"));
}

TEST(Advice, ComparesNoStrategyWithOneThatWasAskedMore) {
  Trial run;
  run.Probe("a", "p", "clean").Probe("b", "p", "clean").Probe("b", "q", "clean").Probe("c", "q", "found");
  run.Measured("a", 9e6, 1, 10).Measured("b", 1e6, 1, 20);
  EXPECT_EQ(run.For(kServer).strategy, "b");
  Trial apart;
  apart.Probe("a", "p", "clean").Probe("b", "q", "found");
  EXPECT_THAT(apart.For(kServer).sentence, HasSubstr("No strategy qualifies for certain"));
  EXPECT_THAT(apart.For(kServer).sentence, HasSubstr("1 of 2 have no verdict"));
}

TEST(Advice, LeavesTheControlOutAndWhoRefusesTheBridge) {
  Trial run;
  run.Probe("a", "p", "found").Probe("b", "p", "clean").Probe("control", "p", "clean");
  run.result.summary.control.strategy = "control";
  run.result.catalogue.strategies[1].refuses_bridges = {"x86", "indirect", "cf8"};
  const Advice advice = run.For(kServer);
  EXPECT_EQ(advice.strategy, "a");
  EXPECT_THAT(advice.evidence, HasSubstr("1 strategy refuses these bridges"));
  EXPECT_EQ(run.For(kRt).strategy, "b");
}

TEST(Advice, CountsForAVmmOnlyWhatThreadsReach) {
  Trial run;
  run.Probe("a", "p", "found", "hardirq").Probe("b", "p", "found", "task");
  EXPECT_EQ(run.For(kVmm).strategy, "a");
  EXPECT_THAT(run.For(kVmm).sentence, HasSubstr("none of 1 probes convicts it"));
  EXPECT_THAT(run.For(kVmm).evidence, HasSubstr("only an interrupt reaches it: p"));
  EXPECT_THAT(run.For(kServer).sentence, HasSubstr("No strategy qualifies"));
}

TEST(Advice, CountsUnderRtWhatHappensThereAlone) {
  Trial run;
  run.Probe("a", "p", "clean").Probe("a", "q", "found", "hardirq", "rt");
  EXPECT_THAT(run.For(kServer).sentence, Not(HasSubstr("No strategy")));
  EXPECT_THAT(run.For(kRt).sentence, HasSubstr("No strategy qualifies"));
}

TEST(Advice, IsNotGivenWithoutAProbe) {
  Trial run;
  run.Measured("a", 1e6, 1, 1);
  EXPECT_THAT(MakeAdvice(run.result), IsEmpty());
}

TEST(Overview, PutsTheFewestConvictionsFirstAndComparesCostsOverSharedSettingsOnly) {
  Trial run;
  run.Probe("a", "p", "found").Probe("b", "p", "clean").Probe("c", "p", "clean");
  run.Measured("a", 4e6, 1, 5)
      .Measured("a", 1e6, 1, 7, "ecam")
      .Measured("b", 1e6, 1, 9)
      .Measured("c", 2e6, 1, 1, "ecam");
  run.Measured("b", 1e6, 1, 2, "ecam");
  const Overview overview = MakeOverview(run.result);
  std::vector<std::string> order;
  for (const OverviewRow& row : overview.rows) order.push_back(row.strategy);
  EXPECT_THAT(order, ElementsAre("c", "b", "a"));
  EXPECT_EQ(overview.settings, 1u);  // x86 lacks c
  EXPECT_DOUBLE_EQ(overview.rows[2].cost.operations_per_s, 1e6);
  EXPECT_DOUBLE_EQ(overview.rows[2].cost.irqs_off_max_ns, 7);
  EXPECT_DOUBLE_EQ(overview.rows[2].cost.p999_ns, 3000);
  EXPECT_EQ(overview.operation, "read");
}

TEST(Advice, NamesWhoIsAsGoodAndWasNotMeasured) {
  Trial run;
  run.Probe("a", "p", "clean").Probe("b", "p", "clean").Probe("c", "p", "clean");
  run.Measured("a", 4e6, 1, 5).Measured("b", 0, 0, 9).Measured("c", 1e6, 1, 1);
  const Advice advice = run.For("x86 server");
  EXPECT_EQ(advice.strategy, "a");
  EXPECT_THAT(advice.evidence, testing::HasSubstr("; not measured in all of them: b"));
}

TEST(Overview, ComparesWithinARunOfAMergedResult) {
  Trial run;
  run.Probe("a", "p", "clean").Probe("b", "p", "clean");
  run.Measured("a", 4e6, 1, 5).Measured("b", 1e6, 1, 9).Measured("a", 1e6, 1, 7).Measured("b", 4e6, 1, 9);
  run.Measured("a", 9e6, 1, 7);  // a third machine, which has not run b
  for (size_t i = 2; i < run.result.cells.size(); ++i)
    run.result.cells[i].spec.id = i < 4 ? "x@1" : i < 6 ? "x@2" : "x@3";
  const Overview overview = MakeOverview(run.result);
  EXPECT_EQ(overview.settings, 2u);
  for (const OverviewRow& row : overview.rows) EXPECT_DOUBLE_EQ(row.cost.operations_per_s, 2e6) << row.strategy;
}

TEST(Overview, PutsWhatWasMeasuredAloneLastAndSaysThatNoProbeWasExplored) {
  Trial run;
  run.Measured("fast", 9e6, 1, 1);
  EXPECT_FALSE(MakeOverview(run.result).explored());
  run.Probe("guilty", "p", "found");
  const Overview overview = MakeOverview(run.result);
  EXPECT_TRUE(overview.explored());
  ASSERT_EQ(overview.rows.size(), 2u);
  EXPECT_EQ(overview.rows[1].strategy, "fast");
  EXPECT_EQ(overview.rows[1].probes, 0u);
}

TEST(HazardRows, TellWhoShowsAHazardTheControlApart) {
  Trial run;
  run.Probe("a", "p", "found").Probe("b", "p", "clean").Probe("c", "p", "not-exercised").Probe("n", "p", "found");
  run.result.summary.control.strategy = "n";
  const std::vector<HazardRow> rows = MakeHazardRows(run.result);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_THAT(rows[0].found, ElementsAre("a"));
  EXPECT_THAT(rows[0].clean, ElementsAre("b"));
  EXPECT_THAT(rows[0].unknown, ElementsAre("c"));
  EXPECT_TRUE(rows[0].control_found);
}

}  // namespace
}  // namespace cfgtorture::reports
