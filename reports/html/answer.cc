// The answer before its evidence: what to use, what each strategy was convicted of and costs, who shows which hazard.
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "reports/html/escape.h"
#include "reports/html/sections.h"
#include "reports/html/table.h"
#include "reports/measured.h"
#include "reports/overview.h"

namespace cfgtorture::reports {
namespace {

std::string Names(const std::vector<std::string>& names) {
  return absl::StrJoin(names, ", ", [](std::string* out, const std::string& name) { *out += Name(name); });
}

void AppendAdvice(std::string& page, const std::vector<Advice>& all) {
  if (all.empty()) return;
  page += "<h3>What to use</h3>\n<dl class=\"advice\">";
  for (const Advice& advice : all) {
    absl::StrAppend(&page, "<dt>", Text(advice.use, 80), "<span>", Text(advice.of, 200), "</span></dt><dd>",
                    Text(advice.sentence, 1200));
    if (!advice.about.empty()) {
      absl::StrAppend(&page, "<p class=\"sub\">", Name(advice.strategy), ": ", Text(advice.about, 400), "</p>");
    }
    absl::StrAppend(&page, "<p class=\"sub\">", Text(advice.evidence, 1200), "</p></dd>\n");
  }
  page += "</dl>\n";
}

void AppendOverview(std::string& page, const Overview& overview, const std::vector<FindingGroup>& findings) {
  if (overview.rows.empty()) return;
  absl::StrAppend(&page, "<h3>Strategy by strategy</h3><p class=\"sub\">",
                  overview.explored()
                      ? "Convicted: by how many of the probes that can say something of it, explored by "
                        "the model"
                      : "No probe was explored: that none is convicted here says nothing");
  if (overview.measured()) {
    absl::StrAppend(
        &page, ". Measured on real threads of this machine, over the ",
        overview.settings == 1 ? "one setting" : absl::StrCat(overview.settings, " settings"),
        " (workload, bridge, threads) that the most strategies share: operations/s is a geometric mean, all "
        "else the worst of them, p99.9 that of ",
        Name(overview.operation));
  }
  page += ".</p>\n";
  if (!overview.all_guilty.empty()) {
    absl::StrAppend(&page, "<p>Whatever is chosen: ", Names(overview.all_guilty),
                    overview.all_guilty.size() == 1 ? " convicts" : " convict", " every strategy, and ",
                    overview.all_guilty.size() == 1 ? "is" : "are", " left out of the list below.</p>\n");
  }
  std::vector<HeadCell> head = {{"strategy"}, {"convicted", true}, {"of probes", true}, {"by"}};
  if (overview.measured()) {
    head.insert(head.end(),
                {{"measured operations/s", true}, {"p99.9", true}, {"longest IRQs-off", true}, {"fairness", true}});
  }
  std::map<std::string, std::string> first;  // strategy + probe -> anchor
  for (const FindingGroup& group : findings) {
    const CellSpec& spec = group.cells.front()->spec;
    if (spec.kind == "probe") first.emplace(absl::StrCat(RowName(spec), "\n", spec.program), group.anchor);
  }
  const std::set<std::string> guilty(overview.all_guilty.begin(), overview.all_guilty.end());
  BeginTable(page, "Strategies: convictions and cost", "plain overview sortable", head);
  for (const OverviewRow& row : overview.rows) {
    absl::StrAppend(&page, row.control ? "<tr class=\"control\">" : "<tr>", "<th scope=\"row\">", Name(row.strategy),
                    row.control ? " <small>control</small>" : "", "</th>",
                    row.probes == 0
                        ? NumberCell("–", kNone)  // nobody asked: no acquittal
                        : NumberCell(absl::StrCat(row.convicted.size()), static_cast<double>(row.convicted.size())),
                    NumberCell(absl::StrCat(row.probes), static_cast<double>(row.probes)), "<td>");
    std::vector<std::string> by;
    for (const std::string& probe : row.convicted) {
      if (!row.control && guilty.count(probe) != 0) continue;
      const auto anchor = first.find(absl::StrCat(row.strategy, "\n", probe));
      by.push_back(anchor == first.end() ? Name(probe)
                                         : absl::StrCat("<a href=\"#", anchor->second, "\">", Name(probe), "</a>"));
    }
    page += by.empty() ? "–" : absl::StrJoin(by, ", ");
    if (row.unknown > 0) absl::StrAppend(&page, "; ", row.unknown, " without a verdict");
    page += "</td>";
    if (overview.measured()) {
      const Cost& cost = row.cost;
      absl::StrAppend(&page, NumberCell(ShortCount(cost.operations_per_s), cost.operations_per_s),
                      NumberCell(Nanoseconds(cost.p999_ns), cost.p999_ns),
                      NumberCell(Nanoseconds(cost.irqs_off_max_ns), cost.irqs_off_max_ns),
                      NumberCell(Ratio(cost.fairness), cost.fairness));
    }
    page += "</tr>\n";
  }
  EndTable(page);
}

void AppendHazardRows(std::string& page, const std::vector<HazardRow>& rows) {
  if (rows.empty()) return;
  page += "<h3>Hazard by hazard</h3>\n";
  BeginTable(page, "Hazards: which strategies show them", "plain sortable",
             {{"hazard"}, {"found in", true}, {"clean in", true}, {"control"}, {"which"}, {"no verdict"}});
  for (const HazardRow& row : rows) {
    absl::StrAppend(&page, "<tr>", RowHead(row.hazard),
                    NumberCell(absl::StrCat(row.found.size()), static_cast<double>(row.found.size())),
                    NumberCell(absl::StrCat(row.clean.size()), static_cast<double>(row.clean.size())), "<td>",
                    row.control_found ? "found" : "–", "</td><td>");
    // The shorter of the two lists tells as much.
    if (row.found.empty()) {
      page += row.clean.empty() ? "–" : "clean in every one";
    } else if (row.clean.empty()) {
      page += "found in every one";
    } else if (row.found.size() <= row.clean.size()) {
      absl::StrAppend(&page, "found in ", Names(row.found));
    } else {
      absl::StrAppend(&page, "clean in ", Names(row.clean));
    }
    absl::StrAppend(&page, "</td><td>", Names(row.unknown), "</td></tr>\n");
  }
  EndTable(page);
}

}  // namespace

void AppendAnswer(std::string& page, const RunResult& result, const std::vector<FindingGroup>& findings) {
  const std::vector<Advice> advice = MakeAdvice(result);
  const Overview overview = MakeOverview(result);
  if (advice.empty() && overview.rows.empty()) return;
  page += "<section id=\"answer\" aria-labelledby=\"answer-h\"><h2 id=\"answer-h\">The answer</h2>\n";
  AppendAdvice(page, advice);
  AppendOverview(page, overview, findings);
  AppendHazardRows(page, MakeHazardRows(result));
  page += "</section>\n";
}

}  // namespace cfgtorture::reports
