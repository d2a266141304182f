// pair_test.cc. Goal: two results meet cell by cell; what changed comes first, what only one has is said so, and a
// ratio lies outside of 1 only if the runs' own intervals say so.
#include "reports/pair.h"

#include <cmath>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "reports/html/html.h"
#include "reports/markdown/markdown.h"

namespace cfgtorture::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CellResult Explored(const std::string& strategy, const std::string& verdict, const std::string& fingerprint = "f") {
  CellResult cell;
  cell.spec.id = "model/" + strategy + "/p";
  cell.spec.strategy = strategy;
  cell.spec.program = "p";
  cell.spec.kind = "probe";
  cell.status = "done";
  cell.hazards["deadlock"].verdict = verdict;
  if (verdict == "found") {
    Finding finding;
    finding.hazard = "deadlock";
    finding.title = "all wait for " + strategy;
    finding.fingerprint = fingerprint;
    cell.findings = {finding};
  }
  return cell;
}

CellResult OfThreads(double rate, double half_width, double scale = 1) {
  CellResult cell;
  cell.spec.id = "native/s/w";
  cell.spec.engine = "native";
  cell.spec.strategy = "s";
  cell.spec.program = "w";
  cell.spec.kind = "workload";
  cell.status = "done";
  cell.metrics = {{"operations_per_s", rate}, {"operations_per_s_ci95", half_width}, {"irqs_off_max_ns", 100 * scale}};
  OperationMetric read{"read", 10000, 20 * scale, 40 * scale, 80 * scale, 100 * scale, {}};
  read.histogram = {{10 * scale, 1000}, {20 * scale, 6000}, {40 * scale, 2950}, {80 * scale, 45}, {100 * scale, 5}};
  cell.operations = {read};
  return cell;
}

RunResult Of(std::vector<CellResult> cells) {
  RunResult result;
  result.cells = std::move(cells);
  return result;
}

const RatioRow& RowOf(const Pair& pair, const std::string& figure) {
  for (const RatioRow& row : pair.ratios) {
    if (row.figure == figure) return row;
  }
  ADD_FAILURE() << "no " << figure;
  static const RatioRow kNone{};
  return kNone;
}

TEST(Pairs, PutsNewlyFoundFirstThenFoundNoMore) {
  const RunResult before =
      Of({Explored("a", "clean"), Explored("b", "found"), Explored("c", "clean"), Explored("d", "clean")});
  const RunResult after =
      Of({Explored("d", "clean"), Explored("c", "not-exercised"), Explored("b", "clean"), Explored("a", "found")});
  const Pair pair = MakePair(before, after);
  ASSERT_EQ(pair.changes.size(), 3u);
  EXPECT_EQ(pair.changes[0].cell, "model/a/p");
  EXPECT_EQ(pair.changes[0].after, Verdict::kFound);
  EXPECT_EQ(pair.changes[1].cell, "model/b/p");
  EXPECT_EQ(pair.same, 1u);
  ASSERT_EQ(pair.new_findings.size(), 1u);
  EXPECT_EQ(pair.new_findings[0].finding->title, "all wait for a");
  ASSERT_EQ(pair.gone.size(), 1u);
  EXPECT_EQ(AnswerOf(pair), "Of 4 verdicts of 4 cells that both have, 3 differ: 1 newly found, 1 found no more.");
}

TEST(Pairs, SayWhatOnlyOneHasAndWhatEndedOtherwise) {
  CellResult crashed = Explored("b", "found");
  crashed.status = "crashed";
  crashed.reason = "signal 11";
  CellResult seeded = Explored("d", "clean");
  seeded.spec.seed = 7;  // the same question
  const Pair pair = MakePair(Of({Explored("a", "clean"), Explored("b", "found"), Explored("d", "clean")}),
                             Of({crashed, Explored("c", "clean"), seeded}));
  EXPECT_THAT(pair.only_before, ElementsAre("model/a/p"));
  EXPECT_THAT(pair.only_after, ElementsAre("model/c/p"));
  EXPECT_EQ(pair.paired, 2u);
  EXPECT_THAT(pair.status, ElementsAre(std::make_pair("model/b/p", "done → crashed: signal 11")));
}

TEST(Pairs, SayOfFindingsWhoseCellsTheOtherDidNotRunThatItDidNotAndNotThatTheyAreGone) {
  const RunResult before = Of({Explored("a", "found", "1"), Explored("b", "found", "2")});
  RunResult after = Of({Explored("a", "clean")});
  for (int turn = 0; turn < 2; ++turn) {
    const Pair pair = MakePair(before, after);
    ASSERT_EQ(pair.gone.size(), 1u);
    EXPECT_EQ(pair.gone[0].finding->title, "all wait for a");
    EXPECT_THAT(pair.not_run_after, ElementsAre(std::make_pair("b", 1u)));
    EXPECT_THAT(MakePair(after, before).not_run_before, ElementsAre(std::make_pair("b", 1u)));
    for (const std::string& page : {RenderHtmlSideBySide(before, after), RenderMarkdownSideBySide(before, after)}) {
      EXPECT_NE(page.find("1 finding is of cells that were not run in B: b 1"), std::string::npos);
      EXPECT_EQ(page.find("all wait for b"), std::string::npos);
    }
    after.cells.push_back(Explored("b", "undecided"));  // listed, but not run
    after.cells.back().status = "not-run";
  }
}

TEST(Pairs, InMarkdownListNoFigureThatDidNotMove) {
  const std::string moved = RenderMarkdownSideBySide(Of({OfThreads(1e6, 1e4)}), Of({OfThreads(1.1e6, 1e4)}));
  EXPECT_NE(moved.find("| operations/s | 1.0M | 1.1M |"), std::string::npos);
  EXPECT_EQ(moved.find("p50 of read"), std::string::npos);
  EXPECT_NE(moved.find("4 figures within what varied, or without an interval, are in report.html."), std::string::npos);
  const std::string same = RenderMarkdownSideBySide(Of({OfThreads(1e6, 1e4)}), Of({OfThreads(1e6, 1e4)}));
  EXPECT_NE(same.find("No figure lies outside of what varied within the runs. 5 figures"), std::string::npos);
}

TEST(Pairs, TakeAHazardThatACellDoesNotListForNotSeen) {
  CellResult silent = Explored("a", "clean");
  silent.hazards.clear();
  const Pair pair = MakePair(Of({Explored("a", "found")}), Of({silent}));
  ASSERT_EQ(pair.changes.size(), 1u);
  EXPECT_EQ(pair.changes[0].text_after, "not seen");
}

TEST(Pairs, TellARatioFromWhatVaries) {
  const Pair apart = MakePair(Of({OfThreads(1e6, 1e4)}), Of({OfThreads(1.1e6, 1e4)}));
  const RatioRow& row = RowOf(apart, "operations/s");
  EXPECT_NEAR(row.ratio, 1.1, 1e-9);
  EXPECT_NEAR(std::log(row.high / row.ratio), std::hypot(0.01, 1e4 / 1.1e6), 1e-9);
  EXPECT_TRUE(row.differs());
  EXPECT_EQ(&row, &apart.ratios.front());
  EXPECT_FALSE(RowOf(MakePair(Of({OfThreads(1e6, 1e5)}), Of({OfThreads(1.1e6, 1e5)})), "operations/s").differs());
}

TEST(Pairs, HaveAnIntervalForAPercentileOnlyWhereEnoughLiesBeyondIt) {
  const Pair same = MakePair(Of({OfThreads(1e6, 1e4)}), Of({OfThreads(1e6, 1e4)}));
  EXPECT_FALSE(RowOf(same, "p50 of read").differs());
  EXPECT_EQ(RatioText(RowOf(same, "longest IRQs-off")), "1.00, no interval");  // one maximum each
  const Pair twice = MakePair(Of({OfThreads(1e6, 1e4)}), Of({OfThreads(1e6, 1e4, 4)}));
  const RatioRow& p50 = RowOf(twice, "p50 of read");
  EXPECT_DOUBLE_EQ(p50.low, 2);  // from (10, 20] to (40, 80]
  EXPECT_DOUBLE_EQ(p50.high, 8);
  EXPECT_TRUE(p50.differs());
  CellResult few = OfThreads(1e6, 1e4);
  few.operations[0].histogram = {{20, 100}};
  EXPECT_TRUE(std::isnan(RowOf(MakePair(Of({few}), Of({few})), "p99 of read").low));
}

TEST(Pairs, SayThatMachinesDiffer) {
  RunResult before = Of({OfThreads(1e6, 1)}), after = Of({OfThreads(2e6, 1)});
  before.environment.cpu_model = "one";
  after.environment.cpu_model = "other";
  EXPECT_THAT(AnswerOf(MakePair(before, after)), HasSubstr("different machines"));
  EXPECT_THAT(MakePair(before, after).differences, ElementsAre("processor: one → other"));
  EXPECT_THAT(RenderHtmlSideBySide(before, after), HasSubstr("compare machines before they compare code"));
}

TEST(Pairs, LetNoMarkupThroughInEitherFormat) {
  const std::string hostile = "<script>alert(1)</script>|`*";
  RunResult before = Of({Explored(hostile, "clean"), Explored("x" + hostile, "clean")});
  RunResult after = Of({Explored(hostile, "found", hostile)});
  before.tool.build_id = hostile;
  const std::string page = RenderHtmlSideBySide(before, after), text = RenderMarkdownSideBySide(before, after);
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;alert(1)"), std::string::npos);
  EXPECT_EQ(text.find("<script>"), std::string::npos);
  EXPECT_NE(text.find("&lt;script&gt;alert(1)&lt;/script&gt;\\|\\`\\*"), std::string::npos);
}

}  // namespace
}  // namespace cfgtorture::reports
