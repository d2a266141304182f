// reports/benchmark/benchmark.h: what was measured, as Google Benchmark writes it, for its compare.py and whatever else
// reads that.
//
// Of each measured cell its throughput, as the time of an operation, and the median of each kind of operation, with the
// other percentiles as counters. Measured only: what the model's clock says, and what runs under a checker, would stand
// in one column with it. CPU time is not measured: threads are pinned, and it is given as equal to real time.
// A cell is already the mean of its repetitions; two runs are compared within a machine and a day, or not at all.
//
// Source    github.com/google/benchmark 1.7.1: docs/tools.md, tools/gbench/report.py, src/json_reporter.cc.
#ifndef CFGTORTURE_REPORTS_BENCHMARK_BENCHMARK_H_
#define CFGTORTURE_REPORTS_BENCHMARK_BENCHMARK_H_

#include <string>

#include "harness/result/run_result.h"

namespace cfgtorture::reports {

std::string RenderBenchmark(const RunResult& result);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_BENCHMARK_BENCHMARK_H_
