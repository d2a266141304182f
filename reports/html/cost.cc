#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "reports/html/escape.h"
#include "reports/html/sections.h"

namespace cfgtorture::reports {
namespace {

constexpr double kBarWidth = 110;  // px, of both drawings
constexpr double kBarHeight = 12;

std::string Px(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.1f", std::isfinite(value) ? value : 0);
  return buffer;
}

std::string Svg(const std::string& label, const std::string& shapes) {
  return absl::StrCat("<svg class=\"bar\" width=\"", Px(kBarWidth), "\" height=\"", Px(kBarHeight),
                      "\" role=\"img\" aria-label=\"", Text(label, 200), "\">", shapes, "</svg>");
}

// A bar from zero, so that lengths compare.
std::string Bar(double value, double largest, const std::string& label) {
  if (std::isnan(value) || !(largest > 0)) return "";
  return Svg(label,
             absl::StrCat("<rect x=\"0\" y=\"2\" height=\"8\" width=\"", Px(kBarWidth * value / largest), "\"/>"));
}

// p50 (disc), p99 (tick), p99.9 (ring) on one logarithmic scale for the whole table.
struct LogScale {
  double low = std::numeric_limits<double>::infinity();
  double high = 0;
  void Include(double value) {
    if (!(value > 0)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  double At(double value) const {
    const double margin = 5;
    if (!(high > low)) return margin;
    return margin + (kBarWidth - 2 * margin) * std::log(value / low) / std::log(high / low);
  }
};

std::string Spread(const CostRow& row, const LogScale& scale) {
  if (!(row.p50_ns > 0) || !(row.p99_ns > 0) || !(row.p999_ns > 0)) return "";
  const std::string p50 = Px(scale.At(row.p50_ns)), p99 = Px(scale.At(row.p99_ns)), p999 = Px(scale.At(row.p999_ns));
  return Svg(absl::StrCat("p50 ", Nanoseconds(row.p50_ns), ", p99 ", Nanoseconds(row.p99_ns), ", p99.9 ",
                          Nanoseconds(row.p999_ns)),
             absl::StrCat("<path d=\"M", p50, " 6H", p999, "\"/><circle cx=\"", p50, "\" cy=\"6\" r=\"3\"/><path d=\"M",
                          p99, " 2v8\"/><circle class=\"ring\" cx=\"", p999, "\" cy=\"6\" r=\"3\"/>"));
}

std::string Percent(double share) { return absl::StrCat(Px(100 * share), " %"); }

std::string NumberCell(const std::string& text) { return absl::StrCat("<td class=\"n\">", text, "</td>"); }

void AppendOperations(std::string& page, const CostTable& table) {
  const bool any = std::any_of(table.rows.begin(), table.rows.end(),
                               [](const CostRow& row) { return !row.cell->operations.empty(); });
  if (!any) return;
  absl::StrAppend(
      &page, "<details><summary>Each operation of ", Name(table.workload),
      "</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Operations\">"
      "<table class=\"plain\"><thead><tr><th scope=\"col\">operation</th><th scope=\"col\">strategy</th>"
      "<th scope=\"col\">setting</th><th scope=\"col\" class=\"n\">count</th><th scope=\"col\" class=\"n\">p50</th>"
      "<th scope=\"col\" class=\"n\">p99</th><th scope=\"col\" class=\"n\">p99.9</th>"
      "<th scope=\"col\" class=\"n\">longest</th></tr></thead><tbody>\n");
  std::map<std::string, std::string> by_operation;  // strategies beside each other, an operation at a time
  for (const CostRow& row : table.rows) {
    for (const OperationMetric& metric : row.cell->operations) {
      absl::StrAppend(&by_operation[metric.operation], "<tr><td>", Name(metric.operation), "</td><td>",
                      Name(row.strategy), "</td><td>", Text(row.setting, 80), "</td>",
                      NumberCell(ExactCount(metric.count)), NumberCell(Nanoseconds(metric.p50_ns)),
                      NumberCell(Nanoseconds(metric.p99_ns)), NumberCell(Nanoseconds(metric.p999_ns)),
                      NumberCell(Nanoseconds(metric.max_ns)), "</tr>\n");
    }
  }
  for (const auto& [operation, rows] : by_operation) page += rows;
  page += "</tbody></table></div></details>\n";
}

}  // namespace

void AppendMeasured(std::string& page, const std::vector<CostTable>& tables, std::vector<Chart>& drawn) {
  for (const CostTable& table : tables) {
    double most = 0, longest = 0;
    LogScale scale;
    for (const CostRow& row : table.rows) {
      if (row.operations_per_s > most) most = row.operations_per_s;
      if (row.irqs_off_max_ns > longest) longest = row.irqs_off_max_ns;
      for (const double ns : {row.p50_ns, row.p99_ns, row.p999_ns}) scale.Include(ns);
    }
    absl::StrAppend(&page, "<h3>", Name(table.workload), "</h3>");
    absl::StrAppend(&page, "<p class=\"sub\">", Text(table.summary, 400), table.summary.empty() ? "" : ". ",
                    "Latencies are those of ", Name(table.operation), ". ", Text(table.conditions, 400), "</p>");
    absl::StrAppend(
        &page, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Cost of ", Text(table.workload, 80),
        "\"><table class=\"plain cost\"><thead><tr><th scope=\"col\">strategy</th><th scope=\"col\">setting</th>"
        "<th scope=\"col\" class=\"n\">operations/s</th><th scope=\"col\"><span class=\"off\">as a bar</span></th>"
        "<th scope=\"col\" class=\"n\">p50</th><th scope=\"col\" class=\"n\">p99</th>"
        "<th scope=\"col\" class=\"n\">p99.9</th><th scope=\"col\">● p50 | p99 ○ p99.9, log</th>"
        "<th scope=\"col\" class=\"n\">longest IRQs-off</th><th scope=\"col\"><span class=\"off\">as a bar</span></th>"
        "<th scope=\"col\" class=\"n\">fairness</th></tr></thead><tbody>\n");
    for (const CostRow& row : table.rows) {
      absl::StrAppend(&page, "<tr><th scope=\"row\">", Name(row.strategy), "</th><td>", Text(row.setting, 80), "</td>",
                      NumberCell(ShortCount(row.operations_per_s)), "<td>");
      absl::StrAppend(&page, Bar(row.operations_per_s, most, ShortCount(row.operations_per_s) + " operations/s"),
                      "</td>", NumberCell(Nanoseconds(row.p50_ns)), NumberCell(Nanoseconds(row.p99_ns)),
                      NumberCell(Nanoseconds(row.p999_ns)), "<td>", Spread(row, scale), "</td>",
                      NumberCell(Nanoseconds(row.irqs_off_max_ns)), "<td>");
      absl::StrAppend(&page, Bar(row.irqs_off_max_ns, longest, Nanoseconds(row.irqs_off_max_ns) + " with IRQs off"),
                      "</td>", NumberCell(Ratio(row.fairness)), "</tr>\n");
    }
    page += "</tbody></table></div>\n";
    std::vector<Chart> charts = MakeLatencyCharts(table);
    std::vector<Chart> throughput = MakeThroughputCharts(table);
    // One of each kind first.
    charts.insert(charts.begin() + (charts.empty() ? 0 : 1), throughput.begin(), throughput.end());
    AppendCharts(page, charts, drawn);
    AppendOperations(page, table);
  }
}

void AppendContention(std::string& page, const std::vector<LockTable>& tables, std::vector<Chart>& drawn) {
  if (tables.empty()) return;
  page +=
      "<h3>Contention</h3><p class=\"sub\">Real threads with an observer on every lock: it costs time of its own, so "
      "these figures stand apart from the cost above. Shares are of wall time by threads; where several wait at a "
      "time, "
      "they add up.</p>\n";
  for (const LockTable& table : tables) {
    absl::StrAppend(&page, "<h4>", Name(table.workload),
                    "</h4><div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                    "aria-label=\"Contention of ",
                    Text(table.workload, 80),
                    "\"><table class=\"plain\"><thead><tr><th scope=\"col\">strategy</th><th scope=\"col\">setting</th>"
                    "<th scope=\"col\">lock</th><th scope=\"col\" class=\"n\">acquisitions</th>"
                    "<th scope=\"col\" class=\"n\">contended</th><th scope=\"col\" class=\"n\">waited, total</th>"
                    "<th scope=\"col\" class=\"n\">share</th><th scope=\"col\" class=\"n\">longest wait</th>"
                    "<th scope=\"col\" class=\"n\">held, total</th><th scope=\"col\" class=\"n\">share</th>"
                    "<th scope=\"col\" class=\"n\">longest hold</th></tr></thead><tbody>\n");
    for (const LockRow& row : table.rows) {
      absl::StrAppend(&page, "<tr><th scope=\"row\">", Name(row.strategy), "</th><td>", Text(row.setting, 80),
                      "</td><td>", Name(row.lock->name), "</td>", NumberCell(ExactCount(row.lock->stat.acquisitions)),
                      NumberCell(ExactCount(row.lock->stat.contentions)));
      absl::StrAppend(&page, NumberCell(Nanoseconds(row.lock->stat.waittime_total_ns)), NumberCell(Percent(row.waited)),
                      NumberCell(Nanoseconds(row.lock->stat.waittime_max_ns)),
                      NumberCell(Nanoseconds(row.lock->stat.holdtime_total_ns)), NumberCell(Percent(row.held)),
                      NumberCell(Nanoseconds(row.lock->stat.holdtime_max_ns)), "</tr>\n");
    }
    page += "</tbody></table></div>\n";
    AppendCharts(page, {MakeContentionChart(table)}, drawn);
  }
}

void AppendExplored(std::string& page, const RunResult& result) {
  struct Sum {
    uint64_t cells = 0, executions = 0, distinct = 0, points = 0;
    double wall_s = 0;
  };
  std::vector<std::pair<std::string, Sum>> sums;
  for (const CellResult& cell : result.cells) {
    if (EvidenceOf(cell.spec) != Evidence::kExplored || cell.executions == 0) continue;
    const std::string& name = cell.spec.strategy.empty() ? cell.spec.program : cell.spec.strategy;
    auto it = std::find_if(sums.begin(), sums.end(), [&](const auto& known) { return known.first == name; });
    if (it == sums.end()) it = sums.insert(sums.end(), {name, {}});
    Sum& sum = it->second;
    ++sum.cells;
    sum.executions += cell.executions;
    sum.distinct += cell.distinct;
    sum.points += cell.points;
    sum.wall_s += cell.wall_s;
  }
  if (sums.empty()) return;
  page +=
      "<h3>Explored (modelled)</h3><p class=\"sub\">What the verdicts rest on: schedules tried by the model. These are "
      "counts of the explorer, not speeds of a strategy.</p>"
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Explored\"><table class=\"plain\"><thead><tr>"
      "<th scope=\"col\">strategy</th><th scope=\"col\" class=\"n\">cells</th><th scope=\"col\" "
      "class=\"n\">executions</th>"
      "<th scope=\"col\" class=\"n\">distinct</th><th scope=\"col\" class=\"n\">scheduling points</th>"
      "<th scope=\"col\" class=\"n\">points/execution</th><th scope=\"col\" class=\"n\">executions/s</th>"
      "</tr></thead><tbody>\n";
  for (const auto& [name, sum] : sums) {
    const double executions = static_cast<double>(sum.executions);
    absl::StrAppend(&page, "<tr><th scope=\"row\">", Name(name), "</th>", NumberCell(ExactCount(sum.cells)),
                    NumberCell(ExactCount(sum.executions)), NumberCell(ExactCount(sum.distinct)),
                    NumberCell(ExactCount(sum.points)));
    absl::StrAppend(&page, NumberCell(ShortCount(static_cast<double>(sum.points) / executions)),
                    NumberCell(sum.wall_s > 0 ? ShortCount(executions / sum.wall_s) : "–"), "</tr>\n");
  }
  page += "</tbody></table></div>\n";
}

}  // namespace cfgtorture::reports
