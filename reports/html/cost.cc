#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "reports/html/escape.h"
#include "reports/html/sections.h"
#include "reports/html/table.h"
#include "reports/measured.h"

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

void AppendOperations(std::string& page, const CostTable& table) {
  const bool any = std::any_of(table.rows.begin(), table.rows.end(),
                               [](const CostRow& row) { return !row.cell->operations.empty(); });
  if (!any) return;
  absl::StrAppend(&page, "<details><summary>Each operation of ", Name(table.workload), "</summary>");
  BeginTable(page, absl::StrCat("Latency of each operation of ", table.workload), "plain sortable filterable",
             {{"operation"},
              {"strategy"},
              {"setting"},
              {"count", true},
              {"p50", true},
              {"p99", true},
              {"p99.9", true},
              {"longest", true}});
  std::map<std::string, std::string> by_operation;  // strategies beside each other, an operation at a time
  for (const CostRow& row : table.rows) {
    for (const OperationMetric& metric : row.cell->operations) {
      const double p50 = Percentile(metric, 0.5), p99 = Percentile(metric, 0.99), p999 = Percentile(metric, 0.999);
      absl::StrAppend(&by_operation[metric.operation], "<tr><td>", Name(metric.operation), "</td>",
                      RowHead(row.strategy), TextCell(row.setting, 80),
                      NumberCell(ExactCount(metric.count), static_cast<double>(metric.count)),
                      NumberCell(Nanoseconds(p50), p50));
      absl::StrAppend(&by_operation[metric.operation], NumberCell(Nanoseconds(p99), p99),
                      NumberCell(Nanoseconds(p999), p999), NumberCell(Nanoseconds(metric.max_ns), metric.max_ns),
                      "</tr>\n");
    }
  }
  for (const auto& [operation, rows] : by_operation) page += rows;
  EndTable(page);
  page += "</details>\n";
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
                    "Latencies are those of ", Name(table.operation), ". ", Text(table.conditions, 400),
                    table.conditions.empty() ? "" : " ", kFewCallsText, "</p>");
    BeginTable(page, absl::StrCat("Cost of ", table.workload), "plain cost sortable filterable",
               {{"strategy"},
                {"setting"},
                {"operations/s", true},
                {"<span class=\"off\">as a bar</span>", false, false},
                {"calls", true},
                {"p50", true},
                {"p99", true},
                {"p99.9", true},
                {"● p50 | p99 ○ p99.9, log", false, false},
                {"longest IRQs-off", true},
                {"<span class=\"off\">as a bar</span>", false, false},
                {"fairness", true}});
    for (const CostRow& row : table.rows) {
      absl::StrAppend(&page, "<tr>", RowHead(row.strategy), TextCell(row.setting, 80),
                      NumberCell(RateText(row.operations_per_s), row.operations_per_s), "<td>",
                      Bar(row.operations_per_s, most, ShortCount(row.operations_per_s) + " operations/s"), "</td>");
      absl::StrAppend(&page, NumberCell(ExactCount(row.calls), static_cast<double>(row.calls)),
                      NumberCell(Nanoseconds(row.p50_ns), row.p50_ns), NumberCell(Nanoseconds(row.p99_ns), row.p99_ns),
                      NumberCell(Nanoseconds(row.p999_ns), row.p999_ns), "<td>", Spread(row, scale), "</td>");
      absl::StrAppend(&page, NumberCell(Nanoseconds(row.irqs_off_max_ns), row.irqs_off_max_ns), "<td>",
                      Bar(row.irqs_off_max_ns, longest, Nanoseconds(row.irqs_off_max_ns) + " with IRQs off"), "</td>",
                      NumberCell(Ratio(row.fairness), row.fairness), "</tr>\n");
    }
    EndTable(page);
    std::vector<Chart> charts = MakeLatencyCharts(table);
    std::vector<Chart> throughput = MakeThroughputCharts(table);
    // By threads: of one number of them the table above has said all.
    std::erase_if(throughput, [](const Chart& chart) { return chart.series.size() < 2; });
    // One of each kind first.
    charts.insert(charts.begin() + (charts.empty() ? 0 : 1), throughput.begin(), throughput.end());
    AppendCharts(page, charts, drawn);
    AppendChoice(page, MakeOperationCharts(table), drawn);
    AppendOperations(page, table);
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
      "counts of the explorer, not speeds of a strategy.</p>";
  BeginTable(page, "Schedules explored", "plain sortable",
             {{"strategy"},
              {"cells", true},
              {"executions", true},
              {"distinct", true},
              {"scheduling points", true},
              {"points/execution", true},
              {"executions/s", true}});
  for (const auto& [name, sum] : sums) {
    const double executions = static_cast<double>(sum.executions);
    const auto count = [](uint64_t value) { return NumberCell(ExactCount(value), static_cast<double>(value)); };
    const double points = static_cast<double>(sum.points) / executions, rate = executions / sum.wall_s;
    absl::StrAppend(&page, "<tr>", RowHead(name), count(sum.cells), count(sum.executions), count(sum.distinct),
                    count(sum.points), NumberCell(ShortCount(points), points),
                    NumberCell(sum.wall_s > 0 ? ShortCount(rate) : "–", rate), "</tr>\n");
  }
  EndTable(page);
}

}  // namespace cfgtorture::reports
