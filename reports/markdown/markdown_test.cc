// markdown_test.cc. Goal: the text has the parts of the page, its tables are whole, and no text of a run becomes
// markup.
#include "reports/markdown/markdown.h"

#include <algorithm>
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "reports/sample_result.h"

namespace cfgtorture::reports {
namespace {

// Not HasSubstr(): a failure would print the whole page.
bool Has(const std::string& page, const std::string& text) { return page.find(text) != std::string::npos; }

// Rows of one table have the same number of unescaped bars; fences are closed. Returns the first line that breaks this.
std::string Broken(const std::string& page) {
  std::istringstream lines(page);
  bool fenced = false;
  long bars = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("```", 0) == 0) {
      fenced = !fenced;
      continue;
    }
    if (fenced) continue;
    long count = 0;
    for (size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\\')
        ++i;
      else if (line[i] == '|')
        ++count;
    }
    if (bars != 0 && count != 0 && count != bars) return line;
    bars = count;
  }
  return fenced ? "a fence is left open" : "";
}

TEST(Markdown, HasThePartsOfThePageInOrder) {
  const std::string page = RenderMarkdown(SampleResult());
  size_t last = 0;
  for (const char* part : {"**x86 server**", "| strategy ", "| hazard ", "## Verdicts", "| probe", "## Contention",
                           "waittime-total", "perf lock contention", "## Cost", "| operations/s", "**Interrupts off**",
                           "## Agreement of the engines", "## Findings", "## Environment", "## Left out"}) {
    const size_t at = page.find(part);
    ASSERT_NE(at, std::string::npos) << part;
    EXPECT_GE(at, last) << part;
    last = at;
  }
  EXPECT_EQ(Broken(page), "");
  EXPECT_TRUE(Has(page, "2 CPUs, load 0.25 before and 1.75 after\n"));
}

TEST(Markdown, TellsOfAFindingBothAccessesLocksScheduleAndTheCommand) {
  const std::string page = RenderMarkdown(SampleResult());
  for (const char* part : {"write of 8 bytes of stack of task reader + 0x40 by task reader on CPU 0:",
                           "cfgtorture::WakeUpAll harness/kernel/wait_queue.h:131", "locks held: pci_lock",
                           "  !   7  unlink entry, return", "repeat: cfgtorture replay ct1-9f3c-7a21-x86"}) {
    EXPECT_TRUE(Has(page, part)) << part;
  }
}

TEST(Markdown, MarksADisagreement) {
  EXPECT_TRUE(Has(RenderMarkdown(SampleResult()), "≠ not exercised (lock-order is not exercised, expected clean)"));
}

TEST(Markdown, MarksWhatWasFoundWhereTheTableLeavesItOpen) {
  RunResult result = SampleResult();
  EXPECT_TRUE(Has(RenderMarkdown(result), "? **found 1 of 2**: data-race 7×"));
  EXPECT_TRUE(Has(RenderMarkdown(result), "? found where the expected table leaves it open")) << "the legend";
}

TEST(Markdown, IsWholeForAnEmptyRun) { EXPECT_EQ(Broken(RenderMarkdown(RunResult{})), ""); }

TEST(Markdown, SaysWhatBecameOfEachClaim) {
  RunResult result = SampleResult();
  EXPECT_FALSE(Has(RenderMarkdown(result), "The thread's claims"));
  result.claims = {{"C99",
                    "somebody",
                    "a mail",
                    "it works",
                    "tried",
                    "refuted",
                    "it does not",
                    {{"a dead-entry", "found in 3 of 8 executions", {"a"}, "ct1-x"}},
                    {"a"}}};
  const std::string page = RenderMarkdown(result);
  EXPECT_TRUE(Has(page, "## The thread's claims"));
  EXPECT_TRUE(
      Has(page, "| C99 | somebody | it works | refuted | it does not; a dead-entry: found in 3 of 8 executions |"));
}

TEST(Markdown, LetsNoMarkupOfARunThrough) {
  for (const std::string text :
       {"<script>alert(1)</script>", "a | b | c", "```", "](javascript:x)", "![x](y)", "**", "\n# heading\n", "\"'",
        "שלום\xe2\x80\xae"
        "evil"}) {
    RunResult result = SampleResult();
    for (CellResult& cell : result.cells) {
      if (cell.spec.strategy == "busted") cell.spec.strategy = text;
      if (cell.spec.program == "torn-pair") cell.spec.program = text;
      cell.reason = text;
      for (LockResult& lock : cell.locks) {
        lock.name = lock.type = text;
        for (LockSite& site : lock.sites) site.stack.back().function = site.stack.back().file = text;
      }
      for (IrqsOffSection& section : cell.irqs_off_max) {
        section.context = section.task = text;
        section.stack = {{text, 1, text, text, 1}};
      }
      for (Finding& finding : cell.findings) {
        finding.title = finding.detail = finding.replay = text;
        for (Step& step : finding.schedule) step.text = text;
        for (Access& access : finding.accesses) access.location = text;
      }
    }
    for (CatalogueStrategy& strategy : result.catalogue.strategies) strategy.summary = text;
    result.summary.text = text;
    result.summary.left_out = {text};
    result.claims = {{text, text, text, text, text, text, text, {{text, text, {text}, text}}, {text}}};
    result.command = {text};
    const std::string page = RenderMarkdown(result);
    EXPECT_EQ(Broken(page), "") << text;
    std::istringstream lines(page);
    bool fenced = false;
    for (std::string line; std::getline(lines, line);) {
      if (line.rfind("```", 0) == 0) fenced = !fenced;
      if (fenced) continue;
      EXPECT_FALSE(Has(line, "<script")) << text;
      EXPECT_FALSE(Has(line, "![x](")) << text;
      EXPECT_NE(line, "# heading") << text;
    }
    EXPECT_FALSE(Has(page, "\xe2\x80\xae"));  // it would turn round what follows
  }
}

TEST(Markdown, CutsNamesOfTenThousandCharacters) {
  RunResult result = SampleResult();
  const std::string text(10000, 'n');
  for (CellResult& cell : result.cells) {
    if (cell.spec.strategy == "readers") cell.spec.strategy = text;
    for (LockResult& lock : cell.locks) lock.name = text;
    for (Finding& finding : cell.findings) finding.title = text;
  }
  const std::string page = RenderMarkdown(result);
  EXPECT_EQ(Broken(page), "");
  EXPECT_TRUE(Has(page, "bytes more)"));
  EXPECT_LT(page.size(), 1u << 20);  // what a job summary takes
}

}  // namespace
}  // namespace cfgtorture::reports
