// gate_section_test.cc. Goal: page and Markdown show every outcome of a gate with what decides it, above the rest;
// other runs have no such section; what a row says stays text.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "reports/content.h"
#include "reports/hostile_names.h"
#include "reports/html/html.h"
#include "reports/markdown/markdown.h"

namespace cfgtorture::reports {
namespace {

RunResult Gated() {
  RunResult result;
  result.summary.outcome = "regressed";
  result.summary.text = "1 regressed, 1 moved";
  for (const char* outcome : {"holds", "moved", "undecided", "regressed", "failed"}) {
    GateRow row;
    row.part = "native";
    row.cell = std::string("native/cell-of-") + outcome;
    row.what = "read p99";
    row.outcome = outcome;
    row.before = "100 ns";
    row.after = "125 ns";
    row.change = 0.25;
    row.text = std::string("why it ") + outcome;
    row.decide = std::string("what decides ") + outcome;
    result.gate.push_back(row);
  }
  GateRow total;
  total.part = "determinism";
  total.outcome = "holds";
  total.text = "12 cells run twice";
  result.gate.push_back(total);
  return result;
}

size_t Place(const std::string& page, const std::string& text) {
  const size_t at = page.find(text);
  EXPECT_NE(at, std::string::npos) << text;
  return at;
}

TEST(GateSection, ShowsEveryOutcomeTheWorstFirstAndWhatDecidesIt) {
  for (const std::string& page : {RenderHtml(Gated()), RenderMarkdown(Gated())}) {
    EXPECT_LT(Place(page, "The gate"), Place(page, "Verdicts"));
    for (const char* outcome : {"failed", "regressed", "undecided", "moved", "holds"}) {
      EXPECT_LT(Place(page, std::string("cell-of-") + outcome), Place(page, std::string("why it ") + outcome));
      Place(page, std::string("what decides ") + outcome);
    }
    EXPECT_LT(Place(page, "cell-of-failed"), Place(page, "cell-of-regressed"));
    EXPECT_LT(Place(page, "cell-of-regressed"), Place(page, "cell-of-undecided"));
    EXPECT_LT(Place(page, "cell-of-moved"), Place(page, "cell-of-holds"));
    Place(page, "25.0%");
    Place(page, "12 cells run twice");
  }
}

TEST(GateSection, IsNotThereWithoutAGate) {
  EXPECT_EQ(RenderHtml(SampleResult()).find("The gate"), std::string::npos);
  EXPECT_EQ(RenderMarkdown(SampleResult()).find("The gate"), std::string::npos);
}

TEST(GateSection, TheAnswerOfANativeGateIsTheGates) {
  EXPECT_EQ(Answer(Gated()), "The gate regressed.");
  EXPECT_THAT(Answer(RunResult{}), testing::HasSubstr("No probe was explored"));
}

TEST(GateSection, LetsNoMarkupOfARowThrough) {
  for (const std::string& name : HostileNames()) {
    RunResult result = Gated();
    for (GateRow& row : result.gate) row.part = row.cell = row.what = row.before = row.text = row.decide = name;
    for (const std::string& page : {RenderHtml(result), RenderMarkdown(result)}) {
      EXPECT_EQ(page.find("<script>alert"), std::string::npos);
      EXPECT_EQ(page.find("\xe2\x80\xae"), std::string::npos);
    }
    const std::string text = RenderMarkdown(result);
    const size_t at = text.find("| failed");
    ASSERT_NE(at, std::string::npos);
    const std::string row = text.substr(at, text.find('\n', at) - at);
    size_t bars = 0;
    for (size_t i = 0; i < row.size(); ++i) bars += row[i] == '|' && (i == 0 || row[i - 1] != '\\');
    EXPECT_EQ(bars, 10u) << row.substr(0, 400);
  }
}

}  // namespace
}  // namespace cfgtorture::reports
