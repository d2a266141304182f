// html_test.cc. Goal: the page is well formed, stands alone, holds every part, and no text of a run gets out of its
// place.
#include "reports/html/html.h"

#include <cstdio>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "harness/result/rounds_for_test.h"
#include "nlohmann/json.hpp"
#include "reports/html/escape.h"
#include "reports/sample_result.h"

namespace cfgtorture {
extern const std::string_view kReportScript;
extern const std::string_view kReportScriptHash;
}  // namespace cfgtorture

namespace cfgtorture::reports {
namespace {

// Not HasSubstr(): a failure would print the whole page.
bool Has(const std::string& page, const std::string& text) { return page.find(text) != std::string::npos; }

int Count(const std::string& page, const std::string& text) {
  int count = 0;
  for (size_t at = page.find(text); at != std::string::npos; at = page.find(text, at + 1)) ++count;
  return count;
}

// The one script that may run is known, byte by byte; what is left is ours to look at.
std::string WithoutOurScript(std::string page) {
  const std::string script = "<script>" + std::string(kReportScript) + "</script>";
  const size_t at = page.find(script);
  return at == std::string::npos ? page : page.erase(at, script.size());
}

// What is wrong with the nesting of tags, or "". Knows the tags that have no end; ids must be unique, links must
// arrive.
std::string Malformed(const std::string& page) {
  static const std::set<std::string> kVoid = {"!doctype", "meta", "br", "rect", "circle", "path"};
  std::vector<std::string> open;
  std::set<std::string> ids, targets;
  for (size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at)) {
    size_t end = at + 1;
    for (bool quoted = false; end < page.size() && (quoted || page[end] != '>'); ++end) {
      if (page[end] == '"') quoted = !quoted;
      if (!quoted && page[end] == '<') return "a < inside a tag at " + page.substr(at, 80);
    }
    const std::string tag = page.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find_first_of(" /", tag[0] == '/' ? 1 : 0));
    if (name[0] == '/') {
      if (open.empty() || "/" + open.back() != name) return "unexpected <" + name + "> at " + page.substr(at, 80);
      open.pop_back();
    } else if (kVoid.count(name) == 0) {
      open.push_back(name);
    }
    const size_t id = tag.find(" id=\"");
    if (id != std::string::npos && !ids.insert(tag.substr(id + 5, tag.find('"', id + 5) - id - 5)).second)
      return "twice: " + tag;
    const size_t href = tag.find(" href=\"#");
    if (href != std::string::npos) targets.insert(tag.substr(href + 8, tag.find('"', href + 8) - href - 8));
    if (name == "style" || name == "script") end = page.find("</" + name, end) - 1;
    at = end;
  }
  if (!open.empty()) return "left open: " + open.back();
  for (const std::string& target : targets) {
    if (ids.count(target) == 0) return "nowhere: #" + target;
  }
  return "";
}

TEST(Html, IsWellFormedAndItsLinksArrive) { EXPECT_EQ(Malformed(RenderHtml(SampleResult())), ""); }

TEST(Html, IsWellFormedForAnEmptyAndForAnInterruptedRun) {
  EXPECT_EQ(Malformed(RenderHtml(RunResult{})), "");
  RunResult result = SampleResult();
  for (CellResult& cell : result.cells) {
    cell.status = "not-run";
    cell.hazards.clear();
    cell.findings.clear();
    cell.metrics.clear();
  }
  EXPECT_EQ(Malformed(RenderHtml(result)), "");
}

TEST(Html, StandsAlone) {
  const std::string page = WithoutOurScript(RenderHtml(SampleResult()));
  for (const char* what :
       {"<script>", "<link", "<img", "<iframe", "src=", "@import", "http://", "https://", "url(", "javascript:"}) {
    EXPECT_FALSE(Has(page, what)) << what;
  }
  EXPECT_TRUE(Has(page, "default-src 'none'"));
  for (const char* what : {"fetch(", "XMLHttpRequest", "WebSocket", "importScripts", "eval(", "new Function",
                           "innerHTML", "document.write", "</script"}) {
    EXPECT_EQ(kReportScript.find(what), std::string_view::npos) << what;
  }
}

TEST(Html, TheEnvironmentSaysHowBusyTheMachineWas) {
  RunResult result = SampleResult();
  EXPECT_TRUE(Has(RenderHtml(result), "<dt>load</dt><dd>0.25 before and 1.75 after, on 2 CPUs</dd>"));
  result.environment.load_before = result.environment.load_after = -1;
  EXPECT_FALSE(Has(RenderHtml(result), "<dt>load</dt>")) << "nobody said";
}

TEST(Html, RunsTheOneScriptWhoseHashItNames) {
  EXPECT_EQ(kReportScriptHash.substr(0, 7), "sha256-");  // page_test.py computes it again
  EXPECT_EQ(kReportScriptHash.size(), 7u + 44);
  const std::string page = RenderHtml(SampleResult());
  EXPECT_TRUE(Has(page, "script-src '" + std::string(kReportScriptHash) + "'\">"));
  EXPECT_FALSE(Has(WithoutOurScript(page), "<script>"));
  EXPECT_FALSE(Has(WithoutOurScript(RenderHtml(RunResult{})), "<script"));  // nothing to draw
}

// The data of the script, as it reads them: "chart-data", "finding-data".
Json DataOf(const std::string& page, const std::string& id) {
  const std::string begin = "id=\"" + id + "\">";
  const size_t start = page.find(begin) + begin.size();
  return Json::parse(page.substr(start, page.find("</script>", start) - start));
}
Json ChartData(const std::string& page) { return DataOf(page, "chart-data"); }

TEST(Html, HasThePlaceAndTheDataOfEachChart) {
  const std::string page = RenderHtml(SampleResult());
  const Json data = ChartData(page);
  std::map<std::string, int> kinds;
  for (size_t i = 0; i < data.size(); ++i) {
    ++kinds[data[i].at("kind")];
    const std::string number = std::to_string(i);
    EXPECT_EQ(Count(page, "data-chart=\"" + number + "\" hidden>") + Count(page, "data-chart=\"" + number + " ") +
                  Count(page, " " + number + "\" hidden><figcaption>"),
              1)
        << i;
  }
  // Two workloads; latency with one and with two threads, and of both operations with two.
  EXPECT_EQ(kinds, (std::map<std::string, int>{{"contention", 2}, {"latency", 8}, {"throughput", 2}}));
  EXPECT_FALSE(Has(page, "data-chart=\"" + std::to_string(data.size()) + "\""));
}

TEST(Html, DrawsNothingThatNoTableHas) {
  RunResult result = SampleResult();
  for (CellResult& cell : result.cells) cell.operations.clear(), cell.locks.clear();
  for (const Json& chart : ChartData(RenderHtml(result))) EXPECT_EQ(chart.at("kind"), "throughput");
  EXPECT_FALSE(Has(RenderHtml(result), "waittime-max"));
  EXPECT_TRUE(Has(RenderHtml(result), "No cell of this run watched locks."));
  EXPECT_TRUE(Has(RenderHtml(SampleResult()), "waittime-max"));
}

TEST(Html, ShowsTheAnswerThenItsEvidenceThenHowToRepeatAndWhatWasLeftOut) {
  const std::string page = RenderHtml(SampleResult());
  size_t last = 0;
  for (const char* part :
       {"class=\"answer\"", "id=\"answer\"", "class=\"advice\"", "id=\"verdicts\"", "class=\"verdicts wide\"",
        "class=\"legend\"", "id=\"contention\"", "id=\"cost\"", "Explored (modelled)", "id=\"agreement\"",
        "id=\"findings\"", "id=\"repeat\"", "id=\"left-out\""}) {
    const size_t at = page.find(part);
    ASSERT_NE(at, std::string::npos) << part;
    EXPECT_GT(at, last) << part;
    last = at;
  }
}

TEST(Html, TellsOfAFindingBothAccessesLocksScheduleAndTheCommand) {
  const std::string page = RenderHtml(SampleResult());
  for (const char* part : {"harness/kernel/wait_queue.h:88", "harness/kernel/wait_queue.h:131", "locks held: pci_lock",
                           "locks held: pci_cfg_wait.lock", "CPU0 reader", "CPU1 hardirq", "class=\"clash\"",
                           "cfgtorture replay ct1-9f3c-7a21-x86"}) {
    EXPECT_TRUE(Has(page, part)) << part;
  }
}

TEST(Html, FoldsALongScheduleButForItsEnd) {
  RunResult result = SampleResult();
  CellResult& cell = result.cells.front();
  Finding& finding = cell.findings.at(0);
  finding.schedule.clear();
  for (uint32_t i = 1; i <= 100; ++i) finding.schedule.push_back({i, 0, "task", "a", "step", i == 100, "", ""});
  cell.findings.resize(1);
  result.cells.resize(1);
  EXPECT_TRUE(Has(RenderHtml(result), "the 60 steps before</summary>"));
  finding.schedule.resize(60);
  EXPECT_FALSE(Has(RenderHtml(result), "steps before"));
}

TEST(Html, ShowsTwoFindingsOfAKindAndCountsTheOthers) {
  RunResult result = SampleResult();
  result.cells.resize(1);
  std::vector<Finding>& findings = result.cells[0].findings;
  findings.resize(5, findings.at(0));
  for (Finding& finding : findings) finding.fingerprint += static_cast<char>('a' + (&finding - findings.data()));
  const std::string page = RenderHtml(result);
  EXPECT_TRUE(Has(page, "and 3 more of the same kind"));
  EXPECT_TRUE(Has(page, "<details class=\"finding\" id=\"f2\""));
  EXPECT_FALSE(Has(page, "<details class=\"finding\" id=\"f3\""));
  // What the page does not hold, its script draws: all five are in the data, the last three with all they have.
  const Json all = DataOf(page, "finding-data").at("findings");
  ASSERT_EQ(all.size(), 5u);
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].contains("b"), i >= 2) << i;
}

TEST(Html, MarksWhatWasFoundWhereTheTableLeavesItOpen) {
  RunResult result = SampleResult();
  result.cells.resize(1);  // found, as expected
  EXPECT_FALSE(Has(RenderHtml(result), "<td class=\"found unjudged\""));
  HazardOutcome& beside = result.cells[0].hazards["context"];
  beside.verdict = "found";
  beside.expected = "may-be-found";
  beside.hits = 3;
  result.cells[0].hazards["torn-pair"].verdict = result.cells[0].hazards["torn-pair"].expected = "clean";
  const std::string page = RenderHtml(result);
  EXPECT_TRUE(
      Has(page, "<td class=\"found unjudged\" title=\"context: found 3×, left open by the table; torn-pair: clean"));
  EXPECT_TRUE(Has(page, "<small>context 3×</small><small>torn-pair clean</small>"));
  EXPECT_TRUE(Has(page, "found unjudged\"><i>●</i> found</span> where the table leaves it open")) << "the legend";
}

TEST(Html, MarksADisagreementByWordsToo) {
  EXPECT_TRUE(Has(RenderHtml(SampleResult()), "≠ lock-order is not exercised, expected clean"));
  RunResult result = SampleResult();
  for (CellResult& cell : result.cells) {
    for (auto& [name, outcome] : cell.hazards) outcome.agreement = "agrees";
  }
  EXPECT_FALSE(Has(RenderHtml(result), "≠ lock-order is not exercised, expected clean"));
}

TEST(Html, KeepsMeasuredFiguresOutOfTheExploredTable) {
  const std::string page = RenderHtml(SampleResult());
  const std::string explored =
      page.substr(page.find("Explored (modelled)"), page.find("id=\"findings\"") - page.find("Explored (modelled)"));
  EXPECT_FALSE(Has(explored, "p99"));
  EXPECT_FALSE(Has(explored, "operations/s"));
}

// Puts `text` wherever a run can bring text of its own.
RunResult Hostile(const std::string& text) {
  RunResult result = SampleResult();
  result.tool = {text, text};
  result.environment = {text, text, text, text, 1, 1, text, text, text};
  result.command = {text, text};
  result.summary.outcome = result.summary.text = text;
  result.summary.left_out = {text};
  result.summary.control.strategy = text;
  result.summary.control.missing = {text};
  for (CatalogueStrategy& strategy : result.catalogue.strategies) strategy.summary = text;
  for (CatalogueProgram& program : result.catalogue.programs) program.summary = text;
  result.catalogue.strategies[0].name = text;
  for (CellResult& cell : result.cells) {
    if (cell.spec.strategy == "busted") cell.spec.strategy = text;
    if (cell.spec.program == "torn-pair") cell.spec.program = text;
    cell.spec.id += text;
    cell.spec.flavour = text;
    cell.spec.bridge = text;
    cell.reason = text;
    if (cell.spec.engine == "tsan") cell.status = text;
    for (OperationMetric& metric : cell.operations) metric.operation = text;
    for (LockResult& lock : cell.locks) {
      lock.name = lock.type = lock.side = text;
      for (LockSite& site : lock.sites) {
        for (Frame& frame : site.stack) frame = {text, 1, text, text, 1};
      }
    }
    for (IrqsOffSection& section : cell.irqs_off_max) {
      section.task = section.context = text;
      section.stack = {{text, 1, text, text, 1}};
    }
    for (auto& [name, outcome] : cell.hazards) outcome.reason = outcome.strength = text;
    if (!cell.hazards.empty()) cell.hazards[text] = cell.hazards.begin()->second;
    for (Finding& finding : cell.findings) {
      finding.title = finding.detail = finding.replay = finding.token = finding.fingerprint = finding.hazard = text;
      for (Step& step : finding.schedule) step.text = step.task = step.context = text;
      for (Access& access : finding.accesses) {
        access.what = access.location = access.task = access.context = text;
        access.locks_held = {text};
        for (Frame& frame : access.stack) frame = {text, 1, text, text, 1};
        access.stack.push_back({text, 2, "", "", 0});
      }
    }
  }
  for (Disagreement& disagreement : result.summary.disagreements) {
    disagreement = {disagreement.cell + text, disagreement.hazard, text, text, text};
  }
  result.claims = {{text, text, text, text, text, text, text, {{text, text, {text}, text}}, {text}}};
  return result;
}

TEST(Html, SaysWhatBecameOfEachClaim) {
  RunResult result = SampleResult();
  EXPECT_FALSE(Has(RenderHtml(result), "id=\"claims\""));
  result.claims = {{"C99",
                    "somebody",
                    "a mail",
                    "it works",
                    "tried",
                    "refuted",
                    "it does not",
                    {{"a dead-entry", "found in 3 of 8 executions", {"a"}, "ct1-x"}},
                    {"a"}}};
  const std::string page = RenderHtml(result);
  for (const char* part : {"id=\"claims\"", "C99", "somebody", "it works", "refuted", "it does not",
                           "found in 3 of 8 executions", "cfgtorture replay ct1-x"}) {
    EXPECT_TRUE(Has(page, part)) << part;
  }
}

TEST(Html, LetsNoMarkupOfARunThrough) {
  for (const char* text :
       {"<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'\"><b>", "</td></tr></table>", "-->", "]]>",
        "</style><script>", "&lt;script&gt;", "{{7*7}}", "`${x}`"}) {
    const std::string page = WithoutOurScript(RenderHtml(Hostile(text)));
    EXPECT_EQ(Malformed(page), "") << text;
    EXPECT_EQ(Count(page, "<script"), 2) << text;  // the data
    EXPECT_EQ(Count(page, "</script"), 2) << text;
    EXPECT_TRUE(Has(ChartData(page).dump(), Json(text).dump())) << text;  // and it has arrived there as it was
    EXPECT_TRUE(Has(DataOf(page, "finding-data").dump(), Json(text).dump())) << text;
    EXPECT_FALSE(Has(page, "<img")) << text;
  }
  EXPECT_TRUE(Has(RenderHtml(Hostile("&lt;")), "&amp;lt;"));
}

TEST(Escape, SpellsOutWhatCouldEndAScript) {
  const std::string data =
      ScriptData({{"</script><!--", "&\xe2\x80\xa8\xe2\x80\xa9"}, {"\xff", "é"}, {"]]>", "plain text 1.5"}});
  for (const char c : data) EXPECT_TRUE(c >= 0x20 && c < 0x7f && c != '<' && c != '>' && c != '&') << data;
  EXPECT_TRUE(Has(data, "plain text 1.5"));
  EXPECT_EQ(Json::parse(data).at("</script><!--"), "&\xe2\x80\xa8\xe2\x80\xa9");
}

TEST(Html, CutsNamesOfTenThousandCharacters) {
  const std::string page = RenderHtml(Hostile(std::string(10000, 'n')));
  EXPECT_EQ(Malformed(page), "");
  EXPECT_TRUE(Has(page, "bytes more)"));
  EXPECT_LT(page.size(), 8u << 20);
}

TEST(Html, IsolatesRightToLeftNamesAndSpellsOutOverrides) {
  const std::string page =
      RenderHtml(Hostile("שלום\xe2\x80\xae"
                         "evil"));
  EXPECT_FALSE(Has(page, "\xe2\x80\xae"));
  EXPECT_TRUE(Has(page, "<bdi>שלום\\u202eevil</bdi>"));
}

TEST(Html, StaysWellFormedWhateverBytesARunBrings) {
  const uint32_t seed = 2019;
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < Rounds(20, 5); ++i) {
    std::string text;
    for (int k = 0; k < 200; ++k) {
      const char markup = "<>\"'&/="[random() % 7];
      text += random() % 3 == 0 ? markup : static_cast<char>(random());
    }
    EXPECT_EQ(Malformed(RenderHtml(Hostile(text))), "");
  }
}

TEST(Malformedness, IsSeenByItsChecker) {
  EXPECT_NE(Malformed("<p><b></p>"), "");
  EXPECT_NE(Malformed("<p>"), "");
  EXPECT_NE(Malformed("<a href=\"#x\"></a>"), "");
  EXPECT_NE(Malformed("<p id=\"x\"></p><p id=\"x\"></p>"), "");
  EXPECT_NE(Malformed("<p title=<b>></p>"), "");
  EXPECT_EQ(Malformed("<p title=\"a > b\"></p><br>"), "");
}

// For looking at: CFGT_SAMPLE_REPORT=/tmp/sample.html writes the page there; of CFGT_SAMPLE_RESULT, if that names a
// run; CFGT_SAMPLE_JSON: the result itself too; CFGT_SAMPLE_SECOND: beside that one.
TEST(Html, WritesTheSampleWhereAsked) {
  const char* path = std::getenv("CFGT_SAMPLE_REPORT");
  if (path == nullptr) GTEST_SKIP() << "CFGT_SAMPLE_REPORT is not set";
  RunResult result = SampleResult();
  if (const char* saved = std::getenv("CFGT_SAMPLE_RESULT"); saved != nullptr) {
    absl::StatusOr<RunResult> loaded = Load(saved);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    result = *std::move(loaded);
  }
  std::ofstream file(path);
  if (const char* second = std::getenv("CFGT_SAMPLE_SECOND"); second != nullptr) {
    const absl::StatusOr<RunResult> loaded = Load(second);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    file << RenderHtmlSideBySide(result, *loaded);
  } else {
    file << RenderHtml(result);
  }
  EXPECT_TRUE(file.good());
  if (const char* json = std::getenv("CFGT_SAMPLE_JSON"); json != nullptr) {
    EXPECT_TRUE(Save(result, json).ok());
  }
}

}  // namespace
}  // namespace cfgtorture::reports
