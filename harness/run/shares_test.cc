// shares_test.cc. Goal: a cell that was cut, in space or in time, is the cell that it would have been in one piece.
#include "harness/run/shares.h"

#include <map>

#include "gtest/gtest.h"
#include "harness/explore/distinct.h"
#include "harness/run/cells.h"

namespace cfgtorture::run {
namespace {

const std::vector<std::string> kListed = {"data-race", "deadlock"};

CellSpec Spec() {
  CellSpec spec;
  spec.id = "model/x";
  spec.engine = "model";
  spec.explorer = "random";
  return spec;
}

// What a worker would answer for `count` executions from `first` on, of a program that shows a race in every 1000th.
CellResult Answer(const CellSpec& spec, uint64_t first, uint64_t count) {
  CellResult part = PendingCell(spec, kListed);
  part.spec.first_execution = first;
  part.status = "done";
  part.reason.clear();
  part.executions = count;
  part.points = 10 * count;
  part.wall_s = 2;
  part.metrics["executions_per_s"] = static_cast<double>(count) / 2;
  explore::DistinctCounter distinct;
  HazardOutcome race;
  for (uint64_t i = 0; i < count; ++i) {
    distinct.Add(((first + i) % kLane % 500) * 0x9e3779b97f4a7c15);  // 500 schedules, the same in every lane
    if ((first + i) % kLane % 1000 != 999) continue;
    if (race.hits++ == 0) race.executions_to_first = static_cast<int64_t>(i + 1);
  }
  race.executions_with = race.hits;
  race.opportunities = count;
  race.verdict = race.hits != 0 ? "found" : "clean";
  part.hazards["data-race"] = race;
  part.hazards["deadlock"].verdict = "not-exercised";
  if (race.hits != 0) {
    Finding finding;
    finding.id = "f1";
    finding.hazard = "data-race";
    finding.fingerprint = "aa";
    finding.title = "t";
    finding.count = race.hits;
    part.findings.push_back(std::move(finding));
  }
  part.distinct = distinct.Estimate();
  part.distinct_sketch = distinct.Text();
  return part;
}

CellResult RunShares(const CellResult& cell, uint64_t jobs) {
  std::vector<CellResult> answers;
  for (const CellSpec& share : SharesOf(cell, jobs))
    answers.push_back(Answer(share, share.first_execution, share.executions));
  return After(cell, Together(cell.spec, answers));
}

// No execution number twice, and as many as were counted.
void ExpectDisjoint(const CellResult& cell) {
  uint64_t sum = 0, end = 0;
  for (const auto& [first, count] : cell.used) {
    EXPECT_GE(first, end);
    end = first + count;
    sum += count;
  }
  EXPECT_EQ(sum, cell.executions);
}

TEST(Shares, AddUpToTheLimitWhateverTheNumberOfJobs) {
  for (const uint64_t jobs : {1u, 2u, 3u, 7u, 64u}) {
    CellSpec spec = Spec();
    spec.executions = 10001;
    const CellResult cell = RunShares(PendingCell(spec, kListed), jobs);
    EXPECT_EQ(cell.executions, 10001u);
    EXPECT_EQ(cell.points, 100010u);
    EXPECT_EQ(cell.status, "done");
    EXPECT_EQ(cell.spec.executions, 10001u) << "the limits are the cell's, not a share's";
    EXPECT_NEAR(static_cast<double>(cell.distinct), static_cast<double>(std::min<uint64_t>(500, 10001 / jobs + 1)), 25)
        << "schedules that two jobs met count once";
    EXPECT_EQ(cell.wall_s, 2) << "side by side";
    EXPECT_NEAR(cell.metrics.at("executions_per_s"), 5000.5, 1);
    ExpectDisjoint(cell);
  }
}

TEST(Shares, NeverMoreThanExecutions) {
  CellSpec spec = Spec();
  spec.executions = 3;
  EXPECT_EQ(SharesOf(PendingCell(spec, kListed), 8).size(), 3u);
}

TEST(Shares, OfAnExplorerThatRemembersAreOne) {
  CellSpec spec = Spec();
  spec.explorer = "dfs";
  EXPECT_EQ(SharesOf(PendingCell(spec, kListed), 8).size(), 1u);
}

TEST(Shares, CountTheFirstExecutionThatFoundAsIfTheyTookTurns) {
  CellSpec spec = Spec();
  CellResult early = Answer(spec, 0, 5000), late = Answer(spec, kLane, 5000);
  early.hazards["data-race"].executions_to_first = 30;
  late.hazards["data-race"].executions_to_first = 30;
  EXPECT_EQ(Together(spec, {early, late}).hazards["data-race"].executions_to_first, 59) << "29 by each, and one more";
  early.hazards["data-race"].executions_to_first = 31;
  EXPECT_EQ(Together(spec, {early, late}).hazards["data-race"].executions_to_first, 60);
  late.executions = 10;
  late.hazards["data-race"].executions_to_first = -1;
  EXPECT_EQ(Together(spec, {early, late}).hazards["data-race"].executions_to_first, 41)
      << "the other had ended by then";
}

TEST(Shares, OneCauseIsOneFindingAndCleanNeedsEveryShareDone) {
  CellSpec spec = Spec();
  CellResult a = Answer(spec, 0, 2000), b = Answer(spec, kLane, 3000);
  CellResult cell = Together(spec, {a, b});
  ASSERT_EQ(cell.findings.size(), 1u);
  EXPECT_EQ(cell.findings[0].count, 5u);
  EXPECT_EQ(cell.hazards["data-race"].strength, "found in 5 of 5000 executions");
  EXPECT_EQ(cell.hazards["deadlock"].verdict, "not-exercised");
  b.hazards["deadlock"].opportunities = 7;
  b.hazards["deadlock"].verdict = "clean";
  EXPECT_EQ(Together(spec, {a, b}).hazards["deadlock"].verdict, "clean") << "one share met what the other did not";
  b.status = "stopped";
  EXPECT_TRUE(Together(spec, {a, b}).hazards["deadlock"].strength.starts_with("clean for 5000 executions"));
  b.status = "crashed";
  b.reason = "died of SIGSEGV";
  b.hazards["deadlock"].verdict = "undecided";
  cell = Together(spec, {a, b});
  EXPECT_EQ(cell.status, "crashed");
  EXPECT_EQ(cell.hazards["deadlock"].verdict, "undecided");
  EXPECT_EQ(cell.hazards["data-race"].verdict, "found");
}

TEST(Shares, GoOnWithTheFirstUnusedNumberOfEachLaneUntilTheLimitIsReached) {
  CellSpec spec = Spec();
  spec.executions = 9000;
  // Two jobs were killed at different places; then three go on.
  CellResult stopped = Together(spec, {Answer(spec, 0, 1000), Answer(spec, kLane, 400)});
  stopped.status = "stopped";
  CellResult cell = Reopened(stopped, spec, kListed);
  ASSERT_TRUE(IsPending(cell));
  const std::vector<CellSpec> shares = SharesOf(cell, 3);
  ASSERT_EQ(shares.size(), 3u);
  EXPECT_EQ(shares[0].first_execution, 1000u);
  EXPECT_EQ(shares[1].first_execution, kLane + 400);
  EXPECT_EQ(shares[2].first_execution, 2 * kLane);
  EXPECT_EQ(shares[0].executions + shares[1].executions + shares[2].executions, 7600u);
  cell = RunShares(cell, 3);
  EXPECT_EQ(cell.executions, 9000u);
  EXPECT_EQ(cell.wall_s, 4) << "one after the other";
  EXPECT_EQ(cell.hazards["data-race"].executions_to_first, 1400) << "of the first run, not of the second";
  EXPECT_EQ(cell.used, (std::vector<std::pair<uint64_t, uint64_t>>{{0, 3534}, {kLane, 2933}, {2 * kLane, 2533}}));
  ExpectDisjoint(cell);
  EXPECT_FALSE(IsPending(Reopened(cell, spec, kListed))) << "the limit is reached";
  spec.executions = 10000;
  EXPECT_TRUE(IsPending(Reopened(cell, spec, kListed))) << "the limit was raised";
}

TEST(Shares, AReopenedCellIsDoneWhenAllWasFound) {
  CellSpec spec = Spec();
  spec.time_s = 100;
  spec.until_found = true;
  CellResult stopped = Together(spec, {Answer(spec, 0, 1000)});
  stopped.status = "stopped";
  EXPECT_TRUE(IsPending(Reopened(stopped, spec, kListed)));
  EXPECT_FALSE(IsPending(Reopened(stopped, spec, {"data-race"})));
  stopped.status = "timeout";
  EXPECT_TRUE(IsPending(Reopened(stopped, spec, kListed))) << "the host was busy; it may get on now";
  stopped.status = "crashed";
  EXPECT_FALSE(IsPending(Reopened(stopped, spec, kListed))) << "a crash is a finding, and would come again";
}

TEST(Shares, OfAReopenedCellThatCannotBeCutBeginAnew) {
  CellSpec spec = Spec();
  spec.explorer = "dfs";
  CellResult stopped = Answer(spec, 0, 1000);
  stopped.status = "stopped";
  const CellResult cell = Reopened(stopped, spec, kListed);
  EXPECT_TRUE(IsPending(cell));
  EXPECT_EQ(cell.executions, 0u);
}

}  // namespace
}  // namespace cfgtorture::run
