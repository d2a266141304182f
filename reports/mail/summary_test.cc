// Goal: what one pastes: 72 columns, the answer first, verdicts and cost of each strategy, and where the rest is.
#include "reports/mail/summary.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "reports/sample_result.h"

namespace cfgtorture::reports {
namespace {

using testing::HasSubstr;
using testing::Not;

void ExpectSummaryColumns(const std::string& text) {
  for (size_t begin = 0, end; begin < text.size(); begin = end + 1) {
    end = std::min(text.find('\n', begin), text.size());
    EXPECT_LE(end - begin, 72u) << text.substr(begin, end - begin);
  }
}

TEST(Summary, IsShortAndOfSeventyTwoColumns) {
  const std::string text = RenderSummary(SampleResult());
  ExpectSummaryColumns(text);
  EXPECT_LT(text.size(), 20000u);
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
      << "plain";
}

TEST(Summary, HasAnswerAdviceCostVerdictsFindingsAndTheCommandInThisOrder) {
  const std::string text = RenderSummary(SampleResult());
  size_t last = 0;
  for (const char* part :
       {"Each of 5 strategies was convicted", "differs (exit status 1)",
        "* x86 server: ", "op/s    p99.9 IRQs-off fairness", "big-raw-lock          ", "Probes, explored in the model",
        "\ndead-entry\n  found      early-wake\n",
        "\nlock-order\n  differs    early-wake (lock-order is not exercised, expected clean)\n",
        "Workloads on real threads, under a checker", "\n  left open  busted (data-race 7x)\n", "Findings, ",
        "--finding FINGERPRINT --format mail", "cfgtorture compare --quick --out out/report", "report.html"}) {
    const size_t at = text.find(part, last);
    ASSERT_NE(at, std::string::npos) << part << "\n" << text;
    last = at;
  }
}

TEST(Summary, CutsWhatAHostileOrHugeRunSays) {
  RunResult result = SampleResult();
  const std::string evil = "\x1b[31m\r\n" + std::string(10000, 'n') + "\xe2\x80\xae";
  for (CellResult& cell : result.cells) {
    if (cell.spec.strategy == "readers") cell.spec.strategy = evil;
    for (Finding& finding : cell.findings) finding.title = evil;
  }
  std::vector<CellResult> more;
  for (int i = 0; i < 400; ++i) {
    more.push_back(result.cells[0]);
    more.back().spec.program = std::to_string(i) + std::string(60, 'p');
  }
  result.cells.insert(result.cells.end(), more.begin(), more.end());
  const std::string text = RenderSummary(result);
  ExpectSummaryColumns(text);
  EXPECT_LT(text.size(), 40000u);
  EXPECT_THAT(text, HasSubstr(" more are in the full report."));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\xe2\x80\xae")));
}

TEST(Summary, OfAnEmptyRunSaysThatItSaysNothing) {
  EXPECT_THAT(RenderSummary(RunResult{}), HasSubstr("no verdict on any strategy"));
}

}  // namespace
}  // namespace cfgtorture::reports
