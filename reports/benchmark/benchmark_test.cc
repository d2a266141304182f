// Goal: a file that Google Benchmark's tools read, with nothing in it that was not measured.
#include "reports/benchmark/benchmark.h"

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "reports/hostile_names.h"
#include "reports/sample_result.h"

namespace cfgtorture::reports {
namespace {

// What gbench/report.py asks of an entry: partition_benchmarks(), get_difference_report(), calculate_geomean().
void ExpectComparable(const Json& file) {
  std::set<std::string> names;
  for (const Json& entry : file["benchmarks"]) {
    EXPECT_TRUE(names.insert(entry["name"]).second) << "an entry of that name would count as its repetition: " << entry;
    EXPECT_EQ(entry["run_type"], "iteration");
    EXPECT_EQ(entry["time_unit"], "ns");
    EXPECT_EQ(entry["run_name"], entry["name"]);
    EXPECT_TRUE(entry["real_time"].is_number() && entry["cpu_time"].is_number()) << entry;
    EXPECT_TRUE(entry.contains("error_occurred") || entry["real_time"].get<double>() > 0) << entry;
  }
  EXPECT_EQ(file["context"]["json_schema_version"], 1);
  EXPECT_TRUE(file["context"]["num_cpus"].is_number_unsigned());
}

TEST(Benchmark, HoldsWhatWasMeasuredAndNothingElse) {
  const Json file = Json::parse(RenderBenchmark(SampleResult()));
  ExpectComparable(file);
  bool rate = false, latency = false;
  for (const Json& entry : file["benchmarks"]) {
    const std::string name = entry["name"];
    EXPECT_THAT(name, testing::StartsWith("native/")) << "neither modelled nor watched";
    if (name == "native/big-raw-lock/hot-plug/x86/preempt") {
      rate = true;
      EXPECT_NEAR(entry["real_time"].get<double>(), 1e9 / 0.71e6, 1e-6);
      EXPECT_NEAR(entry["items_per_second"].get<double>(), 0.71e6, 1e-6);
      EXPECT_EQ(entry["threads"], 2);
      EXPECT_EQ(entry["iterations"], 129'000);
    }
    if (name == "native/big-raw-lock/hot-plug/x86/preempt/read") {
      latency = true;
      EXPECT_NEAR(entry["real_time"].get<double>(), 210 * 4.5 / 0.71, 1e-6);
      EXPECT_TRUE(entry.contains("p99_ns") && entry.contains("p999_ns") && entry.contains("max_ns"));
    }
  }
  EXPECT_TRUE(rate && latency);
  EXPECT_THAT(file["context"]["not_shown"].get<std::string>(), testing::HasSubstr("not measured"));
}

TEST(Benchmark, ACellThatDiedIsAnError) {
  RunResult result;
  result.cells.resize(1);
  result.cells[0].spec.engine = "native";
  result.cells[0].spec.id = "native/x";
  result.cells[0].status = "timeout";
  result.cells[0].reason = "silent for 10 s";
  const Json file = Json::parse(RenderBenchmark(result));
  ExpectComparable(file);
  ASSERT_EQ(file["benchmarks"].size(), 1u);
  EXPECT_EQ(file["benchmarks"][0]["error_occurred"], true);
  EXPECT_EQ(file["benchmarks"][0]["error_message"], "timeout: silent for 10 s");
}

TEST(Benchmark, IsAFileWhateverTheNames) {
  ExpectComparable(Json::parse(RenderBenchmark(HostileResult())));
  ExpectComparable(Json::parse(RenderBenchmark(RunResult{})));
}

}  // namespace
}  // namespace cfgtorture::reports
