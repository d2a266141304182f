// reports/charts.h: what the charts of a report draw. Pure, as content.h is: a RunResult in, numbers and labels out.
//
// Charts repeat what the tables say, where a picture says it faster; nothing stands in a chart alone but the shape of a
// latency distribution between its percentiles.
#ifndef CFGTORTURE_REPORTS_CHARTS_H_
#define CFGTORTURE_REPORTS_CHARTS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/result/run_result.h"
#include "reports/content.h"

namespace cfgtorture::reports {

enum class ChartKind : uint8_t {
  kLatency,     // lines: share of the calls (0 to 1) that took longer than x nanoseconds; both axes logarithmic
  kThroughput,  // bars: operations/s; a row a strategy, a series a number of threads
  kContention,  // bars: share of the threads' time; a row a lock of a strategy, series: waited for it, held it
};
const char* NameOf(ChartKind kind);

struct ChartSeries {
  std::string label;
  // kLatency: (ns, share), x ascending, y descending. Bars: (row, value).
  std::vector<std::pair<double, double>> points;
};

struct Chart {
  ChartKind kind = ChartKind::kLatency;
  std::string workload;
  std::string setting;    // "x86, 2 threads"
  std::string operation;  // kLatency: whose
  std::vector<std::string> rows;
  std::vector<ChartSeries> series;
};

// Of one workload. A chart for each setting, those of most strategies first. Where a strategy would stand alone (it
// refuses the others' bridges), it stands in the charts that differ from its own by their bridge, which is beside its
// name.
std::vector<Chart> MakeLatencyCharts(const CostTable& table);
// A chart an operation, all of the setting that most strategies have; the table's own operation first.
std::vector<Chart> MakeOperationCharts(const CostTable& table);
std::vector<Chart> MakeThroughputCharts(const CostTable& table);

// Locks by how much of the threads' time went to waiting for them, most first.
struct LockRow {
  std::string strategy;
  std::string setting;
  const LockResult* lock;
  double waited, held;  // shares of wall time x threads; several may wait at a time
};
struct LockTable {
  std::string workload;
  std::vector<LockRow> rows;
};
// Empty where no worker of the run watched locks.
std::vector<LockTable> MakeLockTables(const RunResult& result);
Chart MakeContentionChart(const LockTable& table);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_CHARTS_H_
