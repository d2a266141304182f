#include "reports/markdown/markdown.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/result/replay_command.h"
#include "reports/audit_rows.h"
#include "reports/content.h"
#include "reports/hazard_pages.h"
#include "reports/markdown/escape.h"
#include "reports/markdown/sections.h"
#include "reports/measured.h"
#include "reports/schedule.h"

namespace cfgtorture::reports {
namespace {

using markdown::Fenced;
using markdown::Name;
using markdown::Text;
using markdown::TextTable;

constexpr unsigned kWidth = 110;      // of a schedule: what GitHub shows without scrolling
constexpr size_t kMaxFindings = 100;  // a job summary has room for 1 MiB; the page and the JSON have all
constexpr size_t kMaxOfAKind = 1;
constexpr size_t kMaxRows = 40;

std::string CellText(const VerdictCell& cell) {
  if (cell.cells.empty()) return "–";
  std::string text = Headline(cell);
  if (cell.verdict == Verdict::kFound) {
    text = absl::StrCat("**", text, "**");
    if (cell.of.size() > 1) {
      absl::StrAppend(&text, ": ", Text(absl::StrJoin(FoundHazards(cell, 3), ", ")));
    } else {
      absl::StrAppend(&text, " ", ShortCount(static_cast<double>(cell.hits)));
      if (cell.fewest_preemptions >= 0) absl::StrAppend(&text, ", ", cell.fewest_preemptions, "p");
    }
  } else if (cell.verdict == Verdict::kClean && EvidenceOf(cell.cells.front()->spec) == Evidence::kExplored) {
    if (cell.exhausted) text += ", all";
    if (cell.executions > 0) absl::StrAppend(&text, ", ", ShortCount(static_cast<double>(cell.executions)));
  }
  if (cell.agreement == Agreement::kDisagrees) {
    text = absl::StrCat("≠ ", text, " (", Text(Difference(cell)), ")");
  } else if (cell.verdict == Verdict::kFound && cell.agreement == Agreement::kUnjudged) {
    text = absl::StrCat("? ", text);
  }
  return text;
}

// Programs down, strategies across: a mail is narrow, and there are more programs.
void AppendVerdicts(std::string& page, const VerdictTable& table, const std::string& what) {
  std::vector<std::string> header = {what};
  for (const VerdictRow& row : table.rows) header.push_back(Name(row.strategy));
  TextTable text(std::move(header));
  for (size_t column = 0; column < table.columns.size(); ++column) {
    const VerdictColumn& known = table.columns[column];
    std::vector<std::string> row = {
        absl::StrCat(Name(known.program), known.flavour == "preempt" ? "" : " (" + Name(known.flavour) + ")")};
    for (const VerdictRow& strategy : table.rows) row.push_back(CellText(strategy.cells[column]));
    text.Add(std::move(row));
  }
  text.AppendTo(page);
}

void AppendCost(std::string& page, const RunResult& result) {
  for (const CostTable& table : MakeCostTables(result)) {
    absl::StrAppend(&page, "**", Name(table.workload), "** (measured on real threads; latencies of ",
                    Name(table.operation), "). ", Text(table.conditions), table.conditions.empty() ? "" : " ",
                    kFewCallsText, "\n\n");
    TextTable text(
        {"strategy", "setting", "operations/s", "calls", "p50", "p99", "p99.9", "longest IRQs-off", "fairness"});
    for (const CostRow& row : table.rows) {
      text.Add({Name(row.strategy), Text(row.setting), RateText(row.operations_per_s), ExactCount(row.calls),
                Nanoseconds(row.p50_ns), Nanoseconds(row.p99_ns), Nanoseconds(row.p999_ns),
                Nanoseconds(row.irqs_off_max_ns), Ratio(row.fairness)});
    }
    text.AppendTo(page);
  }
}

std::string Place(const Frame& frame) {
  if (frame.file.empty()) return absl::StrCat(frame.module, "+0x", absl::Hex(frame.offset));
  return absl::StrCat(frame.file, ":", frame.line);
}

// KCSAN's shape, so that it reads as what kernel people know (anchors 8).
std::string AccessText(const Access& access, Evidence evidence) {
  std::string text = access.what;
  if (!access.location.empty()) absl::StrAppend(&text, " of ", access.location);
  const std::string who = WhoOf(access);
  if (!who.empty()) absl::StrAppend(&text, " by ", who);
  text += ":\n";
  for (const Frame& frame : FramesOf(access)) absl::StrAppend(&text, " ", frame.function, " ", Place(frame), "\n");
  absl::StrAppend(&text, " locks held: ", LocksOf(access, evidence), "\n");
  return Printable(text, 4000, true);
}

// What it needs, and what was done to find that out.
std::string OrderingsText(const Finding& finding) {
  std::string text;
  for (const OrderingText& ordering : OrderingsOf(finding)) {
    absl::StrAppend(&text, text.empty() ? "fails only if\n" : "", "  ", ordering.before, "\n    before ",
                    ordering.after, "\n");
  }
  const std::string reduction = ReductionText(finding);
  if (!reduction.empty()) absl::StrAppend(&text, reduction, "\n");
  return Printable(text, 8000, true);
}

void AppendFindings(std::string& page, const RunResult& result) {
  const std::vector<FindingGroup> findings = GroupFindings(result);
  if (findings.empty()) page += "None.\n\n";
  const std::vector<bool> chosen = Choose(findings, kMaxFindings, kMaxOfAKind);
  if (const std::string choice = ChoiceText(findings, chosen); !choice.empty()) {
    absl::StrAppend(
        &page, Text(choice, 1000),
        ". report.html lists them all; one of them: `cfgtorture report RESULT --finding FINGERPRINT --format "
        "mail`.\n\n");
  }
  for (size_t i = 0; i < findings.size(); ++i) {
    if (!chosen[i]) continue;
    const FindingGroup& group = findings[i];
    const Finding& finding = *group.finding;
    const CellSpec& spec = group.cells.front()->spec;
    absl::StrAppend(&page, "### ", group.disagrees ? "≠ " : "",
                    Name(spec.strategy.empty() ? spec.program : spec.strategy), ": ", Text(HeadlineOf(finding), 300),
                    "\n\n", Name(finding.hazard), " in ", Name(spec.program), " (", Name(spec.engine), "), ");
    absl::StrAppend(&page, ShortCount(static_cast<double>(group.count)), " times");
    if (finding.preemptions >= 0) absl::StrAppend(&page, ", preemptions ", finding.preemptions);
    absl::StrAppend(&page, "; fingerprint ", Name(finding.fingerprint), ".\n\n");
    std::string block = finding.detail.empty() ? "" : Printable(finding.detail, 2000, true) + "\n\n";
    for (const Access& access : AccessesOf(finding)) {
      if (!access.stack.empty() || !access.task.empty()) block += AccessText(access, EvidenceOf(spec)) + "\n";
    }
    if (const std::string why = WhyUnordered(finding); !why.empty()) block += Printable(why, 4000, true) + "\n\n";
    if (!finding.schedule.empty()) block += Printable(DrawSchedule(finding, kWidth, kMaxRows), 100000, true) + "\n";
    if (const std::string needs = OrderingsText(finding); !needs.empty()) block += needs + "\n";
    if (!group.repeat.empty()) {
      absl::StrAppend(&block, EvidenceOf(spec) == Evidence::kExplored ? "repeat: " : "likely seen again by: ",
                      Printable(group.repeat, 20000), "\n");
    }
    if (const std::string about = HazardPagePath(finding.hazard); !about.empty()) {
      absl::StrAppend(&block, "about: ", about, "\n");
    }
    while (!block.empty() && block.back() == '\n') block.pop_back();
    if (!block.empty()) absl::StrAppend(&page, Fenced(block), "\n");
  }
}

void AppendAudit(std::string& page, const RunResult& result, bool tokens) {
  absl::StrAppend(&page, Text(AuditBound(result)),
                  ". Needed: without it, something was found. Spare: nothing was, within this bound.\n\n"
                  "| place | function | tried | verdict | because |\n|---|---|---|---|---|\n");
  for (const AuditRow& row : result.audit) {
    absl::StrAppend(&page, "| ", Text(AuditPlace(row)), " | ", Name(row.function), " | ", Text(AuditTried(row)), " | ",
                    Text(row.verdict), " | ", Text(AuditAnswer(row)));
    if (tokens && !row.token.empty()) absl::StrAppend(&page, "; `", Text(ReplayCommand(result, row.token), 4000), "`");
    page += " |\n";
  }
  page += "\n";
}

void AppendClaims(std::string& page, const RunResult& result) {
  page +=
      "Each outcome is computed by the rules of its claim's file from what this run found and measured; not tested: no "
      "experiment here decides it.\n\n| claim | who | what | outcome | because |\n|---|---|---|---|---|\n";
  for (const ClaimResult& claim : result.claims) {
    absl::StrAppend(&page, "| ", Text(claim.id), " | ", Text(claim.who), " | ", Text(claim.statement, 600), " | ",
                    Text(claim.outcome), " | ", Text(claim.because, 1000));
    for (const ClaimFigure& figure : claim.figures) {
      absl::StrAppend(&page, "; ", Text(figure.what), ": ", Text(figure.text));
    }
    page += " |\n";
  }
  page += "\n";
}

}  // namespace

std::string AuditPage(const RunResult& result) {
  std::string page = absl::StrCat("# What each order and lock is for\n\nWritten by\n\n",
                                  Fenced(Printable(CommandLine(result.command), 8000)), "\n");
  AppendAudit(page, result, /*tokens=*/false);
  return page;
}

std::string RenderMarkdown(const RunResult& result) {
  const Summary& summary = result.summary;
  std::string page =
      absl::StrCat("# cfgtorture: which lock, if any, must guard PCI config access?\n\n**", Text(Answer(result), 2000),
                   "**\n\n", Text(summary.outcome), " (exit status ", summary.exit_status, "). ",
                   Text(Trust(result), 2000), " ", summary.exit_status == 0 ? "" : Text(summary.text), "\n\n");
  markdown::AppendGate(page, result);
  const auto append_claims = [&] {
    if (result.claims.empty()) return;
    page += "## The thread's claims\n\n";
    AppendClaims(page, result);
  };
  if (IsAboutClaims(result)) {
    append_claims();
  } else {
    markdown::AppendAnswer(page, result);
  }
  page += "## Verdicts\n\n";
  struct Part {
    Evidence evidence;
    const char* kind;
    const char* title;
  };
  static constexpr Part kParts[] = {
      {Evidence::kExplored, "probe", "Explored schedules of each probe"},
      {Evidence::kExplored, "scenario", "Explored schedules of each scenario"},
      {Evidence::kExplored, "workload", "Explored schedules of each workload"},
      {Evidence::kWatched, "probe", "Probes on real threads, under a checker: what happened to run"},
      {Evidence::kWatched, "workload", "Workloads on real threads, under a checker: what happened to run"},
      {Evidence::kWatched, "scenario", "Scenarios on real threads, under a checker: what happened to run"},
      {Evidence::kMeasured, "workload", "Workloads on real threads, seen by the emulated hardware while measured"},
      {Evidence::kMeasured, "probe", "Probes on real threads, seen by the emulated hardware while measured"},
  };
  for (const Part& part : kParts) {
    const VerdictTable table = MakeVerdictTable(result, part.evidence, part.kind);
    if (table.empty()) continue;
    absl::StrAppend(&page, part.title, ":\n\n");
    AppendVerdicts(page, table, part.kind);
    for (size_t column = 0; column < table.columns.size(); ++column) {
      const VerdictTable taken = ByHazard(table, column);
      if (taken.empty()) continue;
      absl::StrAppend(&page, Name(table.columns[column].program), ", hazard by hazard:\n\n");
      AppendVerdicts(page, taken, "hazard");
    }
  }
  page +=
      "found: how often, fewest preemptions (p). clean: schedules explored. \"2 of 7\": of the hazards looked for. ? "
      "found where the expected table leaves it open: on real threads, in workloads, of the control, and beside what a "
      "probe asks. ≠ differs from the expected table. "
      "not exercised: no opportunity, never shown as clean.\n\n";
  page += "## Contention\n\n";
  markdown::AppendContention(page, result);
  page += "## Cost\n\n";
  AppendCost(page, result);
  markdown::AppendIrqsOff(page, result);
  if (!IsAboutClaims(result)) append_claims();
  if (!result.audit.empty()) {
    page += "## What each order and lock is for\n\n";
    AppendAudit(page, result, /*tokens=*/true);
  }
  markdown::AppendAgreement(page, result);
  page += "## Findings\n\n";
  AppendFindings(page, result);
  page += "## Environment, and how to repeat this run\n\n";
  const Environment& environment = result.environment;
  const std::string load = LoadText(environment);
  page += Fenced(Printable(
      absl::StrCat(CommandLine(result.command), "\nseed ", result.seed, ", build ", result.tool.build_id,
                   ", cfgtorture ", result.tool.version, "\n", environment.os, ", ", environment.kernel, ", ",
                   environment.architecture, ", ", environment.cpu_model, ", ", environment.cpus, " CPUs",
                   load.empty() ? "" : ", load ", load, "\n", environment.compiler, ", ", environment.build_type, ", ",
                   environment.started_utc, ", took ", Nanoseconds(summary.wall_s * 1e9)),
      8000, true));
  page += "\n## Left out\n\n";
  for (const std::string& line : LeftOut(result)) absl::StrAppend(&page, "- ", Text(line), "\n");
  return page;
}

}  // namespace cfgtorture::reports
