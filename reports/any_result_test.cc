// Goal: whatever a result file holds, if it reads, it is drawn: no crash, and each format is still that format. Each
// value of a result in turn is another one.
#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <random>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "harness/result/printable.h"
#include "harness/result/rounds_for_test.h"
#include "nlohmann/json.hpp"
#include "reports/benchmark/benchmark.h"
#include "reports/hostile_names.h"
#include "reports/html/html.h"
#include "reports/junit/junit.h"
#include "reports/litmus/litmus.h"
#include "reports/mail/mail.h"
#include "reports/mail/summary.h"
#include "reports/markdown/markdown.h"
#include "reports/perfetto/perfetto.h"
#include "reports/sample_result.h"
#include "reports/sarif/sarif.h"

namespace cfgtorture::reports {
namespace {

void DrawAll(const RunResult& result) {
  EXPECT_FALSE(Json::parse(RenderSarif(result), nullptr, false).is_discarded());
  EXPECT_FALSE(Json::parse(RenderBenchmark(result), nullptr, false).is_discarded());
  EXPECT_FALSE(Json::parse(RenderPerfetto(result), nullptr, false).is_discarded());
  EXPECT_THAT(RenderJunit(result), testing::EndsWith("</testsuites>\n"));
  for (const CellResult& cell : result.cells) {
    for (const Finding& finding : cell.findings) {
      const Litmus litmus = LitmusOf(cell.spec, finding);
      EXPECT_NE(litmus.text.empty(), litmus.why_not.empty()) << "one of the two";
    }
  }
}

// A measured cell, and one with a finding that could be said as a litmus test.
RunResult Small() {
  RunResult result = SampleResult();
  std::vector<CellResult> cells;
  bool measured = false, found = false;
  for (CellResult& cell : result.cells) {
    bool& have = cell.spec.engine == "native" ? measured : found;
    if (have || (cell.spec.engine != "native" && cell.findings.empty())) continue;
    have = true;
    for (Finding& finding : cell.findings) {
      finding.hazard = "data-race";
      for (size_t i = 0; i < finding.schedule.size(); ++i) {
        static constexpr const char* kKinds[] = {"take", "drop", "wait", "sleep", "wake", "irq", "irq-end", "access"};
        finding.schedule[i].kind = kKinds[i % std::size(kKinds)];
        finding.schedule[i].object = "lock";
      }
    }
    cells.push_back(cell);
  }
  result.cells = cells;
  result.catalogue = {};
  return result;
}

TEST(AnyResult, ThatReadsIsDrawn) {
  const char* given = std::getenv("CFGT_ANY_RESULT_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  SCOPED_TRACE("repeat with CFGT_ANY_RESULT_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  Json file = Json::parse(Serialize(Small()));
  const Json flat = file.flatten();
  const Json strange[] = {
      -1,        0,        int64_t{1} << 40, uint64_t{0} - 1,    1e308, "", "hardirq", "lost-update", "(shared)",
      "crashed", "native", "found",          "write of 8 bytes", true};
  size_t drawn = 0, places = 0;
  for (const auto& [path, value] : flat.items()) {
    if (random() % static_cast<uint64_t>(std::min(Shorter(), 4)) != 0) continue;
    ++places;
    Json& place = file[Json::json_pointer(path)];
    const Json before = place;
    const std::string& name = HostileNames()[random() % HostileNames().size()];
    for (const Json& other : {strange[random() % std::size(strange)], Json(name)}) {
      place = other;
      const absl::StatusOr<RunResult> result =
          Parse(file.dump(-1, ' ', false, Json::error_handler_t::replace), "any.json");
      if (!result.ok()) continue;
      SCOPED_TRACE(path);
      DrawAll(*result);
      ++drawn;
    }
    place = before;
  }
  EXPECT_GT(places, flat.size() / 8);
  EXPECT_GT(drawn, places / 2);
}

// Where a text is not what is shown of it; "" if it is.
std::string Differs(const std::string& text, const std::string& shown) {
  const size_t at =
      static_cast<size_t>(std::mismatch(text.begin(), text.end(), shown.begin(), shown.end()).first - text.begin());
  return at == text.size() ? "" : Printable(text.substr(at < 40 ? 0 : at - 40, 80));
}

TEST(AnyResult, NoNameDrivesATerminal) {
  const RunResult result = HostileResult();
  size_t number = 0;
  for (const std::string& text :
       {RenderSarif(result), RenderBenchmark(result), RenderPerfetto(result), RenderJunit(result), RenderHtml(result),
        RenderMarkdown(result), RenderHtmlSideBySide(result, result), RenderMarkdownSideBySide(result, result),
        AuditPage(result)}) {
    EXPECT_EQ(Differs(text, Printable(text, std::string::npos, /*lines=*/true)), "") << number;
    ++number;
  }
}

// What is read as text passes through the log of a CI system.
TEST(AnyResult, NoNameIsACommandToACiSystem) {
  const RunResult result = HostileResult();
  for (const std::string& text :
       {RenderSummary(result), RenderMarkdown(result), RenderMarkdownSideBySide(result, result), AuditPage(result)}) {
    EXPECT_EQ(Differs(text, PrintableText(text)), "");
  }
  for (const Mail& mail : RenderMails(result)) EXPECT_EQ(Differs(mail.text, PrintableText(mail.text)), "") << mail.name;
}

TEST(AnyResult, OfHostileNamesOrNoneIsDrawn) {
  DrawAll(HostileResult());
  DrawAll(RunResult{});
}

}  // namespace
}  // namespace cfgtorture::reports
