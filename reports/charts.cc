#include "reports/charts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "reports/contention.h"
#include "reports/measured.h"

namespace cfgtorture::reports {
namespace {

constexpr size_t kMostLockRows = 16;

// A row of the cost table as a chart sees it.
struct Entry {
  const CostRow* row;
  std::string setting;  // that of the chart it belongs to
  std::string others;   // the same without the bridge
};

struct Group {
  std::string setting, others;
  std::vector<Entry> entries;
};

std::string NameIn(const Entry& entry, const Group& group) {
  if (entry.setting == group.setting) return entry.row->strategy;
  return absl::StrCat(entry.row->strategy, " (", entry.row->cell->spec.bridge, ")");
}

bool Has(const Group& group, const std::string& strategy) {
  return std::any_of(group.entries.begin(), group.entries.end(),
                     [&](const Entry& entry) { return entry.row->strategy == strategy; });
}

size_t Strategies(const Group& group) {
  std::set<std::string> names;
  for (const Entry& entry : group.entries) names.insert(entry.row->strategy);
  return names.size();
}

// By setting; see MakeLatencyCharts() for who is where.
std::vector<Group> GroupsOf(const std::vector<Entry>& entries) {
  std::vector<Group> groups;
  for (const Entry& entry : entries) {
    auto it = std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return g.setting == entry.setting; });
    if (it == groups.end()) it = groups.insert(groups.end(), {entry.setting, entry.others, {}});
    it->entries.push_back(entry);
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const Group& a, const Group& b) { return Strategies(a) > Strategies(b); });
  const auto alone = std::find_if(groups.begin(), groups.end(), [](const Group& g) { return Strategies(g) < 2; });
  std::vector<Group> shown(groups.begin(), alone);
  for (auto guest = alone; guest != groups.end(); ++guest) {
    bool hosted = false;
    for (Group& host : shown) {
      if (host.others != guest->others || Strategies(host) < 2) continue;
      hosted = true;
      if (Has(host, guest->entries[0].row->strategy)) continue;
      host.entries.insert(host.entries.end(), guest->entries.begin(), guest->entries.end());
    }
    if (!hosted) shown.push_back(*guest);
  }
  return shown;
}

// How many took longer than the end of each bin is known exactly. The last such point is the slowest call: one in all.
std::vector<std::pair<double, double>> Exceeding(const OperationMetric& metric) {
  std::vector<std::pair<double, double>> points;
  uint64_t count = 0;
  for (const auto& [up_to_ns, in_bin] : metric.histogram) count += in_bin;
  if (count == 0) return points;
  const double all = static_cast<double>(count);
  uint64_t left = count;
  double last_ns = 0;
  for (const auto& [up_to_ns, in_bin] : metric.histogram) {
    left -= in_bin;
    if (!(up_to_ns > last_ns)) continue;  // a result from elsewhere may have anything in it
    if (points.empty()) points.emplace_back(up_to_ns / std::pow(2, 0.25), 1.0);  // the bin's beginning, about
    if (left > 0) points.emplace_back(up_to_ns, static_cast<double>(left) / all);
    last_ns = up_to_ns;
  }
  if (!points.empty() && metric.max_ns > points.back().first) points.emplace_back(metric.max_ns, 1 / all);
  return points;
}

std::string Threads(uint32_t threads) { return absl::StrCat(threads, threads == 1 ? " thread" : " threads"); }

std::string Without(const std::string& part, std::string setting) {
  const size_t at = setting.find(part);
  return at == std::string::npos ? setting : setting.erase(at, part.size());
}
std::string WithoutThreads(const CellSpec& spec) {
  return Without(absl::StrCat(", ", Threads(spec.threads)), SettingOf(spec));
}
std::string WithoutBridge(const CellSpec& spec) { return Without(absl::StrCat(spec.bridge, ", "), SettingOf(spec)); }

}  // namespace

const char* NameOf(ChartKind kind) {
  switch (kind) {
    case ChartKind::kLatency:
      return "latency";
    case ChartKind::kThroughput:
      return "throughput";
    case ChartKind::kContention:
      return "contention";
  }
  return "";
}

static std::vector<Chart> LatencyChartsOf(const CostTable& table, const std::string& operation) {
  std::vector<Entry> entries;
  for (const CostRow& row : table.rows) {
    const OperationMetric* metric = OperationOf(*row.cell, operation);
    if (metric != nullptr && !metric->histogram.empty())
      entries.push_back({&row, row.setting, WithoutBridge(row.cell->spec)});
  }
  std::vector<Chart> charts;
  for (const Group& group : GroupsOf(entries)) {
    Chart chart{ChartKind::kLatency, table.workload, group.setting, operation, {}, {}};
    for (const Entry& entry : group.entries) {
      chart.series.push_back({NameIn(entry, group), Exceeding(*OperationOf(*entry.row->cell, operation))});
    }
    charts.push_back(std::move(chart));
  }
  return charts;
}

std::vector<Chart> MakeLatencyCharts(const CostTable& table) { return LatencyChartsOf(table, table.operation); }

std::vector<Chart> MakeOperationCharts(const CostTable& table) {
  std::vector<Chart> charts = LatencyChartsOf(table, table.operation);
  if (charts.empty()) return charts;
  charts.resize(1);
  std::set<std::string> operations;
  for (const CostRow& row : table.rows) {
    for (const OperationMetric& metric : row.cell->operations) operations.insert(metric.operation);
  }
  operations.erase(table.operation);
  for (const std::string& operation : operations) {
    for (Chart& chart : LatencyChartsOf(table, operation)) {
      if (chart.setting == charts[0].setting) charts.push_back(std::move(chart));
    }
  }
  return charts;
}

std::vector<Chart> MakeThroughputCharts(const CostTable& table) {
  std::vector<Entry> entries;
  for (const CostRow& row : table.rows) {
    if (std::isfinite(row.operations_per_s))
      entries.push_back(
          {&row, WithoutThreads(row.cell->spec), Without(row.cell->spec.bridge, WithoutThreads(row.cell->spec))});
  }
  std::vector<Chart> charts;
  for (const Group& group : GroupsOf(entries)) {
    Chart chart{ChartKind::kThroughput, table.workload, group.setting, "", {}, {}};
    std::map<uint32_t, ChartSeries> by_threads;
    for (const Entry& entry : group.entries) {
      const std::string name = NameIn(entry, group);
      auto it = std::find(chart.rows.begin(), chart.rows.end(), name);
      if (it == chart.rows.end()) it = chart.rows.insert(it, name);
      ChartSeries& series = by_threads[entry.row->cell->spec.threads];
      series.label = Threads(entry.row->cell->spec.threads);
      series.points.emplace_back(static_cast<double>(it - chart.rows.begin()), entry.row->operations_per_s);
    }
    for (auto& [threads, series] : by_threads) chart.series.push_back(std::move(series));
    charts.push_back(std::move(chart));
  }
  return charts;
}

std::vector<LockTable> MakeLockTables(const RunResult& result) {
  std::vector<LockTable> tables;
  for (const CellResult& cell : result.cells) {
    const double time_ns = cell.wall_s * 1e9 * cell.spec.threads;
    // The model's clock does not measure (design 8): its locks are not beside those of real threads.
    if (cell.locks.empty() || !(time_ns > 0) || EvidenceOf(cell.spec) == Evidence::kExplored) continue;
    auto table = std::find_if(tables.begin(), tables.end(),
                              [&](const LockTable& known) { return known.workload == cell.spec.program; });
    if (table == tables.end()) table = tables.insert(tables.end(), {cell.spec.program, {}});
    const std::string setting = SettingOf(cell.spec);
    for (const LockResult& lock : cell.locks) {
      if (!lock.instance.empty()) continue;  // part of its class
      table->rows.push_back({RowName(cell.spec), setting, &lock, lock.stat.waittime_total_ns / time_ns,
                             lock.stat.holdtime_total_ns / time_ns});
    }
  }
  for (LockTable& table : tables) {
    std::stable_sort(table.rows.begin(), table.rows.end(),
                     [](const LockRow& a, const LockRow& b) { return a.waited > b.waited; });
  }
  return tables;
}

Chart MakeContentionChart(const LockTable& table) {
  Chart chart{ChartKind::kContention, table.workload, "", "", {}, {{"waited for", {}}, {"held", {}}}};
  // What most have stands in the caption, and beside a row only where it has another.
  std::map<std::string, size_t> settings;
  for (const LockRow& row : table.rows) {
    if (++settings[row.setting] > settings[chart.setting]) chart.setting = row.setting;
  }
  for (const LockRow& row : table.rows) {
    if (chart.rows.size() == kMostLockRows) break;
    const double at = static_cast<double>(chart.rows.size());
    std::string name = absl::StrCat(row.strategy, ": ", StatNameOf(*row.lock));
    if (row.setting != chart.setting) absl::StrAppend(&name, " (", row.setting, ")");
    chart.rows.push_back(std::move(name));
    chart.series[0].points.emplace_back(at, row.waited);
    chart.series[1].points.emplace_back(at, row.held);
  }
  return chart;
}

}  // namespace cfgtorture::reports
