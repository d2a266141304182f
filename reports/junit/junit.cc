#include "reports/junit/junit.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/result/died.h"
#include "reports/content.h"
#include "reports/html/escape.h"
#include "reports/schedule.h"

namespace cfgtorture::reports {
namespace {

constexpr size_t kMostName = 1000;
constexpr size_t kMostLine = 2000;
constexpr size_t kMostFindings = 20;  // of a case
constexpr size_t kMostRows = 60;      // of a schedule
constexpr unsigned kWidth = 110;

std::string Seconds(double seconds) {
  char text[64];
  std::snprintf(text, sizeof text, "%.3f", std::isfinite(seconds) && seconds > 0 ? seconds : 0);
  return text;
}

const Finding* FindingOf(const CellResult& cell, const std::string& hazard) {
  for (const Finding& finding : cell.findings) {
    if (finding.hazard == hazard) return &finding;
  }
  return nullptr;
}

std::string BodyOf(const CellResult& cell) {
  std::string text;
  for (const auto& [hazard, outcome] : cell.hazards) {
    absl::StrAppend(&text, hazard, ": ", outcome.verdict);
    if (!outcome.expected.empty()) absl::StrAppend(&text, ", expected ", outcome.expected);
    if (!outcome.strength.empty()) absl::StrAppend(&text, " (", outcome.strength, ")");
    if (!outcome.reason.empty()) absl::StrAppend(&text, "; ", outcome.reason);
    text += "\n";
  }
  size_t shown = 0;
  for (const Finding& finding : cell.findings) {
    if (++shown > kMostFindings) {
      absl::StrAppend(&text, "\n", cell.findings.size() - kMostFindings, " more findings\n");
      break;
    }
    absl::StrAppend(&text, "\nfinding  ", finding.hazard, ": ", finding.title, "\n");
    if (!finding.detail.empty()) absl::StrAppend(&text, finding.detail, "\n");
    for (const Access& access : finding.accesses) {
      absl::StrAppend(&text, "  ", EventText(access));
      if (!access.locks_held.empty()) absl::StrAppend(&text, ", holds ", absl::StrJoin(access.locks_held, ", "));
      text += "\n";
    }
    if (const std::string why = WhyUnordered(finding); !why.empty()) absl::StrAppend(&text, why, "\n");
    absl::StrAppend(&text, DrawSchedule(finding, kWidth, kMostRows));
    if (!finding.replay.empty()) absl::StrAppend(&text, "repeat: ", finding.replay, "\n");
  }
  return text;
}

struct Case {
  std::string class_name, name;
  double time_s = 0;
  CaseVerdict verdict;
  std::string body;
};

struct Suite {
  std::string name;
  std::vector<Case> cases;
  double time_s = 0;
  size_t Count(CaseOutcome outcome) const {
    return static_cast<size_t>(
        std::count_if(cases.begin(), cases.end(), [&](const Case& one) { return one.verdict.outcome == outcome; }));
  }
};

// Every row of a gate. What moved is no worse, and what is undecided is no failure: neither passes.
Suite GateSuite(const RunResult& result) {
  Suite suite{"cfgtorture.gate", {}, 0};
  std::map<std::string, size_t> seen;
  for (const GateRow& row : result.gate) {
    Case one;
    one.class_name = absl::StrCat("cfgtorture.gate.", row.part);
    one.name = absl::StrCat(row.cell.empty() ? row.part : row.cell, row.what.empty() ? "" : ": ", row.what);
    if (const size_t again = seen[one.class_name + one.name]++; again > 0) absl::StrAppend(&one.name, " #", again + 1);
    one.verdict.outcome = row.outcome == "failed"      ? CaseOutcome::kError
                          : row.outcome == "regressed" ? CaseOutcome::kFailure
                          : row.outcome == "holds"     ? CaseOutcome::kPassed
                                                       : CaseOutcome::kSkipped;
    one.verdict.type = row.outcome;
    one.verdict.message = row.text;
    if (!row.before.empty() || !row.after.empty()) absl::StrAppend(&one.body, row.before, " -> ", row.after, "\n");
    if (!row.decide.empty()) absl::StrAppend(&one.body, row.decide, "\n");
    suite.cases.push_back(std::move(one));
  }
  return suite;
}

void AppendCase(std::string& xml, const Case& one, bool with_body) {
  absl::StrAppend(&xml, "  <testcase classname=\"", Text(one.class_name, kMostName), "\" name=\"",
                  Text(one.name, kMostName), "\" time=\"", Seconds(one.time_s), "\"");
  const std::string body = with_body ? Text(one.body, 64 << 10, /*lines=*/true) : "";
  const char* element = one.verdict.outcome == CaseOutcome::kFailure   ? "failure"
                        : one.verdict.outcome == CaseOutcome::kError   ? "error"
                        : one.verdict.outcome == CaseOutcome::kSkipped ? "skipped"
                                                                       : nullptr;
  if (element == nullptr) {
    if (body.empty()) {
      xml += "/>\n";
    } else {
      absl::StrAppend(&xml, ">\n   <system-out>", body, "</system-out>\n  </testcase>\n");
    }
    return;
  }
  absl::StrAppend(&xml, ">\n   <", element, " message=\"", Text(one.verdict.message, kMostLine), "\" type=\"",
                  Text(one.verdict.type, kMostLine), "\"");
  if (one.verdict.outcome == CaseOutcome::kSkipped || body.empty()) {
    xml += "/>\n";
  } else {
    absl::StrAppend(&xml, ">", body, "</", element, ">\n");
  }
  xml += "  </testcase>\n";
}

std::string Counts(size_t tests, size_t failures, size_t errors, size_t skipped, double time_s) {
  return absl::StrCat(" tests=\"", tests, "\" failures=\"", failures, "\" errors=\"", errors, "\" skipped=\"", skipped,
                      "\" time=\"", Seconds(time_s), "\"");
}

std::string Render(const RunResult& result, const std::vector<Suite>& suites, bool passed_bodies, bool bodies) {
  size_t tests = 0, failures = 0, errors = 0, skipped = 0;
  for (const Suite& suite : suites) {
    tests += suite.cases.size();
    failures += suite.Count(CaseOutcome::kFailure);
    errors += suite.Count(CaseOutcome::kError);
    skipped += suite.Count(CaseOutcome::kSkipped);
  }
  std::string xml = absl::StrCat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"cfgtorture\"",
                                 Counts(tests, failures, errors, skipped, result.summary.wall_s), ">\n");
  const Environment& environment = result.environment;
  const std::pair<const char*, std::string> properties[] = {
      {"version", result.tool.version},         {"build_id", result.tool.build_id},
      {"command", CommandLine(result.command)}, {"seed", absl::StrCat(result.seed)},
      {"outcome", result.summary.outcome},      {"summary", result.summary.text},
      {"cpu_model", environment.cpu_model},     {"cpus", absl::StrCat(environment.cpus)},
      {"kernel", environment.kernel},           {"compiler", environment.compiler}};
  const std::string& started = environment.started_utc;  // "2019-10-24T12:00:00Z"; the format has no time zone
  const std::string stamp = started.empty() ? "1970-01-01T00:00:00" : started.substr(0, started.find('Z'));
  for (const Suite& suite : suites) {
    absl::StrAppend(&xml, " <testsuite name=\"", Text(suite.name, kMostName), "\"",
                    Counts(suite.cases.size(), suite.Count(CaseOutcome::kFailure), suite.Count(CaseOutcome::kError),
                           suite.Count(CaseOutcome::kSkipped), suite.time_s),
                    " timestamp=\"", Text(stamp, 64), "\" hostname=\"localhost\">\n  <properties>\n");
    for (const auto& [name, value] : properties) {
      absl::StrAppend(&xml, "   <property name=\"", name, "\" value=\"", Text(value), "\"/>\n");
    }
    xml += "  </properties>\n";
    for (const Case& one : suite.cases) {
      AppendCase(xml, one, bodies && (passed_bodies || one.verdict.outcome != CaseOutcome::kPassed));
    }
    xml += " </testsuite>\n";
  }
  return xml + "</testsuites>\n";
}

}  // namespace

CaseVerdict VerdictOfCase(const RunResult& result, const CellResult& cell) {
  std::vector<std::string> hazards;
  std::string first, undecided, idle;
  bool spoke = false;
  for (const auto& [name, outcome] : cell.hazards) {
    const bool found = outcome.verdict == "found";
    spoke |= found || outcome.verdict == "clean";
    if (outcome.agreement == "disagrees" || (found && WhyNoAlarm(result, cell, name).empty())) {
      hazards.push_back(name);
      if (!first.empty()) continue;
      const Finding* finding = found ? FindingOf(cell, name) : nullptr;
      first = finding != nullptr ? finding->title : absl::StrCat(name, " is ", outcome.verdict);
      if (!outcome.expected.empty()) absl::StrAppend(&first, "; expected ", outcome.expected);
    } else if (outcome.agreement == "undecided" || outcome.verdict == "undecided") {
      if (undecided.empty()) undecided = absl::StrCat(name, " is undecided: ", outcome.reason);
    } else if (idle.empty() && !found && outcome.verdict != "clean") {
      idle = absl::StrCat(name, " is ", outcome.verdict, ": ", outcome.reason);
    }
  }
  const bool crash_expected = std::any_of(cell.hazards.begin(), cell.hazards.end(), [](const auto& hazard) {
    return hazard.first == "crash" && hazard.second.agreement == "agrees";
  });
  if (IsBlind(cell)) {
    return {CaseOutcome::kError, "blind", "no access of the code under test was seen: nothing was judged"};
  }
  if (result.summary.outcome == "failed" && result.summary.text.starts_with(cell.spec.id + ": ")) {
    return {CaseOutcome::kError, "harness", result.summary.text.substr(cell.spec.id.size() + 2)};
  }
  if (!hazards.empty()) return {CaseOutcome::kFailure, absl::StrJoin(hazards, ","), first};
  if (Died(cell) && !crash_expected)
    return {CaseOutcome::kFailure, "crash", absl::StrCat(cell.status, ": ", cell.reason)};
  if (cell.status == "not-run" || cell.status == "stopped" || cell.status == "timeout") {
    return {CaseOutcome::kSkipped, cell.status, cell.reason.empty() ? cell.status : cell.reason};
  }
  if (!undecided.empty()) return {CaseOutcome::kSkipped, "undecided", undecided};
  if (!spoke && !cell.hazards.empty() && cell.spec.engine != "native") {
    return {CaseOutcome::kSkipped, "not-exercised", idle};
  }
  return {};
}

std::string RenderJunit(const RunResult& result, size_t most_bytes) {
  std::vector<Suite> suites;
  for (const CellResult& cell : result.cells) {
    const std::string name = absl::StrCat("cfgtorture.", cell.spec.engine);
    auto suite = std::find_if(suites.begin(), suites.end(), [&](const Suite& one) { return one.name == name; });
    if (suite == suites.end()) suite = suites.insert(suites.end(), {name, {}, 0});
    suite->time_s += cell.wall_s;
    suite->cases.push_back(
        {absl::StrCat(name, ".", cell.spec.strategy.empty() ? cell.spec.program : cell.spec.strategy), cell.spec.id,
         cell.wall_s, VerdictOfCase(result, cell), BodyOf(cell)});
  }
  if (!result.gate.empty()) suites.push_back(GateSuite(result));
  const Control& control = result.summary.control;
  if (!control.strategy.empty()) {
    Case one{"cfgtorture.control", "the control " + control.strategy + " is convicted", 0, {}, ""};
    if (!control.missing.empty()) {
      one.verdict = {
          CaseOutcome::kError, "control",
          absl::StrCat("not convicted of ", absl::StrJoin(control.missing, ", "), ": this run proves nothing")};
    }
    suites.push_back({"cfgtorture.control", {std::move(one)}, 0});
  }
  const bool told = std::any_of(suites.begin(), suites.end(),
                                [](const Suite& suite) { return suite.Count(CaseOutcome::kError) > 0; });
  if (result.summary.outcome == "failed" && !told) {  // of no cell in particular
    suites.push_back({"cfgtorture.run",
                      {{"cfgtorture.run", "the harness", 0, {CaseOutcome::kError, "harness", result.summary.text}, ""}},
                      0});
  }
  std::string xml = Render(result, suites, true, true);
  if (xml.size() > most_bytes) xml = Render(result, suites, false, true);
  if (xml.size() > most_bytes) xml = Render(result, suites, false, false);
  return xml;
}

}  // namespace cfgtorture::reports
