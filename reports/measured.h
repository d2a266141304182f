// reports/measured.h: which figures of real threads are worth showing. On a host that is busy a cell may end with a few
// calls, of which every percentile is the same one, or with no operation in the time that was measured.
#ifndef CFGTORTURE_REPORTS_MEASURED_H_
#define CFGTORTURE_REPORTS_MEASURED_H_

#include <limits>
#include <string>

#include "harness/result/run_result.h"

namespace cfgtorture::reports {

inline constexpr double kFewestCalls = 5;
inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();  // no figure

double MetricOf(const CellResult& cell, const char* name);  // kNone if it has none
const OperationMetric* OperationOf(const CellResult& cell, const std::string& name);

// Operations a second; NaN if it has none, or fewer than kFewestCalls ended while it was measured.
double MeasuredRate(const CellResult& cell);

// Real threads were to be timed, and came to no such rate though none is convicted of standing still: its other figures
// say as little.
bool TooFewOperations(const CellResult& cell);

// p50, p99 or p99.9 (`at` 0.5, 0.99, 0.999); NaN if fewer calls were made than lie beyond it once: 100 for p99.
double Percentile(const OperationMetric& metric, double at);

// "not measured" for NaN.
std::string RateText(double operations_per_s);

// Says the above to a reader.
inline constexpr const char* kFewCallsText =
    "A dash: too few calls to say, fewer than 5 for p50, 100 for p99, 1,000 for p99.9.";

// A line on the cells of real threads that came to no rate; empty if there are none. One that is convicted of standing
// still is told elsewhere.
std::string NotMeasured(const RunResult& result);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_MEASURED_H_
