// Goal: what a code host's scanning tab needs: the published schema holds, the place is the strategy's, the same cause
// is the same alert in the next run, and nothing is cut without a word.
#include "reports/sarif/sarif.h"

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "harness/result/hazard.h"
#include "nlohmann/json.hpp"
#include "reports/hostile_names.h"
#include "reports/sample_result.h"
#include "reports/sarif/place.h"
#include "valijson/adapters/nlohmann_json_adapter.hpp"
#include "valijson/schema.hpp"
#include "valijson/schema_parser.hpp"
#include "valijson/validation_results.hpp"
#include "valijson/validator.hpp"

namespace cfgtorture::reports {
namespace {

// "" if `text` agrees with testdata/'s schema.
std::string Violations(const std::string& text) {
  static const valijson::Schema* const kSchema = [] {
    std::ifstream file(CFGT_SARIF_SCHEMA);
    const nlohmann::json json = nlohmann::json::parse(file);
    auto* schema = new valijson::Schema;
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft4);
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(json), *schema);
    return schema;
  }();
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return "not JSON";
  valijson::ValidationResults results;
  valijson::Validator validator;
  if (validator.validate(*kSchema, valijson::adapters::NlohmannJsonAdapter(json), &results)) return "";
  std::string violations;
  for (valijson::ValidationResults::Error error; results.popError(error);) {
    for (const std::string& part : error.context) violations += part;
    violations += ": " + error.description + "\n";
  }
  return violations.empty() ? "refused" : violations;
}

Json RunOf(const RunResult& result, const SarifLimits& limits = {}) {
  const std::string text = RenderSarif(result, limits);
  EXPECT_EQ(Violations(text), "");
  return Json::parse(text)["runs"][0];
}

RunResult One(const std::string& strategy, const std::vector<Frame>& first, const std::vector<Frame>& second) {
  RunResult result;
  CellResult cell;
  cell.spec.id = "model/x";
  cell.spec.strategy = strategy;
  cell.spec.program = "some-probe";
  cell.spec.kind = "probe";
  cell.status = "done";
  Finding finding;
  finding.id = "f1";
  finding.hazard = "data-race";
  finding.fingerprint = Fingerprint({strategy});
  finding.title = "t";
  finding.accesses.resize(2);
  finding.accesses[0].stack = first;
  finding.accesses[1].stack = second;
  cell.findings = {finding};
  result.cells = {cell};
  return result;
}

Json PlaceOf(const Json& run) { return run["results"][0]["locations"][0]["physicalLocation"]; }

TEST(Sarif, AgreesWithThePublishedSchema) {
  EXPECT_EQ(Violations(RenderSarif(SampleResult())), "");
  EXPECT_EQ(Violations(RenderSarif(RunResult{})), "");
  EXPECT_EQ(Violations(RenderSarif(HostileResult())), "");
}

TEST(Sarif, TheSchemaRefusesWhatItShould) {
  const Json good = Json::parse(RenderSarif(SampleResult()));
  Json bad = good;
  bad["version"] = "2.0.0";
  EXPECT_NE(Violations(bad.dump()), "");
  bad = good;
  bad["runs"][0]["results"][0].erase("message");
  EXPECT_NE(Violations(bad.dump()), "");
  bad = good;
  bad["runs"][0]["results"][0]["level"] = "fatal";
  EXPECT_NE(Violations(bad.dump()), "");
  bad = good;
  bad["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"][0]["executionOrder"] = "first";
  EXPECT_NE(Violations(bad.dump()), "");
  bad = good;
  bad["runs"][0]["surprise"] = 1;
  EXPECT_NE(Violations(bad.dump()), "");
}

TEST(Sarif, HasARuleAHazardWithItsPageAsHelp) {
  const Json run = RunOf(SampleResult());
  const Json& rules = run["tool"]["driver"]["rules"];
  ASSERT_EQ(rules.size(), kHazards.size());
  for (size_t i = 0; i < kHazards.size(); ++i) {
    EXPECT_EQ(rules[i]["id"], kHazards[i].name);
    const std::string help = rules[i]["help"]["markdown"], plain = rules[i]["help"]["text"];
    EXPECT_THAT(help, testing::StartsWith("# " + std::string(kHazards[i].name) + "\n"));
    EXPECT_THAT(plain, testing::StartsWith(std::string(kHazards[i].name) + "\n"));
    EXPECT_THAT(plain, testing::Not(testing::HasSubstr("`")));
    EXPECT_THAT(help, testing::Not(testing::HasSubstr("]("))) << "a link to a page that lies beside nothing here";
    EXPECT_THAT(plain, testing::Not(testing::ContainsRegex("[{][0-9]"))) << "a placeholder";
  }
  for (const Json& result : run["results"]) {
    EXPECT_EQ(rules[result["ruleIndex"].get<size_t>()]["id"], result["ruleId"]);
  }
}

TEST(Sarif, PointsAtTheStrategysOwnFileFirst) {
  const Frame kernel{"m", 1, "spin", "harness/kernel/spinlock.h", 3}, shared{"m", 1, "g", "locks/under_semaphore.h", 9};
  const Frame own{"m", 1, "f", "locks/my_lock_v2_1.cc", 41}, program{"m", 1, "p", "workloads/probes/some_probe.cc", 5};
  const Frame plugin{"m", 1, "h", "mine/lock.cc", 8}, elsewhere{"m", 1, "h", "/home/x y/lock.cc", 8};
  const Frame library{"m", 1, "std::swap", "/usr/include/c++/12/bits/move.h", 8};
  const auto place = [&](const std::vector<Frame>& a, const std::vector<Frame>& b) {
    return PlaceOf(RunOf(One("my-lock-v2.1", a, b)));
  };
  EXPECT_EQ(place({kernel, shared, program}, {kernel, own, program})["artifactLocation"]["uri"], own.file);
  EXPECT_EQ(place({kernel, shared, program}, {kernel, own, program})["region"]["startLine"], 41);
  EXPECT_EQ(place({kernel, program}, {kernel, shared})["artifactLocation"]["uri"], shared.file);
  EXPECT_EQ(place({kernel, program}, {kernel, plugin})["artifactLocation"]["uri"], plugin.file);
  EXPECT_EQ(place({kernel}, {kernel, program})["artifactLocation"]["uri"], program.file);
  EXPECT_EQ(place({library, kernel}, {})["artifactLocation"]["uri"], kernel.file);
  EXPECT_EQ(place({kernel}, {kernel})["artifactLocation"]["uriBaseId"], "%SRCROOT%");
  const Json outside = place({library, elsewhere}, {});
  EXPECT_EQ(outside["artifactLocation"]["uri"], "file:///home/x%20y/lock.cc");
  EXPECT_FALSE(outside["artifactLocation"].contains("uriBaseId"));
}

TEST(Sarif, ADeadlockWithoutStacksIsShownInTheStrategysFile) {
  RunResult result = One("my-lock", {{"m", 1, "f", "locks/my_lock.cc", 41}}, {});
  Finding deadlock;
  deadlock.hazard = "deadlock";
  deadlock.fingerprint = "ab";
  deadlock.title = "deadlock: nobody can run";
  result.cells[0].findings.push_back(deadlock);
  const Json run = RunOf(result);
  ASSERT_EQ(run["results"].size(), 2u);
  const Json& place = run["results"][1]["locations"][0]["physicalLocation"];
  EXPECT_EQ(place["artifactLocation"]["uri"], "locks/my_lock.cc");
  EXPECT_EQ(place["region"]["startLine"], 1);
  EXPECT_THAT(run["results"][1]["message"]["text"].get<std::string>(),
              testing::HasSubstr("the line in it is not known"));

  result.cells[0].findings.erase(result.cells[0].findings.begin());
  const Json alone = RunOf(result)["results"][0];
  EXPECT_EQ(alone["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "reports/hazards/deadlock.md");
  EXPECT_THAT(alone["message"]["text"].get<std::string>(), testing::HasSubstr("No source line is known"));
}

TEST(Sarif, WhatNoFrameOfTheStrategyShowsIsWhereItIsCalledFromElseInItsFile) {
  const Frame inherited{"m", 1, "read", "harness/sdk/strategy.cc", 82};
  const Frame program{"m", 1, "p", "workloads/probes/some_probe.cc", 5};
  RunResult result = One("waitqueue-v5.9", {inherited, program}, {});
  EXPECT_EQ(PlaceOf(RunOf(result))["artifactLocation"]["uri"], program.file) << "a plug-in's: nobody knows";
  CellSpec& spec = result.cells[0].spec;
  spec.plugin = "/b/libcfgt_code_instrumented.so";
  Json run = RunOf(result);
  EXPECT_EQ(PlaceOf(run)["artifactLocation"]["uri"], program.file);
  EXPECT_EQ(PlaceOf(run)["region"]["startLine"], 5) << "and not the first line of a file in which nothing was seen";
  EXPECT_THAT(
      run["results"][0]["message"]["text"].get<std::string>(),
      testing::HasSubstr("Shown where locks/waitqueue_v5_9.cc, in which nothing of it was seen, is called from."));
  EXPECT_EQ(run["results"][0]["relatedLocations"][0]["physicalLocation"]["region"]["startLine"], 82);
  RunResult word = One("percpu-rwsem", {{"m", 1, "down", "harness/kernel/percpu_rwsem.h", 7}}, {});
  word.cells[0].spec.plugin = spec.plugin;
  EXPECT_EQ(PlaceOf(RunOf(word))["artifactLocation"]["uri"], "locks/percpu_rwsem.cc") << "not the word of that name";
  EXPECT_THAT(
      RunOf(word)["results"][0]["message"]["text"].get<std::string>(),
      testing::HasSubstr("the line in it is not known; the nearest that was seen is harness/kernel/percpu_rwsem.h:7."));
  // A frame of the strategy, wherever it is: here of a lock that another holds.
  LockReport held;
  held.held.resize(1);
  held.held[0].taken.stack = {{"m", 1, "f", "locks/waitqueue_v5_9.cc", 33}};
  RunResult locks = result;
  locks.cells[0].findings[0].lock_report = {held};
  EXPECT_EQ(PlaceOf(RunOf(locks))["region"]["startLine"], 33);

  std::vector<Step>& schedule = result.cells[0].findings[0].schedule;
  schedule.resize(3);
  for (size_t i = 0; i < 3; ++i) {
    schedule[i] = {.number = 1,
                   .task = "t",
                   .text = "x",
                   .clash = i == 2,
                   .file = i > 0 ? "locks/waitqueue_v5_9.cc" : "",
                   .line = 10 * static_cast<int>(i)};
  }
  run = RunOf(result);
  EXPECT_EQ(PlaceOf(run)["artifactLocation"]["uri"], "locks/waitqueue_v5_9.cc");
  EXPECT_EQ(PlaceOf(run)["region"]["startLine"], 20) << "where it clashes";

  schedule.clear();
  result.cells[0].findings[0].accesses.clear();
  for (const auto& [kind, file] : {std::pair{"scenario", "workloads/scenarios/some_probe.cc"},
                                   std::pair{"probe", "workloads/probes/some_probe.cc"}}) {
    spec.strategy.clear();
    spec.kind = kind;
    EXPECT_EQ(PlaceOf(RunOf(result))["artifactLocation"]["uri"], file);
  }
}

TEST(Sarif, FingerprintsSurviveMovedLinesSeedsAndWhoCameFirst) {
  const Frame f{"m", 1, "f", "locks/a.cc", 41}, g{"m", 1, "g", "locks/a.cc", 50}, h{"m", 1, "h", "locks/a.cc", 50};
  const auto hash = [](const RunResult& result) { return RunOf(result)["results"][0]["partialFingerprints"].dump(); };
  const RunResult before = One("a", {f}, {g});
  RunResult after = One("a", {g}, {f});
  after.seed = 7;
  after.cells[0].findings[0].title = "t, at step 9";
  after.cells[0].findings[0].fingerprint = "0123456789abcdef";
  for (Access& access : after.cells[0].findings[0].accesses) access.stack[0].line += 100, access.stack[0].offset += 64;
  EXPECT_EQ(hash(before), hash(after));
  EXPECT_NE(hash(before), hash(One("a", {f}, {h})));
  EXPECT_NE(hash(before), hash(One("b", {f}, {g})));
  after.cells[0].findings[0].hazard = "lost-update";
  EXPECT_NE(hash(before), hash(after));
  EXPECT_TRUE(RunOf(before)["results"][0]["partialFingerprints"].contains("primaryLocationLineHash"));
}

TEST(Sarif, WhatRealThreadsFoundWithoutASiteIsOneAlertAProgram) {
  RunResult result = One("a", {}, {});
  Finding other = result.cells[0].findings[0];
  other.fingerprint = "other";
  other.title = "through another register";
  other.count = 4;
  result.cells[0].findings.push_back(other);
  const Json run = RunOf(result);
  ASSERT_EQ(run["results"].size(), 1u);
  EXPECT_EQ(run["results"][0]["occurrenceCount"], 5);
}

TEST(Sarif, DrawsAThreadFlowACpuWithOneOrderOverAll) {
  const Json run = RunOf(SampleResult());
  const Json& flows = run["results"][0]["codeFlows"][0]["threadFlows"];
  ASSERT_EQ(flows.size(), 2u);
  EXPECT_EQ(flows[0]["id"], "CPU0");
  EXPECT_EQ(flows[1]["id"], "CPU1");
  std::set<int> orders;
  size_t essential = 0, placed = 0;
  for (const Json& flow : flows) {
    int last = 0;
    for (const Json& step : flow["locations"]) {
      EXPECT_GT(step["executionOrder"].get<int>(), last);
      last = step["executionOrder"];
      orders.insert(last);
      essential += step["importance"] == "essential";
      const Json& place = step["location"]["physicalLocation"];
      ASSERT_TRUE(place["artifactLocation"].contains("uri")) << "a code host refuses the whole file: " << step;
      placed += place["region"]["startLine"] != 1;
      if (last == 1) {
        EXPECT_EQ(place["artifactLocation"]["uri"], "locks/early_wake.cc") << "its own line, not the finding's";
        EXPECT_EQ(place["region"]["startLine"], 38);
      }
      if (last == 4) {
        EXPECT_EQ(place["region"]["startLine"], 73) << "in no line of the code: that of the step before";
      }
    }
  }
  EXPECT_EQ(*orders.begin(), 1);
  EXPECT_EQ(*orders.rbegin(), static_cast<int>(orders.size())) << "a step of each number";
  EXPECT_EQ(essential, 2u);
  EXPECT_EQ(placed, orders.size());
}

TEST(Sarif, WhatIsExpectedIsANoteAndSuppressedAndTheRestAnError) {
  RunResult result = One("a", {{"m", 1, "f", "locks/a.cc", 41}}, {});
  EXPECT_EQ(RunOf(result)["results"][0]["level"], "error");
  result.cells[0].hazards["data-race"] = {.verdict = "found", .expected = "found", .agreement = "agrees"};
  EXPECT_EQ(RunOf(result)["results"][0]["level"], "note");
  EXPECT_EQ(RunOf(result)["results"][0]["suppressions"].size(), 1u);
  result.cells[0].hazards["data-race"] = {.verdict = "found", .expected = "clean", .agreement = "disagrees"};
  EXPECT_EQ(RunOf(result)["results"][0]["level"], "error");
  EXPECT_FALSE(RunOf(result)["results"][0].contains("suppressions"));
  result.cells[0].hazards["data-race"] = {.verdict = "found", .expected = "as-before"};
  EXPECT_THAT(RunOf(result)["results"][0]["suppressions"].dump(), testing::HasSubstr("baseline"));
  GateRow row;
  row.part = "verdicts";
  row.cell = result.cells[0].spec.id;
  row.what = "data-race";
  row.outcome = "regressed";
  result.gate = {row};
  EXPECT_EQ(RunOf(result)["results"][0]["level"], "error") << "what a gate calls regressed is an alarm";
}

TEST(Sarif, CutsAtTheLimitsAndSaysSo) {
  const auto notes = [](const Json& run) { return run["invocations"][0]["toolExecutionNotifications"].dump(); };
  const RunResult sample = SampleResult();
  const size_t all = RunOf(sample)["results"].size();
  ASSERT_GT(all, 4u);
  EXPECT_THAT(notes(RunOf(sample)), testing::Not(testing::HasSubstr("left out")));

  const Json few = RunOf(sample, {.results = 3});
  EXPECT_EQ(few["results"].size(), 3u);
  EXPECT_THAT(notes(few), testing::HasSubstr(std::to_string(all - 3) + " of " + std::to_string(all) + " findings"));

  const Json steps = RunOf(sample, {.thread_flow_locations = 5});
  for (const Json& result : steps["results"]) {
    size_t count = 0;
    for (const Json& flow : result["codeFlows"][0]["threadFlows"]) count += flow["locations"].size();
    EXPECT_LE(count, 5u);
  }
  EXPECT_THAT(notes(steps), testing::HasSubstr("steps and places"));

  RunResult places = One("a", {}, {});
  places.cells[0].findings[0].accesses.resize(1500);
  for (Access& access : places.cells[0].findings[0].accesses) access.stack = {{"m", 1, "f", "locks/a.cc", 41}};
  const Json related = RunOf(places);
  EXPECT_EQ(related["results"][0]["relatedLocations"].size(), 999u);
  EXPECT_THAT(notes(related), testing::HasSubstr("501 steps and places"));

  // Without room for all the schedules go first, then findings, and each time it is said.
  bool without_schedules = false, without_findings = false;
  for (size_t bytes = 30'000; bytes > 5'000 && !without_findings; bytes -= 1'000) {
    const Json run = Json::parse(RenderSarif(sample, {.gzip_bytes = bytes}))["runs"][0];
    const bool whole = run["results"].size() == all;
    const bool said = notes(run).find("the schedules of") != std::string::npos;
    without_schedules |= whole && said;
    without_findings = !whole;
    EXPECT_EQ(whole, notes(run).find("takes 5000 of a run") == std::string::npos) << bytes;
  }
  EXPECT_TRUE(without_schedules && without_findings);
}

TEST(Sarif, HostileNamesStayText) {
  RunResult result = One("a", {{"m", 1, "f", "locks/a.cc", 41}}, {});
  result.cells[0].findings[0].title = "[x](1) {0} <script>\x01\xff";
  result.cells[0].findings[0].detail = std::string(10'000, 'y');
  const Json run = RunOf(result);
  const std::string text = run["results"][0]["message"]["text"];
  EXPECT_THAT(text, testing::StartsWith("\\[x\\](1) {{0}} <script>\\\\x01"));
  EXPECT_LT(text.size(), 5000u);
}

TEST(Sarif, TellsOfCellsThatAreNotDone) {
  RunResult result = One("a", {}, {});
  result.cells[0].status = "crashed";
  result.cells[0].reason = "signal 11";
  const Json note = RunOf(result)["invocations"][0]["toolExecutionNotifications"][0];
  EXPECT_EQ(note["level"], "error");
  EXPECT_EQ(note["message"]["text"], "cell model/x crashed: signal 11");
  result.cells[0].status = "timeout";
  EXPECT_EQ(RunOf(result)["invocations"][0]["toolExecutionNotifications"][0]["level"], "warning");
  result.cells[0].hazards["crash"].verdict = "found";
  EXPECT_EQ(RunOf(result)["invocations"][0]["toolExecutionNotifications"][0]["level"], "error") << "it hangs";
  result.summary.outcome = "failed";
  EXPECT_EQ(RunOf(result)["invocations"][0]["executionSuccessful"], false);
}

}  // namespace
}  // namespace cfgtorture::reports
