// The charts. Figures are empty until charts.js, which draws from the JSON at the end of the page, unhides them:
// without JavaScript the page is its tables.
#include "reports/charts.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "reports/html/escape.h"
#include "reports/html/sections.h"

namespace cfgtorture::reports {
namespace {

constexpr size_t kOpen = 2;  // charts of a workload that are not folded away

std::string Caption(const Chart& chart) {
  switch (chart.kind) {
    case ChartKind::kLatency:
      return absl::StrCat("Latency of ", Name(chart.operation), " (", Text(chart.setting, 80),
                          "): share of the calls that took longer. Lower left is better.");
    case ChartKind::kThroughput:
      return absl::StrCat("Throughput (", Text(chart.setting, 80),
                          "): operations/s, all threads together, by threads.");
    case ChartKind::kContention:
      return absl::StrCat("Contention under ", Name(chart.workload), chart.setting.empty() ? "" : " (",
                          Text(chart.setting, 80), chart.setting.empty() ? "" : ")",
                          ": share of the threads' time that went to waiting for a lock, and to holding it.");
  }
  return "";
}

// Four digits: finer than any screen.
double Short(double value) {
  if (!std::isfinite(value) || value == 0) return value;
  const double unit = std::pow(10, std::floor(std::log10(std::fabs(value))) - 3);
  return unit >= 1 ? std::round(value / unit) * unit : std::round(value * std::round(1 / unit)) / std::round(1 / unit);
}

Json JsonOf(const Chart& chart) {
  Json rows = Json::array(), series = Json::array();
  for (const std::string& row : chart.rows) rows.push_back(Printable(row, 80));
  for (const ChartSeries& one : chart.series) {
    Json points = Json::array();
    for (const auto& [x, y] : one.points) points.push_back({Short(x), Short(y)});
    series.push_back({{"label", Printable(one.label, 80)}, {"points", std::move(points)}});
  }
  return {{"kind", NameOf(chart.kind)},
          {"operation", Printable(chart.operation, 80)},
          {"rows", std::move(rows)},
          {"series", std::move(series)}};
}

}  // namespace

void AppendCharts(std::string& page, const std::vector<Chart>& charts, std::vector<Chart>& drawn) {
  if (charts.empty()) return;
  page += "<div class=\"charts\">\n";
  for (size_t i = 0; i < charts.size(); ++i) {
    if (i == kOpen)
      page += "</div>\n<details class=\"more-charts\" hidden><summary>More of these</summary><div class=\"charts\">\n";
    absl::StrAppend(&page, "<figure class=\"chart\" data-chart=\"", drawn.size(), "\" hidden><figcaption>",
                    Caption(charts[i]), "</figcaption></figure>\n");
    drawn.push_back(charts[i]);
  }
  page += charts.size() > kOpen ? "</div></details>\n" : "</div>\n";
}

void AppendChoice(std::string& page, const std::vector<Chart>& charts, std::vector<Chart>& drawn) {
  if (charts.size() < 2) return;  // the one operation has been drawn
  absl::StrAppend(
      &page,
      "<details class=\"more-charts\" hidden><summary>Latency by operation</summary><div class=\"charts\">\n"
      "<figure class=\"chart\" data-chart=\"",
      drawn.size());
  for (size_t i = 1; i < charts.size(); ++i) absl::StrAppend(&page, " ", drawn.size() + i);
  absl::StrAppend(
      &page, "\" hidden><figcaption>Latency by operation and context (", Text(charts[0].setting, 80),
      "): share of the calls that took longer. Lower left is better.</figcaption></figure>\n</div></details>\n");
  drawn.insert(drawn.end(), charts.begin(), charts.end());
}

void AppendChartData(std::string& page, const std::vector<Chart>& drawn) {
  if (drawn.empty()) return;
  Json data = Json::array();
  for (const Chart& chart : drawn) data.push_back(JsonOf(chart));
  absl::StrAppend(&page, "<script type=\"application/json\" id=\"chart-data\">", ScriptData(data), "</script>\n");
}

}  // namespace cfgtorture::reports
