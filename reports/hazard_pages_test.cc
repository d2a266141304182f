// Goal: every hazard has its page, and nobody else has one; a finding leads to it in every format.
#include "reports/hazard_pages.h"

#include <string>

#include "gtest/gtest.h"
#include "harness/result/hazard.h"
#include "harness/result/run_result.h"
#include "reports/html/html.h"
#include "reports/markdown/markdown.h"
#include "reports/sample_result.h"

namespace cfgtorture::reports {
namespace {

bool Has(const std::string& page, const std::string& text) { return page.find(text) != std::string::npos; }

RunResult OneFinding(const std::string& hazard) {
  RunResult result = SampleResult();
  for (CellResult& cell : result.cells) {
    if (cell.findings.empty()) continue;
    cell.findings.resize(1);
    cell.findings.front().hazard = hazard;
    const CellResult only = cell;
    result.cells = {only};
    return result;
  }
  ADD_FAILURE() << "the sample has no finding";
  return result;
}

TEST(HazardPages, EveryHazardHasOneThatIsItsOwn) {
  for (const HazardText& text : kHazards) {
    const std::string page(HazardPage(text.name));
    const std::string heading = "# " + std::string(text.name) + "\n";
    EXPECT_EQ(page.substr(0, heading.size()), heading);
    EXPECT_EQ(page.find("\n# "), std::string::npos) << text.name << ": another page begins in it";
    EXPECT_GT(page.size(), 1000u) << text.name;
    EXPECT_EQ(HazardPagePath(text.name), "reports/hazards/" + std::string(text.name) + ".md");
  }
}

TEST(HazardPages, NobodyElseHasOne) {
  for (const char* name : {"", "\n", "torn", "pair", "torn-pair\n", "../x", "# torn-pair", "A real bug", "<b>"}) {
    EXPECT_EQ(HazardPage(name), "") << name;
    EXPECT_EQ(HazardPagePath(name), "") << name;
  }
}

TEST(HazardPages, AreInTheHtmlPageForItsFindingsAlone) {
  for (const HazardText& text : kHazards) {
    const std::string name(text.name);
    const std::string html = RenderHtml(OneFinding(name));
    EXPECT_TRUE(Has(html, "<a href=\"#about-" + name + "\">")) << name;
    const size_t at = html.find("<details class=\"about\" id=\"about-" + name + "\">");
    ASSERT_NE(at, std::string::npos) << name;
    EXPECT_EQ(html.find("class=\"about\"", at + 20), std::string::npos) << name << ": another one too";
    const std::string body = html.substr(at, html.find("</details>", at) - at);
    for (const char* part : {"<h4>A real bug</h4>", "<h4>What the fix looks like</h4>", "<li>", "<pre>cfgtorture "}) {
      EXPECT_TRUE(Has(body, part)) << name << ": " << part;
    }
    for (const char* rest : {"`", "](", "# "}) EXPECT_FALSE(Has(body, rest)) << name << ": Markdown is left: " << rest;
  }
}

TEST(HazardPages, AHazardThatNobodyKnowsHasNoLink) {
  const std::string html = RenderHtml(OneFinding("no\"such<hazard>"));
  EXPECT_FALSE(Has(html, "#about-"));
  EXPECT_FALSE(Has(html, "class=\"about\""));
}

TEST(HazardPages, AreNamedInMarkdown) {
  EXPECT_TRUE(Has(RenderMarkdown(OneFinding("torn-pair")), "about: reports/hazards/torn-pair.md"));
  EXPECT_FALSE(Has(RenderMarkdown(OneFinding("no-such-hazard")), "about: "));
}

}  // namespace
}  // namespace cfgtorture::reports
