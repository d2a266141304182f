// Goal: each way in which a scenario can differ from what its file says changes the exit status, and nothing else does;
// the table says how each side was seen.
#include "harness/cli/scenarios.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "harness/cli/outcome.h"
#include "harness/run/cells.h"

namespace cfgtorture::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ScenariosTest : public testing::Test {
 protected:
  ScenariosTest() {
    CatalogueProgram program;
    program.kind = "scenario";
    program.name = "bug";
    program.sides = {"buggy", "fixed"};
    program.tag = "historic";
    program.must_find = program.hazards = {"deadlock", "lock-order"};
    program.may_find = {"context"};
    result_.catalogue.programs = {program};
  }

  CellResult& Add(const std::string& side, const std::string& explorer,
                  const std::map<std::string, std::string>& verdicts) {
    CellResult cell;
    cell.spec.program = "bug";
    cell.spec.kind = "scenario";
    cell.spec.side = side;
    cell.spec.explorer = explorer;
    cell.spec.id = side + "/" + explorer;
    cell.status = "done";
    cell.accesses = 1;
    cell.executions = ScenarioSizes{}.buggy_executions;
    for (const auto& [hazard, verdict] : verdicts) {
      cell.hazards[hazard].verdict = verdict;
      if (verdict == "found") cell.hazards[hazard].executions_to_first = 7;
    }
    result_.cells.push_back(cell);
    return result_.cells.back();
  }
  int Exit() {
    JudgeByScenarios(result_, {std::vector<run::Ending>(result_.cells.size(), run::Ending::kAnswered), {}, 0});
    return result_.summary.exit_status;
  }

  RunResult result_;
};

TEST_F(ScenariosTest, HoldIfTheBuggySideIsConvictedOfAllAndTheFixedOfNothing) {
  Add("buggy", "pct", {{"deadlock", "found"}, {"lock-order", "found"}, {"context", "found"}});
  Add("fixed", "random", {{"deadlock", "clean"}, {"lock-order", "not-exercised"}});
  EXPECT_EQ(Exit(), kHolds);
  EXPECT_THAT(ScenarioTable(result_), HasSubstr("found by pct in 7 executions"));
  EXPECT_THAT(ScenarioTable(result_), HasSubstr("clean for 10000 executions"));
}

TEST_F(ScenariosTest, HoldIfTheExplorersHaveFoundAllTogether) {
  Add("buggy", "pct", {{"deadlock", "found"}, {"lock-order", "clean"}});
  Add("buggy", "random", {{"deadlock", "clean"}, {"lock-order", "found"}});
  EXPECT_EQ(Exit(), kHolds);
}

TEST_F(ScenariosTest, ARowNamesTheExplorersThatHaveNotConvicted) {
  Add("buggy", "pct", {{"deadlock", "found"}, {"lock-order", "found"}});
  Add("buggy", "dpor", {{"deadlock", "clean"}, {"lock-order", "found"}});
  EXPECT_THAT(ScenarioTable(result_), HasSubstr("found by pct in 7 executions; not by dpor in 10000"));
}

TEST_F(ScenariosTest, DporIsLeftOutUnderTsoAndThatIsSaid) {
  const auto explorers = [](const std::string& memory, const std::string& asked) {
    CellSpec spec;
    spec.memory = memory;
    std::vector<std::string> names;
    for (const CellResult& cell : CellsOfSides({run::PendingCell(spec, {})}, {{}, asked, 0}))
      names.push_back(cell.spec.explorer);
    return names;
  };
  EXPECT_THAT(explorers("c11", ""), ElementsAre("dpor", "random"));
  EXPECT_THAT(explorers("tso", ""), ElementsAre("random"));
  EXPECT_THAT(explorers("tso", "dpor"), ElementsAre("dpor")) << "the worker says why not";
  Add("fixed", "random", {{"deadlock", "clean"}}).spec.memory = "tso";
  EXPECT_THAT(ScenarioTable(result_), HasSubstr("without dpor, which does not go with --memory tso"));
}

TEST_F(ScenariosTest, DifferIfOneHazardOfTheBuggySideIsNotFound) {
  Add("buggy", "pct", {{"deadlock", "found"}, {"lock-order", "clean"}});
  EXPECT_EQ(Exit(), kDiffers);
  EXPECT_THAT(ScenarioTable(result_), HasSubstr("! lock-order not found in 10000 executions"));
  EXPECT_EQ(result_.cells[0].hazards["lock-order"].agreement, "disagrees");
}

TEST_F(ScenariosTest, FewerExecutionsThanTheBudgetDecideNothing) {
  Add("buggy", "pct", {{"deadlock", "clean"}, {"lock-order", "found"}}).executions = 9'999;
  Add("buggy", "random", {{"deadlock", "clean"}, {"lock-order", "found"}});
  Add("buggy", "dpor", {{"deadlock", "clean"}, {"lock-order", "found"}});
  EXPECT_EQ(Exit(), kUndecided);
  EXPECT_THAT(result_.summary.text, HasSubstr("deadlock was not found in 9999 executions"));
  EXPECT_THAT(ScenarioTable(result_), HasSubstr("? deadlock not found"));
}

TEST_F(ScenariosTest, AnEndAcquitsOfNothingThatTheExplorerDoesNotSee) {
  CellResult& cell = Add("fixed", "dpor", {{"deadlock", "undecided"}});
  cell.exhausted = true;
  cell.hazards["deadlock"].reason = "it looks for none";
  EXPECT_EQ(Exit(), kUndecided);
  EXPECT_THAT(result_.summary.text, HasSubstr("deadlock: it looks for none"));
  EXPECT_THAT(ScenarioTable(result_), HasSubstr("dpor ended, 10000 executions, but does not decide deadlock"));
  Add("fixed", "random", {{"deadlock", "clean"}});
  EXPECT_EQ(Exit(), kHolds);
}

TEST_F(ScenariosTest, DifferIfTheBuggySideIsConvictedOfWhatItsFileDoesNotSay) {
  Add("buggy", "pct", {{"deadlock", "found"}, {"lock-order", "found"}, {"data-race", "found"}});
  EXPECT_EQ(Exit(), kDiffers);
  EXPECT_THAT(ScenarioTable(result_), HasSubstr("! found data-race"));
}

TEST_F(ScenariosTest, DifferIfTheFixedSideIsConvictedEvenOfWhatTheBuggyMay) {
  Add("fixed", "random", {{"deadlock", "clean"}, {"context", "found"}});
  EXPECT_EQ(Exit(), kDiffers);
  EXPECT_THAT(ScenarioTable(result_), HasSubstr("! found context"));
}

TEST_F(ScenariosTest, DifferIfTheSidesAreSwapped) {
  Add("fixed", "pct", {{"deadlock", "found"}, {"lock-order", "found"}});
  Add("buggy", "random", {{"deadlock", "clean"}, {"lock-order", "clean"}});
  EXPECT_EQ(Exit(), kDiffers);
  EXPECT_EQ(result_.summary.disagreements.size(), 4u);
}

TEST_F(ScenariosTest, AreUndecidedIfNothingOfAFixedSideWasExercised) {
  Add("fixed", "random", {{"deadlock", "not-exercised"}, {"lock-order", "not-exercised"}});
  EXPECT_EQ(Exit(), kUndecided);
  EXPECT_THAT(ScenarioTable(result_), HasSubstr("not exercised"));
}

TEST_F(ScenariosTest, AnEndCountsOnlyIfTheSameExplorerConvictsTheBuggySide) {
  Add("buggy", "dpor", {{"deadlock", "found"}, {"lock-order", "found"}});
  Add("fixed", "dpor", {{"deadlock", "clean"}, {"lock-order", "clean"}}).exhausted = true;
  EXPECT_THAT(ScenarioTable(result_), HasSubstr("exhausted by dpor, 10000 executions"));
  result_.cells[0].hazards["deadlock"].verdict = "clean";
  EXPECT_THAT(ScenarioTable(result_), HasSubstr("dpor ended, but has not convicted the buggy side"));
}

TEST_F(ScenariosTest, EachSideGetsItsExplorersAndBudgets) {
  CellSpec spec;
  spec.program = "bug";
  spec.kind = "scenario";
  spec.until_found = true;
  std::vector<CellResult> cells;
  for (const char* side : {"buggy", "fixed"}) {
    spec.side = side;
    cells.push_back(run::PendingCell(spec, {"deadlock"}));
  }
  ASSERT_TRUE(SayWhatTheyExpect(cells, result_.catalogue));
  ScenarioPlan plan;
  std::vector<std::string> ids;
  for (const CellResult& cell : CellsOfSides(cells, plan)) {
    ids.push_back(cell.spec.side + " " + cell.spec.explorer + " " + std::to_string(cell.spec.executions));
    EXPECT_EQ(cell.spec.until_found, cell.spec.side == "buggy");
  }
  EXPECT_THAT(ids, ElementsAre("buggy pct 10000", "buggy random 10000", "buggy dpor 50000", "fixed dpor 50000",
                               "fixed random 100000"));
  plan.explorer = "pos";
  EXPECT_EQ(CellsOfSides(cells, plan).size(), 2u);
}

}  // namespace
}  // namespace cfgtorture::cli
