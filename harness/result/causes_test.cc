// causes_test.cc. Goal: a cause is told once, by its simplest recording, and nothing of how often and where is lost.
#include "harness/result/causes.h"

#include "gtest/gtest.h"

namespace cfgtorture {
namespace {

Finding Seen(const std::string& fingerprint, int preemptions, uint64_t count) {
  return {.id = "f1",
          .hazard = "data-race",
          .fingerprint = fingerprint,
          .title = "t",
          .count = count,
          .preemptions = preemptions};
}

TEST(AddFinding, KeepsTheSimplestRecordingAndAddsUp) {
  std::vector<Finding> findings;
  for (const Finding& finding :
       {Seen("a", 5, 10), Seen("b", 1, 1), Seen("a", 2, 100), Seen("a", 9, 1000), Seen("a", -1, 1)})
    AddFinding(findings, finding);
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].count, 1111u);
  EXPECT_EQ(findings[0].preemptions, 2);
  EXPECT_EQ(findings[0].id, "f1");
  EXPECT_EQ(findings[1].id, "f2") << "shares of a cell number their findings alike";
}

TEST(AddFinding, LeavesAnIdThatIsFree) {
  std::vector<Finding> findings = {Seen("a", 1, 1)};
  Finding crash = Seen("b", 1, 1);
  crash.id = "crash";
  AddFinding(findings, crash);
  EXPECT_EQ(findings[1].id, "crash");
}

TEST(CausesOf, TellsInWhichCellsACauseWasSeen) {
  RunResult result;
  result.cells.resize(3);
  result.cells[0].findings = {Seen("a", 5, 2), Seen("b", 0, 1)};
  result.cells[2].findings = {Seen("a", 1, 3)};
  const std::vector<Cause> causes = CausesOf(result);
  ASSERT_EQ(causes.size(), 2u);
  EXPECT_EQ(causes[0].count, 5u);
  EXPECT_EQ(causes[0].finding, &result.cells[2].findings[0]) << "the fewest preemptions";
  EXPECT_EQ(causes[0].cell, &result.cells[2]);
  EXPECT_EQ(causes[0].cells, (std::vector<const CellResult*>{&result.cells[0], &result.cells[2]}));
  EXPECT_EQ(causes[1].cells.size(), 1u);
}

}  // namespace
}  // namespace cfgtorture
