// charts_test.cc. Goal: each chart draws the run's numbers, beside each other what compares and nothing else.
#include "reports/charts.h"

#include <cmath>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "reports/sample_result.h"

namespace cfgtorture::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

CellResult Measured(const std::string& strategy, const std::string& bridge, uint32_t threads, double rate) {
  CellResult cell;
  cell.spec.engine = "native";
  cell.spec.kind = "workload";
  cell.spec.program = "load";
  cell.spec.strategy = strategy;
  cell.spec.bridge = bridge;
  cell.spec.threads = threads;
  cell.status = "done";
  cell.wall_s = 1;
  cell.metrics["operations_per_s"] = rate;
  cell.operations = {{"read", 100, 10, 20, 30, 500, {{10, 50}, {20, 40}, {40, 9}, {480, 1}}}};
  return cell;
}

TEST(LatencyChart, IsTheShareThatTookLongerThanTheEndOfEachBinAndEndsAtTheSlowestCall) {
  RunResult result;
  result.cells = {Measured("a", "x86", 2, 1e6)};
  const std::vector<CostTable> tables = MakeCostTables(result);
  const std::vector<Chart> charts = MakeLatencyCharts(tables.at(0));
  ASSERT_EQ(charts.size(), 1u);
  EXPECT_EQ(charts[0].operation, "read");
  EXPECT_EQ(charts[0].setting, "x86, 2 threads");
  const auto& points = charts[0].series.at(0).points;
  ASSERT_EQ(points.size(), 5u);
  EXPECT_EQ(points[0].second, 1.0);
  EXPECT_LT(points[0].first, 10);
  EXPECT_THAT(std::vector(points.begin() + 1, points.end()),
              ElementsAre(Pair(10, 0.5), Pair(20, 0.1), Pair(40, 0.01), Pair(500, 0.01)));
}

TEST(LatencyChart, IsNotDrawnWithoutAHistogram) {
  RunResult result;
  result.cells = {Measured("a", "x86", 2, 1e6)};
  result.cells[0].operations[0].histogram.clear();
  const std::vector<CostTable> tables = MakeCostTables(result);
  EXPECT_TRUE(MakeLatencyCharts(tables.at(0)).empty());
}

TEST(LatencyChart, SurvivesAHistogramThatDescends) {
  RunResult result;
  result.cells = {Measured("a", "x86", 2, 1e6)};
  result.cells[0].operations[0].histogram = {{40, 1}, {0, 2}, {-5, 3}, {NAN, 4}, {50, 0}};
  const std::vector<CostTable> tables = MakeCostTables(result);
  const std::vector<Chart> charts = MakeLatencyCharts(tables.at(0));
  double last = 0;
  for (const auto& [x, y] : charts.at(0).series.at(0).points) {
    EXPECT_GT(x, last);
    EXPECT_GT(y, 0);
    EXPECT_LE(y, 1);
    last = x;
  }
}

TEST(Charts, OfSettingsStandApartAndAStrategyOfItsOwnBridgeIsAGuestInEach) {
  RunResult result;
  for (const char* bridge : {"indirect", "x86"}) {
    for (const char* strategy : {"a", "b"}) result.cells.push_back(Measured(strategy, bridge, 2, 1e6));
  }
  result.cells.push_back(Measured("only-ecam", "ecam", 2, 1e6));
  result.cells.push_back(Measured("a", "slow", 2, 1e6));  // is there already
  result.cells.push_back(Measured("only-ecam", "ecam", 2, 1e6));
  result.cells.back().spec.flavour = "rt";  // differs by more than the bridge
  const std::vector<CostTable> tables = MakeCostTables(result);
  const std::vector<Chart> charts = MakeThroughputCharts(tables.at(0));
  ASSERT_EQ(charts.size(), 3u);
  EXPECT_EQ(charts[0].setting, "indirect");
  EXPECT_THAT(charts[0].rows, ElementsAre("a", "b", "only-ecam (ecam)"));
  EXPECT_THAT(charts[1].rows, ElementsAre("a", "b", "only-ecam (ecam)"));
  EXPECT_EQ(charts[2].setting, "ecam, rt");
  EXPECT_THAT(charts[2].rows, ElementsAre("only-ecam"));
}

TEST(ThroughputChart, HasARowAStrategyAndASeriesANumberOfThreads) {
  RunResult result;
  result.cells = {Measured("a", "x86", 2, 30), Measured("a", "x86", 1, 20), Measured("b", "x86", 2, 50)};
  const std::vector<CostTable> tables = MakeCostTables(result);
  const std::vector<Chart> charts = MakeThroughputCharts(tables.at(0));
  ASSERT_EQ(charts.size(), 1u);
  ASSERT_EQ(charts[0].series.size(), 2u);
  EXPECT_EQ(charts[0].series[0].label, "1 thread");
  EXPECT_THAT(charts[0].series[0].points, ElementsAre(Pair(0, 20)));
  EXPECT_EQ(charts[0].series[1].label, "2 threads");
  EXPECT_THAT(charts[0].series[1].points, ElementsAre(Pair(0, 30), Pair(1, 50)));
}

TEST(Charts, OfAMergedResultKeepItsRunsApart) {
  RunResult result;
  result.cells = {Measured("a", "x86", 2, 30), Measured("b", "x86", 2, 50), Measured("a", "x86", 2, 3),
                  Measured("b", "x86", 2, 5)};
  for (size_t i = 0; i < 4; ++i) result.cells[i].spec.id += i < 2 ? "@1a2b3c4d" : "@5e6f7a8b";
  const std::vector<CostTable> tables = MakeCostTables(result);
  EXPECT_EQ(tables.at(0).rows[0].setting, "x86, 2 threads, run 1a2b3c4d")
      << "a row says which machine and day it is of";
  EXPECT_EQ(tables.at(0).rows[3].setting, "x86, 2 threads, run 5e6f7a8b");
  const std::vector<Chart> charts = MakeThroughputCharts(tables.at(0));
  ASSERT_EQ(charts.size(), 2u);
  EXPECT_EQ(charts[0].setting, "x86, run 1a2b3c4d");
  EXPECT_THAT(charts[0].rows, ElementsAre("a", "b"));
  EXPECT_THAT(charts[1].series[0].points, ElementsAre(Pair(0, 3), Pair(1, 5)));
}

LockResult Lock(const char* name, double waited_ns, double held_ns) {
  LockResult lock;
  lock.name = name;
  lock.stat.waittime_total_ns = waited_ns;
  lock.stat.holdtime_total_ns = held_ns;
  return lock;
}

TEST(ContentionChart, HasTheSharesOfTheThreadsTimeMostWaitedForFirst) {
  RunResult result;
  result.cells = {Measured("a", "x86", 2, 30), Measured("b", "x86", 2, 30), Measured("c", "x86", 2, 30)};
  for (CellResult& cell : result.cells) cell.spec.engine = "checked";
  result.cells[0].locks = {Lock("pci_lock", 0.5e9, 1e9)};
  result.cells[1].locks = {Lock("pci_lock", 1e9, 0.2e9), Lock("msi_lock", 0, 0)};
  const std::vector<LockTable> tables = MakeLockTables(result);
  ASSERT_EQ(tables.size(), 1u);
  const Chart chart = MakeContentionChart(tables[0]);
  EXPECT_THAT(chart.rows, ElementsAre("b: pci_lock", "a: pci_lock", "b: msi_lock"));
  EXPECT_THAT(chart.series.at(0).points, ElementsAre(Pair(0, 0.5), Pair(1, 0.25), Pair(2, 0)));
  EXPECT_THAT(chart.series.at(1).points, ElementsAre(Pair(0, 0.1), Pair(1, 0.5), Pair(2, 0)));
}

TEST(ContentionChart, NamesTheSettingThatMostHaveOnceAndTheSideOfALock) {
  RunResult result;
  result.cells = {Measured("a", "ecam", 2, 30), Measured("b", "x86", 2, 30), Measured("c", "x86", 2, 30)};
  for (CellResult& cell : result.cells) {
    cell.spec.engine = "checked";
    cell.locks = {Lock("sem", 0.5e9, 1e9)};
    cell.locks[0].side = "R";
  }
  const Chart chart = MakeContentionChart(MakeLockTables(result).at(0));
  EXPECT_EQ(chart.setting, "x86, 2 threads");
  EXPECT_THAT(chart.rows, ElementsAre("a: sem-R (ecam, 2 threads)", "b: sem-R", "c: sem-R"));
}

TEST(ContentionChart, LeavesOutTheModelWhoseClockDoesNotMeasure) {
  RunResult result;
  result.cells = {Measured("a", "x86", 2, 30)};
  result.cells[0].spec.engine = "model";
  result.cells[0].locks = {Lock("pci_lock", 0.5e9, 1e9)};
  EXPECT_TRUE(MakeLockTables(result).empty());
  EXPECT_TRUE(MakeLockTables(RunResult{}).empty());
}

}  // namespace
}  // namespace cfgtorture::reports
