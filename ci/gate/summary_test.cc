// summary_test.cc. Goal: the worst comes first, and what a name holds stays text in a job's summary.
#include "ci/gate/summary.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture::ci {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

GateRow Row(const std::string& cell, const std::string& outcome, double change) {
  GateRow row;
  row.part = "figures";
  row.cell = cell;
  row.what = "hold pci_lock";
  row.outcome = outcome;
  row.change = change;
  row.before = "100";
  row.after = "105";
  row.text = "why";
  row.decide = outcome == "holds" ? "" : "this";
  return row;
}

TEST(GateSummary, ShowsTheWorstFirstAndSaysHowManyMore) {
  RunResult result;
  result.gate = {Row("one", "moved", 0.5), Row("two", "regressed", 0.05), Row("three", "regressed", -0.2)};
  const std::string text = GateText(result, 2);
  EXPECT_LT(text.find("three"), text.find("two"));
  EXPECT_THAT(text, Not(HasSubstr("one")));
  EXPECT_THAT(text, HasSubstr("1 more"));
  EXPECT_THAT(text, HasSubstr("100 -> 105  +5.0%"));
  EXPECT_THAT(text, HasSubstr("decides: this"));
}

TEST(GateSummary, SaysWhatHolds) {
  RunResult result;
  GateRow total;
  total.part = "determinism";
  total.outcome = "holds";
  total.text = "12 cells run twice";
  result.gate = {total};
  EXPECT_THAT(GateText(result, 5), HasSubstr("12 cells run twice"));
  EXPECT_THAT(GateMarkdown(result), HasSubstr("12 cells run twice"));
}

TEST(GateSummary, HostileNamesStayTextInMarkdown) {
  const std::string bidi =
      "\xe2\x80\xae"
      "reversed";
  RunResult result;
  result.gate = {Row("<script>alert(1)</script> | [x](http://y) `a` **b** @all\n# head " + bidi, "regressed", 0.1),
                 Row(std::string(10'000, 'x'), "moved", 0.1)};
  const std::string text = GateMarkdown(result);
  EXPECT_THAT(text, Not(HasSubstr("<script>")));
  EXPECT_THAT(text, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(text, HasSubstr("\\| \\[x\\]\\("));
  EXPECT_THAT(text, Not(HasSubstr("\n# head")));
  EXPECT_THAT(text, Not(HasSubstr("\xe2\x80\xae"))) << "text that runs the other way";
  EXPECT_THAT(text, HasSubstr("\\@all")) << "nobody is notified";
  EXPECT_LT(text.size(), 5000u);
}

TEST(GateSummary, CutsNoLetterInTwo) {
  RunResult result;
  std::string name = "x";
  while (name.size() < 400) name += "\xc3\xa9";  // e with an acute accent
  result.gate = {Row(name, "regressed", 0.1)};
  const std::string text = GateMarkdown(result);
  for (size_t at = text.find('\xc3'); at != std::string::npos; at = text.find('\xc3', at + 1)) {
    EXPECT_EQ(text[at + 1], '\xa9');
  }
}

}  // namespace
}  // namespace cfgtorture::ci
