// Goal: a few calls are never shown as a rate or as a rare latency, and who was not measured is named.
#include "reports/measured.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "reports/benchmark/benchmark.h"
#include "reports/content.h"
#include "reports/html/html.h"
#include "reports/markdown/markdown.h"

namespace cfgtorture::reports {
namespace {

using testing::HasSubstr;
using testing::Not;

CellResult CellOfThreads(const std::string& strategy, double rate, double seconds, uint64_t calls) {
  CellResult cell;
  cell.spec.id = "native/" + strategy + "/w";
  cell.spec.engine = "native";
  cell.spec.strategy = strategy;
  cell.spec.program = "w";
  cell.spec.kind = "workload";
  cell.status = "done";
  cell.metrics = {{"operations_per_s", rate}, {"measured_s", seconds}};
  cell.operations = {{"read", calls, 4754, 5001, 5002, 5003, {}}};
  return cell;
}

TEST(Measured, ARateIsOfAtLeastFiveOperations) {
  EXPECT_EQ(MeasuredRate(CellOfThreads("s", 5000, 0.001, 9)), 5000);
  EXPECT_TRUE(std::isnan(MeasuredRate(CellOfThreads("s", 4000, 0.001, 9))));
  EXPECT_TRUE(std::isnan(MeasuredRate(CellOfThreads("s", 0, 0.02, 34))));
  EXPECT_TRUE(std::isnan(MeasuredRate(CellResult{})));
}

TEST(Measured, WhoStandsStillOrIsModelledHasNotTooFewOperations) {
  CellResult cell = CellOfThreads("s", 0, 0.02, 0);
  EXPECT_TRUE(TooFewOperations(cell));
  EXPECT_FALSE(TooFewOperations(CellOfThreads("s", 5000, 1, 9)));
  cell.spec.engine = "checked";
  EXPECT_TRUE(TooFewOperations(cell));
  cell.spec.engine = "model";
  EXPECT_FALSE(TooFewOperations(cell)) << "it counts no time of this host";
  cell = CellOfThreads("s", 0, 0.02, 0);
  cell.hazards["deadlock"].verdict = "found";
  EXPECT_FALSE(TooFewOperations(cell)) << "0 is its rate";
}

TEST(Measured, APercentileIsOfAsManyCallsAsLieBeyondItOnce) {
  const auto known = [](uint64_t calls, double at) {
    return !std::isnan(Percentile({"read", calls, 1, 2, 3, 4, {}}, at));
  };
  EXPECT_FALSE(known(4, 0.5));
  EXPECT_TRUE(known(5, 0.5));
  EXPECT_FALSE(known(99, 0.99));
  EXPECT_TRUE(known(100, 0.99));
  EXPECT_FALSE(known(999, 0.999));
  EXPECT_TRUE(known(1000, 0.999));
  EXPECT_EQ(Percentile({"read", 1000, 1, 2, 3, 4, {}}, 0.99), 2);
  EXPECT_EQ(Percentile({"read", 1000, 1, 2, 3, 4, {}}, 0.999), 3);
}

TEST(Measured, AStarvedCellIsNamedAndHasNoFigures) {
  RunResult result;
  result.cells = {CellOfThreads("starved", 0, 0.02, 34), CellOfThreads("fed", 1e6, 0.1, 200000)};
  EXPECT_THAT(NotMeasured(result), testing::StartsWith("native/starved/w: not measured: "));
  EXPECT_THAT(LeftOut(result), testing::Contains(NotMeasured(result)));

  const std::string markdown = RenderMarkdown(result);
  EXPECT_THAT(markdown, HasSubstr("| not measured | 34      | 4.75 µs | –       | –       |"));
  EXPECT_THAT(markdown, HasSubstr("too few calls to say"));
  EXPECT_THAT(RenderHtml(result), HasSubstr(">not measured</td>"));

  const Json file = Json::parse(RenderBenchmark(result));
  const Json& starved = file["benchmarks"][0];
  EXPECT_EQ(starved["error_message"], "not measured: fewer than 5 operations ended while it was; 34 calls in all");
  EXPECT_EQ(file["benchmarks"][1]["name"], "native/starved/w/read");
  EXPECT_FALSE(file["benchmarks"][1].contains("p99_ns"));
  result.cells[0].operations[0].count = 4;
  EXPECT_THAT(RenderBenchmark(result), Not(HasSubstr("native/starved/w/read"))) << "too few for a median";

  result.cells[0].hazards["deadlock"].verdict = "found";
  EXPECT_EQ(NotMeasured(result), "") << "it is told why";
}

}  // namespace
}  // namespace cfgtorture::reports
