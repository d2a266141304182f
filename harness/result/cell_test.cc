// Goal: what a worker writes is what the front end reads, and odd input is an error and never a crash.
#include "harness/result/cell.h"

#include "gtest/gtest.h"
#include "harness/result/catalogue.h"
#include "nlohmann/json.hpp"

namespace cfgtorture {
namespace {

CellResult SampleCell() {
  CellResult cell;
  cell.spec.id = "model/s/p/x86/preempt";
  cell.spec.strategy = "s";
  cell.spec.program = "p";
  cell.spec.kind = "probe";
  cell.spec.seed = 0xffffffffffffffff;  // must survive as an integer
  cell.spec.time_s = 0.25;
  cell.status = "done";
  cell.executions = 812;
  cell.hazards["dead-entry"] = {.hits = 3, .opportunities = 812, .verdict = "found", .fewest_preemptions = 1};
  cell.metrics["operations_per_s"] = 1e6;
  cell.operations.push_back({.operation = "read", .count = 5, .p50_ns = 20, .histogram = {{20, 3}, {40.5, 2}}});
  LockResult lock = {.name = "pci_lock", .side = "W", .type = "rwsem:W", .longest_run = 3};
  lock.stat.waittime_total_ns = 12.5;
  lock.sites.push_back({.stack = {{"m.so", 64, "f", "x.cc", 3}}, .made_wait = 4});
  lock.sites[0].stat.contentions = 9;
  cell.locks.push_back(lock);
  Finding finding;
  finding.id = "f1";
  finding.hazard = "dead-entry";
  finding.fingerprint = Fingerprint({"dead-entry"});
  finding.title = "dead wait entry";
  finding.accesses.push_back({.what = "read of 8 bytes",
                              .cpu = 1,
                              .context = "task",
                              .locks_held = {"pci_lock"},
                              .stack = {{"m.so", 64, "", "", 0}}});
  finding.schedule.push_back({.number = 4, .cpu = 1, .context = "hardirq", .task = "t", .text = "x", .clash = true});
  finding.schedule.push_back(finding.schedule[0]);
  finding.schedule[1].function = "f";
  finding.schedule[1].file = "x.cc";
  finding.schedule[1].line = 3;
  finding.schedule[1].source = "lock();";
  finding.schedule[1].stack = {{"m.so", 64, "", "", 0}};
  finding.schedule.push_back(finding.schedule[1]);
  cell.findings.push_back(finding);
  return cell;
}

TEST(Cell, ReadsBackWhatItWrote) {
  const Json json = SampleCell();
  EXPECT_EQ(Json(json.get<CellResult>()).dump(), json.dump());
  EXPECT_EQ(json.get<CellResult>().spec.seed, 0xffffffffffffffff);
  EXPECT_EQ(json.get<CellResult>().locks.at(0).sites.at(0).stat.contentions, 9u);
  EXPECT_EQ(json["locks"][0]["waittime_total_ns"], 12.5);
  EXPECT_TRUE(json.get<CellResult>().findings.at(0).schedule.at(0).clash);
  EXPECT_FALSE(json["findings"][0]["schedule"][0].contains("file")) << "what is not known takes no room";
  EXPECT_EQ(json["findings"][0]["places"].size(), 1u) << "each once";
  EXPECT_EQ(json["findings"][0]["schedule"][1]["place"], 0);
  EXPECT_EQ(json["findings"][0]["schedule"][2]["place"], 0);
  EXPECT_EQ(json.get<CellResult>().findings.at(0).schedule.at(2).source, "lock();");
  EXPECT_EQ(json.get<CellResult>().findings.at(0).schedule.at(1).stack.at(0).offset, 64u);
}

TEST(Cell, SpecReadsBackWhatItWrote) {
  const Json json = SampleCell().spec;
  EXPECT_EQ(Json(json.get<CellSpec>()).dump(), json.dump());
  EXPECT_EQ(json.at("time_s"), 0.25);
}

TEST(Cell, MissingMembersKeepTheirDefaults) {
  const CellSpec spec = Json::parse(R"({"strategy":"s"})").get<CellSpec>();
  EXPECT_EQ(spec.strategy, "s");
  EXPECT_EQ(spec.bridge, "x86");
  EXPECT_EQ(spec.threads, 2u);
}

TEST(Cell, WritesNoInfinity) {
  CellResult cell = SampleCell();
  cell.metrics["bad"] = 1.0 / 0.0;
  cell.wall_s = 0.0 / 0.0;
  const Json json = cell;
  EXPECT_FALSE(json.at("metrics").contains("bad"));
  EXPECT_EQ(json.at("wall_s"), 0);
}

TEST(Cell, WrongTypesAreAnException) {
  EXPECT_THROW(Json::parse(R"({"threads":"two"})").get<CellSpec>(), Json::exception);
  EXPECT_THROW(Json::parse(R"([])").get<CellResult>(), Json::exception);
}

TEST(Fingerprint, IsTheSameEverywhereAndSeparatesItsParts) {
  EXPECT_EQ(Fingerprint({}), "cbf29ce484222325");  // the offset basis of FNV-1a
  EXPECT_EQ(Fingerprint({"ab", "c"}), Fingerprint({"ab", "c"}));
  EXPECT_NE(Fingerprint({"ab", "c"}), Fingerprint({"a", "bc"}));
}

TEST(Catalogue, TakesListsAndCommaSeparatedWords) {
  const Catalogue catalogue =
      Json::parse(R"({"abi":1,"strategies":[{"name":"a","summary":"s","refuses_bridges":"x86,cf8",
      "refuses_reason":"r"}],"programs":[{"kind":"probe","name":"p","hazards":["data-race"],"bridges":"",
      "flavours":"preempt,rt","needs_strategy":true}],"spin_algorithms":["tas"],"build_id":"b"})")
          .get<Catalogue>();
  ASSERT_NE(catalogue.FindStrategy("a"), nullptr);
  EXPECT_EQ(catalogue.FindStrategy("a")->refuses_bridges, (std::vector<std::string>{"x86", "cf8"}));
  ASSERT_NE(catalogue.FindProgram("probe", "p"), nullptr);
  EXPECT_TRUE(catalogue.FindProgram("", "p")->bridges.empty());
  EXPECT_EQ(catalogue.FindProgram("", "p")->flavours.size(), 2u);
  EXPECT_EQ(catalogue.FindProgram("workload", "p"), nullptr);
}

}  // namespace
}  // namespace cfgtorture
