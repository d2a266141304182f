#include "reports/html/html.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "harness/result/counted.h"
#include "reports/agreement.h"
#include "reports/content.h"
#include "reports/html/escape.h"
#include "reports/html/sections.h"

namespace cfgtorture {
extern const std::string_view kReportStyle;       // style.css, by scripts/cmake/embed.cmake
extern const std::string_view kReportScript;      // Chart.js and ours, likewise
extern const std::string_view kReportScriptHash;  // of the one script that may run, likewise
}  // namespace cfgtorture

namespace cfgtorture::reports {
namespace {

void AppendHead(std::string& page, const RunResult& result) {
  const Summary& summary = result.summary;
  BeginPage(page, "cfgtorture report");
  absl::StrAppend(&page,
                  "<header><h1>cfgtorture <span>which lock, if any, must guard PCI config access?"
                  "</span></h1>\n<p class=\"answer\">",
                  Text(Answer(result)), "</p>\n<p class=\"trust\"><span class=\"outcome ",
                  summary.exit_status == 0 ? "ok" : "bad", "\">", Text(summary.outcome, 40), "</span> ",
                  Text(Trust(result)));
  // "All as expected" has been said.
  if (summary.exit_status != 0 && !summary.text.empty()) absl::StrAppend(&page, " ", Text(summary.text, 600));
  absl::StrAppend(&page, "</p>\n<p class=\"meta\">", Text(result.environment.started_utc, 40), " · ",
                  Text(result.environment.cpu_model, 100), ", ", result.environment.cpus, " CPUs · seed ", result.seed,
                  " · cfgtorture ", Text(result.tool.version, 40), "</p>");
  absl::StrAppend(&page, "<nav aria-label=\"Sections\">", result.gate.empty() ? "" : "<a href=\"#gate\">Gate</a> ",
                  "<a href=\"#verdicts\">Verdicts</a> <a href=\"#contention\">Contention</a> "
                  "<a href=\"#cost\">Cost</a> ");
  if (!result.claims.empty()) page += "<a href=\"#claims\">Claims</a> ";
  if (!result.audit.empty()) page += "<a href=\"#audit\">Audit</a> ";
  if (!MakeAgreementMatrix(result).rows.empty()) page += "<a href=\"#agreement\">Agreement</a> ";
  page +=
      "<a href=\"#findings\">Findings</a> <a href=\"#repeat\">Environment, repeat</a> "
      "<a href=\"#left-out\">Left out</a> <button type=\"button\" id=\"theme\" hidden>Dark</button>"
      "</nav></header>\n<main id=\"main\">\n";
}

void AppendVerdicts(std::string& page, const RunResult& result, const std::vector<FindingGroup>& findings) {
  struct Part {
    Evidence evidence;
    const char* kind;
    const char* title;
    const char* text;
  };
  static constexpr Part kParts[] = {
      {Evidence::kExplored, "probe", "",
       "A row is a strategy, a way to lock config access. A column is a probe, a small program that provokes one "
       "hazard. "
       "Each field says what came of the many schedules in which the model ran the two."},
      {Evidence::kExplored, "scenario", "Scenarios, explored",
       "Small programs with a known bug, and their fixed twins."},
      {Evidence::kExplored, "workload", "Workloads, explored",
       "Larger programs, each judged for several hazards at once: how many were found or, if none was, how many were "
       "exercised and clean."},
      {Evidence::kWatched, "probe", "Probes on real threads, under a checker",
       "What happened to run. A race reported here did happen; silence proves little."},
      {Evidence::kWatched, "workload", "Workloads on real threads, under a checker",
       "What happened to run, judged for several hazards at once. Silence proves little."},
      {Evidence::kWatched, "scenario", "Scenarios on real threads, under a checker", ""},
      {Evidence::kMeasured, "workload", "Workloads on real threads, at full speed",
       "Hazards that the emulated hardware saw while the cost (below) was measured; no checker was in the way."},
      {Evidence::kMeasured, "probe", "Probes on real threads, at full speed", ""},
  };
  page += "<section id=\"verdicts\" aria-labelledby=\"verdicts-h\"><h2 id=\"verdicts-h\">Verdicts</h2>\n";
  bool first = true;
  for (const Part& part : kParts) {
    const VerdictTable table = MakeVerdictTable(result, part.evidence, part.kind);
    if (table.empty()) continue;
    if (*part.title != '\0') absl::StrAppend(&page, "<h3>", part.title, "</h3>");
    if (*part.text != '\0') absl::StrAppend(&page, "<p class=\"sub\">", part.text, "</p>");
    AppendVerdictTable(page, table, findings, *part.title == '\0' ? "Verdicts, strategy by probe" : part.title);
    AppendHazards(page, table, findings);
    if (first) {
      AppendLegend(page);
      AppendKey(page, table);
      AppendEveryCell(page, result);
      first = false;
    }
  }
  if (first) page += "<p>No cell of this run has a verdict.</p>\n";
  page += "</section>\n";
}

void AppendLeftOut(std::string& page, const RunResult& result) {
  page += "<section id=\"left-out\" aria-labelledby=\"left-out-h\"><h2 id=\"left-out-h\">Left out</h2>\n<ul>";
  for (const std::string& line : LeftOut(result)) absl::StrAppend(&page, "<li>", Text(line, 600), "</li>");
  page += "</ul></section>\n";
}

void AppendRepeat(std::string& page, const RunResult& result) {
  const Environment& environment = result.environment;
  const std::string load = LoadText(environment);
  const std::pair<const char*, std::string> rows[] = {
      {"command", absl::StrCat("<code>", Text(CommandLine(result.command), 4000), "</code>")},
      {"seed", absl::StrCat("<code>", result.seed, "</code>")},
      {"build",
       absl::StrCat("<code>", Text(result.tool.build_id, 100), "</code> (tokens replay only on the same build)")},
      {"version", Text(result.tool.version, 40)},
      {"system", absl::StrCat(Text(environment.os, 100), ", ", Text(environment.kernel, 100), ", ",
                              Text(environment.architecture, 40))},
      {"processor", absl::StrCat(Text(environment.cpu_model, 100), ", ", environment.cpus, " CPUs allowed")},
      {"load", load.empty() ? "" : absl::StrCat(load, ", on ", Counted(environment.cpus, "CPU"))},
      {"memory", absl::StrCat(environment.memory_bytes >> 20, " MiB")},
      {"compiler", absl::StrCat(Text(environment.compiler, 100), ", ", Text(environment.build_type, 40))},
      {"started", Text(environment.started_utc, 40)},
      {"took", Nanoseconds(result.summary.wall_s * 1e9)},
      {"exit status", absl::StrCat(result.summary.exit_status, " (", Text(result.summary.outcome, 40), ")")},
  };
  page +=
      "<section id=\"repeat\" aria-labelledby=\"repeat-h\"><h2 id=\"repeat-h\">Environment, and how to repeat this "
      "run</h2>\n<dl class=\"env\">";
  for (const auto& [name, value] : rows) {
    if (!value.empty()) absl::StrAppend(&page, "<dt>", name, "</dt><dd>", value, "</dd>");
  }
  page += "</dl></section>\n";
}

void AppendCost(std::string& page, const RunResult& result, std::vector<Chart>& drawn) {
  page += "<section id=\"cost\" aria-labelledby=\"cost-h\"><h2 id=\"cost-h\">Cost</h2>\n";
  const std::vector<CostTable> cost = MakeCostTables(result);
  if (cost.empty()) page += "<p>Nothing was measured in this run.</p>\n";
  if (!cost.empty()) {
    page +=
        "<p class=\"sub\">Measured: real threads on this machine, emulated hardware of stated latencies, nothing but "
        "the "
        "code under test. Compare rows, not machines. Latencies: half of all calls took at most p50, all but one in a "
        "thousand at most p99.9. Fairness is Jain's index over the threads: 1 is even.</p>\n";
  }
  AppendMeasured(page, cost, drawn);
  AppendIrqsOff(page, result);
  AppendExplored(page, result);
  page += "</section>\n";
}

}  // namespace

void BeginPage(std::string& page, const std::string& title) {
  page +=
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src '";
  page += kReportScriptHash;
  absl::StrAppend(&page,
                  "'\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                  "<title>",
                  Text(title, 80), "</title>\n<style>\n");
  page += kReportStyle;
  page += "</style></head><body>\n<a class=\"skip\" href=\"#main\">Skip to the answer</a>\n";
}

void EndPage(std::string& page) {
  page += "<script>";
  page += kReportScript;
  page += "</script>\n</body></html>\n";
}

std::string RenderHtml(const RunResult& result) {
  const std::vector<FindingGroup> findings = GroupFindings(result);
  std::string page;
  AppendHead(page, result);
  AppendGate(page, result);
  // Of claims: what is said of strategies rests on a few probes each, as the claims needed them.
  if (IsAboutClaims(result)) {
    AppendClaims(page, result);
  } else {
    AppendAnswer(page, result, findings);
  }
  AppendVerdicts(page, result, findings);

  std::vector<Chart> drawn;
  AppendContention(page, result, drawn);
  AppendCost(page, result, drawn);
  if (!IsAboutClaims(result)) AppendClaims(page, result);
  AppendAudit(page, result);
  AppendAgreement(page, result);
  page += "<section id=\"findings\" aria-labelledby=\"findings-h\"><h2 id=\"findings-h\">Findings</h2>\n";
  AppendFindings(page, findings);
  AppendHazardPages(page, findings);
  page += "</section>\n";

  AppendRepeat(page, result);
  AppendLeftOut(page, result);
  page += "</main>\n";
  AppendChartData(page, drawn);
  AppendFindingData(page, findings);
  EndPage(page);
  return page;
}

}  // namespace cfgtorture::reports
