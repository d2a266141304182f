#include "reports/mail/summary.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "reports/content.h"
#include "reports/kernel_layout.h"
#include "reports/mail/mail.h"
#include "reports/overview.h"

namespace cfgtorture::reports {
namespace {

constexpr unsigned kSummaryColumns = 72;
constexpr size_t kMostNames = 8;  // of a list; beyond, their number
constexpr size_t kMostFindings = 16;
constexpr size_t kMostBytes = 20000;  // of the verdicts; what is beyond is named

std::string Name(const std::string& name) { return Printable(name, 40); }

std::string Names(const std::vector<std::string>& names) {
  if (names.size() > kMostNames) return absl::StrCat(names.size(), " strategies");
  return absl::StrJoin(names, ", ");
}

void AppendRow(std::string& text, const std::vector<std::string>& row) {
  static constexpr size_t kWidths[] = {22, 9, 8, 8, 8, 8};
  std::string line;
  for (size_t i = 0; i < row.size(); ++i) {
    // In code points, as it is shown.
    const auto width =
        static_cast<size_t>(std::count_if(row[i].begin(), row[i].end(), [](char c) { return (c & 0xc0) != 0x80; }));
    const std::string room(width < kWidths[i] ? kWidths[i] - width : 0, ' ');
    absl::StrAppend(&line, i == 0 ? row[i] + room : absl::StrCat(" ", room, row[i]));
  }
  absl::StrAppend(&text, line, "\n");
}

void AppendStrategies(std::string& text, const RunResult& result) {
  const Overview overview = MakeOverview(result);
  if (overview.rows.empty()) return;
  text += "\nStrategies, those with the fewest convictions first\n\n";
  std::vector<std::string> head = {"", "convicted"};
  if (overview.measured()) head.insert(head.end(), {"op/s", "p99.9", "IRQs-off", "fairness"});
  AppendRow(text, head);
  for (const OverviewRow& row : overview.rows) {
    std::vector<std::string> cells = {Name(row.strategy),
                                      row.probes == 0 ? "-" : absl::StrCat(row.convicted.size(), " of ", row.probes)};
    if (overview.measured()) {
      cells.insert(cells.end(), {ShortCount(row.cost.operations_per_s), Nanoseconds(row.cost.p999_ns),
                                 Nanoseconds(row.cost.irqs_off_max_ns), Ratio(row.cost.fairness)});
    }
    AppendRow(text, cells);
  }
  std::string note = "Convicted: by explored probes, of those that can say something.";
  if (overview.measured()) {
    absl::StrAppend(&note, " The rest is measured on real threads, over ", overview.settings,
                    " settings that most share: op/s their geometric mean, the others the worst of them, p99.9 of ",
                    Name(overview.operation), ".");
  }
  absl::StrAppend(&text, "\n", Paragraph(note));
}

// Of a column: who shows what. "found     a, b".
void AppendColumn(std::string& text, const VerdictTable& table, size_t column) {
  std::vector<std::pair<const char*, std::vector<std::string>>> lines = {
      {"differs", {}}, {"found", {}}, {"left open", {}}, {"clean", {}}, {"no verdict", {}}, {"n/a", {}}};
  for (const VerdictRow& row : table.rows) {
    const VerdictCell& cell = row.cells[column];
    const std::string name = Name(row.strategy);
    const auto of = [&](size_t most) {
      return cell.of.size() < 2 ? name : absl::StrCat(name, " (", absl::StrJoin(FoundHazards(cell, most), ", "), ")");
    };
    if (cell.cells.empty()) continue;
    if (cell.agreement == Agreement::kDisagrees) {
      lines[0].second.push_back(absl::StrCat(name, " (", Difference(cell), ")"));
    } else if (cell.verdict == Verdict::kFound) {
      lines[cell.agreement == Agreement::kAgrees ? 1 : 2].second.push_back(of(3));
    } else {
      lines[cell.verdict == Verdict::kClean           ? 3
            : cell.verdict == Verdict::kNotApplicable ? 5
                                                      : 4]
          .second.push_back(name);
    }
  }
  const VerdictColumn& known = table.columns[column];
  absl::StrAppend(&text, "\n", Name(known.program), known.flavour == "preempt" ? "" : " (" + Name(known.flavour) + ")",
                  "\n");
  for (auto& [what, names] : lines) {
    const bool about_all = names.size() == table.rows.size() && names.size() > 1;
    // Whoever differs and whatever was found is named, but for what all show.
    const bool in_full = what == lines[0].first || what == lines[1].first || what == lines[2].first;
    if (names.empty()) continue;
    const std::string list = about_all ? absl::StrCat("all ", names.size())
                             : in_full ? absl::StrJoin(names, ", ")
                                       : Names(names);
    std::string label = absl::StrCat("  ", what, std::string(11 - std::string(what).size(), ' '));
    text += Paragraph(label + list, std::string(13, ' '));
  }
}

void AppendVerdicts(std::string& text, const RunResult& result) {
  struct Part {
    Evidence evidence;
    const char* kind;
    const char* title;
  };
  static constexpr Part kParts[] = {
      {Evidence::kExplored, "probe", "Probes, explored in the model"},
      {Evidence::kExplored, "scenario", "Scenarios, explored in the model"},
      {Evidence::kExplored, "workload", "Workloads, explored in the model"},
      {Evidence::kWatched, "probe", "Probes on real threads, under a checker"},
      {Evidence::kWatched, "workload", "Workloads on real threads, under a checker"},
      {Evidence::kWatched, "scenario", "Scenarios on real threads, under a checker"},
      {Evidence::kMeasured, "workload", "Workloads on real threads, while they were measured"},
      {Evidence::kMeasured, "probe", "Probes on real threads, while they were measured"},
  };
  bool first = true;
  for (const Part& part : kParts) {
    const VerdictTable table = MakeVerdictTable(result, part.evidence, part.kind);
    if (table.empty()) continue;
    if (std::exchange(first, false)) {
      text += '\n';
      text += Paragraph(
          "Verdicts. found: as the expected table says; left open: found, where that table leaves it open, and in "
          "brackets what; differs: from the table. clean: shown by none of the schedules tried, which is no proof.");
    }
    absl::StrAppend(&text, "\n", part.title, "\n");
    size_t left = 0;
    for (size_t column = 0; column < table.columns.size(); ++column) {
      if (text.size() > kMostBytes) {
        ++left;
      } else {
        AppendColumn(text, table, column);
      }
    }
    if (left > 0) absl::StrAppend(&text, "\n", left, " more are in the full report.\n");
  }
}

void AppendFindings(std::string& text, const RunResult& result) {
  const std::vector<FindingGroup> groups = GroupFindings(result);
  if (groups.empty()) return;
  const std::vector<bool> chosen = Choose(groups, kMostFindings, 1);
  absl::StrAppend(&text, "\nFindings, ", std::count(chosen.begin(), chosen.end(), true), " of ", groups.size(),
                  ", one of each hazard first; a mail of one with its schedule:\n"
                  "  cfgtorture report RESULT --finding FINGERPRINT --format mail\n\n");
  for (size_t i = 0; i < groups.size(); ++i) {
    if (!chosen[i]) continue;
    const CellSpec& spec = groups[i].cells.front()->spec;
    const Finding& finding = *groups[i].finding;
    text += Paragraph(absl::StrCat(Name(finding.fingerprint), " ", Name(RowName(spec)), ", ", Name(spec.program), ": ",
                                   Name(finding.hazard), ": ", Shortened(Printable(HeadlineOf(finding)), 160)),
                      "  ");
  }
}

}  // namespace

std::string RenderSummary(const RunResult& result) {
  const Summary& summary = result.summary;
  std::string text = "cfgtorture: which lock, if any, must guard PCI config access?\n\n";
  text += Paragraph(Printable(Answer(result), 2000));
  text += '\n';
  text += Paragraph(absl::StrCat(Printable(summary.outcome, 40), " (exit status ", summary.exit_status, "). ",
                                 Printable(Trust(result), 1000),
                                 summary.exit_status == 0 ? "" : " " + Printable(summary.text, 600)));
  for (const ClaimResult& claim : result.claims) {
    absl::StrAppend(&text, "\n",
                    Paragraph(absl::StrCat(Name(claim.id), " (", Name(claim.who), "), ", Name(claim.outcome), ": ",
                                           Printable(claim.statement, 300), ": ", Printable(claim.because, 300)),
                              "  "));
  }
  if (!IsAboutClaims(result)) {
    for (const Advice& advice : MakeAdvice(result)) {
      absl::StrAppend(
          &text, "\n",
          Paragraph(absl::StrCat("* ", Printable(advice.use), ": ", Printable(advice.sentence, 1200)), "  "));
    }
    AppendStrategies(text, result);
  }
  AppendVerdicts(text, result);
  AppendFindings(text, result);
  const Environment& environment = result.environment;
  const std::string load = LoadText(environment);
  absl::StrAppend(
      &text, "\nHow to repeat it, and the rest\n\n  ", Printable(CommandLine(result.command), 2000), "\n",
      Paragraph(absl::StrCat("  seed ", result.seed, ", cfgtorture ", Printable(result.tool.version, 40), ", build ",
                             Printable(result.tool.build_id, 100), ", ", Printable(environment.cpu_model, 100), ", ",
                             environment.cpus, " CPUs, ", load.empty() ? "" : absl::StrCat("load ", load, ", "),
                             Printable(environment.started_utc, 40)),
                "  "),
      "\n",
      Paragraph("Schedules, contention, latencies and what was left out are in the full report: "
                "report.html and report.md, by cfgtorture report RESULT."));
  // What every mail reader shows.
  return PrintableText(
      Folded(absl::StrReplaceAll(text, {{"µs", "us"}, {"×", "x"}, {"–", "-"}, {"…", "..."}}), kSummaryColumns));
}

}  // namespace cfgtorture::reports
