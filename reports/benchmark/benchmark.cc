#include "reports/benchmark/benchmark.h"

#include <cmath>
#include <cstdint>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "reports/content.h"
#include "reports/measured.h"

namespace cfgtorture::reports {
namespace {

constexpr size_t kMostName = 1000;

// Names are unique in a file: compare.py takes entries of one name for repetitions of one benchmark.
class Entries {
 public:
  void Add(std::string name, const CellResult& cell, size_t in_family, uint64_t iterations, double ns,
           const std::map<std::string, double>& counters) {
    if (!std::isfinite(ns) || ns <= 0) return;
    if (const size_t again = seen_[name]++; again > 0) absl::StrAppend(&name, "#", again + 1);
    Json entry = {{"name", name},
                  {"family_index", family_},
                  {"per_family_instance_index", in_family},
                  {"run_name", name},
                  {"run_type", "iteration"},
                  {"repetitions", 1},
                  {"repetition_index", 0},
                  {"threads", cell.spec.threads},
                  {"iterations", iterations},
                  {"real_time", ns},
                  {"cpu_time", ns},
                  {"time_unit", "ns"}};
    for (const auto& [counter, value] : counters) {
      if (std::isfinite(value) && !entry.contains(counter)) entry[counter] = value;
    }
    entries_.push_back(std::move(entry));
  }
  void Failed(const CellResult& cell, const std::string& why) {
    entries_.push_back({{"name", Printable(cell.spec.id, kMostName)},
                        {"family_index", family_},
                        {"per_family_instance_index", 0},
                        {"run_name", Printable(cell.spec.id, kMostName)},
                        {"run_type", "iteration"},
                        {"repetitions", 1},
                        {"repetition_index", 0},
                        {"threads", cell.spec.threads},
                        {"iterations", 0},  // as the library itself writes a benchmark that was skipped
                        {"real_time", 0.0},
                        {"cpu_time", 0.0},
                        {"time_unit", "ns"},
                        {"error_occurred", true},
                        {"error_message", Printable(why)}});
  }
  void EndFamily() { ++family_; }
  Json Take() { return std::move(entries_); }

 private:
  Json entries_ = Json::array();
  std::map<std::string, size_t> seen_;
  size_t family_ = 0;
};

void AddCell(const CellResult& cell, Entries& entries) {
  const std::string name = Printable(cell.spec.id, kMostName);
  if (cell.status != "done") {
    entries.Failed(cell, absl::StrCat(cell.status, ": ", cell.reason));
    entries.EndFamily();
    return;
  }
  size_t in_family = 0;
  uint64_t operations = 0;
  for (const OperationMetric& metric : cell.operations) operations += metric.count;
  if (const double rate = MeasuredRate(cell); !std::isnan(rate)) {
    std::map<std::string, double> counters = {{"items_per_second", rate}};
    for (const char* figure : {"operations_per_s_ci95", "irqs_off_max_ns", "fairness_jain", "interrupts_per_s"}) {
      if (const auto found = cell.metrics.find(figure); found != cell.metrics.end()) counters[figure] = found->second;
    }
    entries.Add(name, cell, in_family++, operations, 1e9 / rate, counters);
  } else if (cell.metrics.contains("operations_per_s")) {
    entries.Failed(
        cell, absl::StrCat("not measured: fewer than 5 operations ended while it was; ", operations, " calls in all"));
    ++in_family;
  }
  for (const OperationMetric& metric : cell.operations) {
    entries.Add(
        absl::StrCat(name, "/", Printable(metric.operation, 100)), cell, in_family++, metric.count,
        Percentile(metric, 0.5),
        {{"p99_ns", Percentile(metric, 0.99)}, {"p999_ns", Percentile(metric, 0.999)}, {"max_ns", metric.max_ns}});
  }
  entries.EndFamily();
}

}  // namespace

std::string RenderBenchmark(const RunResult& result) {
  Entries entries;
  size_t others = 0;
  for (const CellResult& cell : result.cells) {
    if (EvidenceOf(cell.spec) == Evidence::kMeasured) {
      AddCell(cell, entries);
    } else {
      ++others;
    }
  }
  const Environment& environment = result.environment;
  const bool optimised = environment.build_type == "Release" || environment.build_type == "RelWithDebInfo";
  Json load = Json::array();  // of the last minute, as it began
  if (environment.load_before >= 0) load.push_back(environment.load_before);
  Json context = {{"date", Printable(environment.started_utc)},
                  {"host_name", ""},
                  {"executable", "cfgtorture"},
                  {"num_cpus", environment.cpus},
                  {"caches", Json::array()},
                  {"load_avg", std::move(load)},
                  {"library_version", Printable(result.tool.version)},
                  {"library_build_type", optimised ? "release" : "debug"},
                  {"json_schema_version", 1},
                  {"cfgtorture_build_id", Printable(result.tool.build_id)},
                  {"cfgtorture_command", Printable(CommandLine(result.command))},
                  {"cpu_model", Printable(environment.cpu_model)},
                  {"kernel", Printable(environment.kernel)},
                  {"compiler", Printable(environment.compiler)},
                  {"not_shown", absl::StrCat(others,
                                             " cells that were explored or ran under a checker: not measured. "
                                             "Operations of fewer than 5 calls, p99 of fewer than 100, p99.9 "
                                             "of fewer than 1,000.")},
                  {"unknown", "mhz_per_cpu, cpu_scaling_enabled, aslr_enabled and host_name; cpu_time is real_time"}};
  const Json file = {{"context", std::move(context)}, {"benchmarks", entries.Take()}};
  return file.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cfgtorture::reports
