// Goal: repetitions alternate, and what is merged is the mean, the sum or the maximum that it says.
#include "harness/cli/repetitions.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "harness/run/cells.h"

namespace cfgtorture::cli {
namespace {

using testing::ElementsAre;

CellResult Repetition(const std::string& id) {
  CellSpec spec;
  spec.id = id;
  return run::PendingCell(spec, {"torn-pair"});
}

std::vector<std::string> Ids(const std::vector<CellResult>& cells) {
  std::vector<std::string> ids;
  ids.reserve(cells.size());
  for (const CellResult& cell : cells) ids.push_back(cell.spec.id);
  return ids;
}

TEST(Repetitions, Alternate) {
  const std::vector<CellResult> two = {Repetition("a"), Repetition("b")};
  EXPECT_THAT(Ids(Interleave(two, 1)), ElementsAre("a", "b"));
  EXPECT_THAT(Ids(Interleave(two, 2)), ElementsAre("a/rep-1", "b/rep-1", "a/rep-2", "b/rep-2"));
  EXPECT_THAT(Ids(Merge(Interleave(two, 3))), ElementsAre("a", "b"));
  CellResult refused = Repetition("c");
  refused.reason = "refuses the bridge";
  EXPECT_THAT(Ids(Interleave({refused, Repetition("a")}, 2)), ElementsAre("c", "a/rep-1", "a/rep-2"));
}

TEST(Repetitions, AreMergedByMeanMaximumAndSum) {
  std::vector<CellResult> repeated = Interleave({Repetition("a")}, 3);
  for (size_t i = 0; i < 3; ++i) {
    CellResult& cell = repeated[i];
    const auto value = static_cast<double>(i);
    cell.status = "done";
    cell.reason.clear();
    cell.executions = 1;
    cell.metrics = {{"operations_per_s", 10 + 2 * value}, {"operations_per_s_ci95", 99}, {"irqs_off_max_ns", value}};
    cell.operations = {{"read", 100, 5 + value, 50, 500, 1000 + value, {}}};
    cell.hazards["torn-pair"] = {.hits = i == 1 ? 4u : 0u, .opportunities = 10, .verdict = i == 1 ? "found" : "clean"};
    if (i != 0) cell.findings.push_back({.id = "f1", .hazard = "torn-pair", .fingerprint = "x", .title = "t"});
  }
  const std::vector<CellResult> merged = Merge(repeated);
  ASSERT_EQ(merged.size(), 1u);
  const CellResult& cell = merged[0];
  EXPECT_EQ(cell.status, "done");
  EXPECT_EQ(cell.executions, 3u);
  EXPECT_DOUBLE_EQ(cell.metrics.at("operations_per_s"), 12);
  EXPECT_NEAR(cell.metrics.at("operations_per_s_ci95"), 4.303 * 2 / std::sqrt(3.0), 1e-9);
  EXPECT_EQ(cell.metrics.at("irqs_off_max_ns"), 2);
  EXPECT_EQ(cell.metrics.at("repetitions"), 3);
  EXPECT_EQ(cell.operations.at(0).count, 300u);
  EXPECT_EQ(cell.operations.at(0).p50_ns, 6);
  EXPECT_EQ(cell.operations.at(0).max_ns, 1002);
  EXPECT_EQ(cell.hazards.at("torn-pair").verdict, "found");
  EXPECT_EQ(cell.hazards.at("torn-pair").hits, 4u);
  EXPECT_EQ(cell.hazards.at("torn-pair").strength, "4 times in 3 repetitions");
  EXPECT_EQ(cell.hazards.at("torn-pair").opportunities, 30u);
  ASSERT_EQ(cell.findings.size(), 1u);
  EXPECT_EQ(cell.findings[0].count, 2u);
}

TEST(Repetitions, OneThatCrashedIsNotHidden) {
  std::vector<CellResult> repeated = Interleave({Repetition("a")}, 2);
  repeated[0].status = "done";
  repeated[1].status = "crashed";
  repeated[1].reason = "killed by SIGSEGV";
  EXPECT_EQ(Merge(repeated)[0].status, "crashed");
  EXPECT_EQ(Merge(repeated)[0].reason, "killed by SIGSEGV");
}

}  // namespace
}  // namespace cfgtorture::cli
