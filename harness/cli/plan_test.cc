// Goal: compare runs what the issue asks, no cell twice, and --quick fits into its minute.
#include "harness/cli/plan.h"

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "harness/cli/selection.h"
#include "harness/run/cells.h"

namespace cfgtorture::cli {
namespace {

// As large as the catalogue of the built-in code: 9 strategies, 14 probes, 3 workloads.
Catalogue SampleCatalogue() {
  Catalogue catalogue;
  catalogue.bridges = {"x86", "indirect", "ecam", "cf8"};
  catalogue.spin_algorithms = {"tas", "ticket"};
  for (int i = 0; i < 8; ++i) catalogue.strategies.push_back({"s" + std::to_string(i), "", {}, ""});
  catalogue.strategies.push_back({"ecam-only", "", {"x86", "indirect", "cf8"}, "needs ECAM"});
  catalogue.programs.push_back({"probe", "torn", "", {}, {"torn-pair"}, {"preempt"}, {"x86", "indirect", "cf8"}, true});
  catalogue.programs.push_back({"probe", "race", "", {}, {"data-race"}, {"preempt"}, {}, true});
  catalogue.programs.push_back({"probe", "rt", "", {}, {"context"}, {"rt"}, {}, true});
  for (int i = 0; i < 11; ++i) {
    catalogue.programs.push_back({"probe", "p" + std::to_string(i), "", {}, {"lost-update"}, {"preempt"}, {}, true});
  }
  for (int i = 0; i < 3; ++i) {
    catalogue.programs.push_back({"workload", "w" + std::to_string(i), "", {}, {"data-race"}, {"preempt"}, {}, true});
  }
  catalogue.programs.push_back({"scenario", "counter", "", {"buggy", "fixed"}, {"data-race"}, {}, {}, false});
  return catalogue;
}

PlanChoice AllOf(const Catalogue& catalogue) {
  PlanChoice choice;
  choice.strategies = NamesOfStrategies(catalogue);
  choice.workloads = NamesOfPrograms(catalogue, "workload");
  choice.cpus = 2;
  return choice;
}

const PluginFiles kFiles = {"i.so", "p.so", "o.so"};

std::vector<std::string> IdsWith(const Plan& plan, const std::string& part) {
  std::vector<std::string> ids;
  for (const CellResult& cell : plan.cells) {
    if (cell.spec.id.find(part) != std::string::npos) ids.push_back(cell.spec.id);
  }
  return ids;
}

TEST(Plan, QuickFitsIntoItsMinute) {
  const Catalogue catalogue = SampleCatalogue();
  const Plan plan = MakePlan(catalogue, kFiles, QuickSizes(), AllOf(catalogue), 2);
  EXPECT_LE(PlannedSeconds(plan, 2), 50) << "of 60 s on 2 cores; the rest is for starting processes";
  EXPECT_EQ(IdsWith(plan, "/p0/").size(), 9u) << "every probe once a strategy";
  EXPECT_EQ(IdsWith(plan, "/torn/").size(), 18u) << "once a bridge where that matters";
  EXPECT_EQ(IdsWith(plan, "native/s0/w0/").size(), 2u);
  EXPECT_THAT(IdsWith(plan, "tsan/s0/"), testing::SizeIs(4)) << "three workloads and the probe of a race";
}

TEST(Plan, NamesNoCellTwice) {
  const Catalogue catalogue = SampleCatalogue();
  for (const PlanSizes& sizes : {QuickSizes(), FullSizes(catalogue)}) {
    std::set<std::string> ids;
    for (const CellResult& cell : MakePlan(catalogue, kFiles, sizes, AllOf(catalogue), 2).cells) {
      EXPECT_TRUE(ids.insert(cell.spec.id).second) << cell.spec.id;
    }
  }
}

TEST(Plan, ARefusedBridgeIsNotApplicableAndOtherProbesRunOnOneThatIsTaken) {
  const Catalogue catalogue = SampleCatalogue();
  const Plan plan = MakePlan(catalogue, kFiles, QuickSizes(), AllOf(catalogue), 2);
  bool refused = false;
  for (const CellResult& cell : plan.cells) {
    if (cell.spec.strategy != "ecam-only") continue;
    if (cell.spec.program == "torn") {
      refused = true;
      EXPECT_FALSE(run::IsPending(cell));
      EXPECT_EQ(cell.hazards.at("torn-pair").verdict, "not-applicable");
      EXPECT_THAT(cell.reason, testing::HasSubstr("needs ECAM"));
    } else {
      EXPECT_EQ(cell.spec.bridge, "ecam") << cell.spec.id;
      EXPECT_TRUE(run::IsPending(cell));
    }
  }
  EXPECT_TRUE(refused);
}

TEST(Plan, AStrategyThatRefusesTheBridgesOfQuickIsProbedOnAnotherThatTheProbeIsAbout) {
  Catalogue catalogue = SampleCatalogue();
  catalogue.programs.push_back(
      {"probe", "helper", "", {}, {"lost-update"}, {"preempt"}, {"x86", "ecam", "indirect"}, true});
  const Plan plan = MakePlan(catalogue, kFiles, QuickSizes(), AllOf(catalogue), 2);
  EXPECT_THAT(IdsWith(plan, "model/ecam-only/helper/"), testing::ElementsAre("model/ecam-only/helper/ecam/preempt"));
  EXPECT_THAT(IdsWith(plan, "model/s0/helper/"),
              testing::ElementsAre("model/s0/helper/x86/preempt", "model/s0/helper/indirect/preempt"));
}

TEST(Plan, ProbesRunUntilFoundInTheFlavourThatTheyAreMeantFor) {
  const Catalogue catalogue = SampleCatalogue();
  for (const CellResult& cell : MakePlan(catalogue, kFiles, QuickSizes(), AllOf(catalogue), 2).cells) {
    if (cell.spec.kind == "probe" && cell.spec.engine == "model") {
      EXPECT_TRUE(cell.spec.until_found);
      EXPECT_EQ(cell.spec.flavour, cell.spec.program == "rt" ? "rt" : "preempt");
    }
    EXPECT_EQ(cell.spec.plugin, cell.spec.engine == "native"    ? "p.so"
                                : cell.spec.engine == "checked" ? "o.so"
                                                                : "i.so");
    if (cell.spec.engine == "native") {
      EXPECT_EQ(cell.spec.threads, 2u);
    }
  }
}

TEST(Plan, TheControlOfARunWithoutItRunsItsProbesOnly) {
  const Catalogue catalogue = SampleCatalogue();
  PlanChoice choice = AllOf(catalogue);
  choice.strategies = {"s1"};
  choice.probes_only = {"s0"};
  const Plan plan = MakePlan(catalogue, kFiles, QuickSizes(), choice, 2);
  for (const CellResult& cell : plan.cells) {
    if (cell.spec.strategy == "s0") {
      EXPECT_EQ(cell.spec.engine + cell.spec.kind, "modelprobe");
    } else {
      EXPECT_EQ(cell.spec.strategy, "s1");
    }
  }
  EXPECT_EQ(IdsWith(plan, "/s0/").size(), 15u);
}

TEST(Plan, WatchesTheLocksOfEachWorkloadOnceUnlessThereIsNoObservedBuild) {
  const Catalogue catalogue = SampleCatalogue();
  const Plan plan = MakePlan(catalogue, kFiles, QuickSizes(), AllOf(catalogue), 2);
  EXPECT_THAT(
      IdsWith(plan, "checked/s0/"),
      testing::ElementsAre("checked/s0/w0/x86/preempt", "checked/s0/w1/x86/preempt", "checked/s0/w2/x86/preempt"));
  const Plan without = MakePlan(catalogue, {"i.so", "p.so", ""}, QuickSizes(), AllOf(catalogue), 2);
  EXPECT_TRUE(IdsWith(without, "checked/").empty());
  EXPECT_THAT(without.left_out, testing::Contains(testing::HasSubstr("no observed build")));
}

TEST(Plan, SaysWhatIsLeftOut) {
  const Catalogue catalogue = SampleCatalogue();
  PlanChoice choice = AllOf(catalogue);
  choice.native = false;
  const Plan plan = MakePlan(catalogue, kFiles, QuickSizes(), choice, 2);
  EXPECT_THAT(plan.left_out, testing::Contains(testing::HasSubstr("ecam, cf8")));
  EXPECT_THAT(plan.left_out, testing::Contains(testing::HasSubstr("no plain build")));
  EXPECT_TRUE(IdsWith(plan, "native/").empty());
}

TEST(Selection, MultipliesWhatIsNamed) {
  const Catalogue catalogue = SampleCatalogue();
  SelectionOptions options;
  options.strategy = "s0,s1:ticket";
  options.workload = "w0";
  options.scenario = "counter:ticket:3x2";
  options.bridge = "x86,ecam";
  const absl::StatusOr<std::vector<CellResult>> cells = Select(catalogue, options, CellSpec{});
  ASSERT_TRUE(cells.ok()) << cells.status();
  ASSERT_EQ(cells->size(), 2u * 2u + 2u * 2u) << "two strategies by two bridges; two sides by two bridges, no strategy";
  EXPECT_EQ((*cells)[2].spec.id, "model/s1:ticket/w0/x86/preempt");
  EXPECT_EQ((*cells)[2].spec.spin, "ticket");
  EXPECT_EQ((*cells)[4].spec.argument, "ticket:3x2");
  EXPECT_EQ((*cells)[4].spec.side, "buggy");
}

TEST(Selection, TakesTheFirstBridgeThatTheStrategyTakes) {
  SelectionOptions options;
  options.strategy = "ecam-only";
  options.probe = "race";
  EXPECT_EQ(Select(SampleCatalogue(), options, CellSpec{})->at(0).spec.bridge, "ecam");
  options.bridge = "x86";
  const CellResult refused = Select(SampleCatalogue(), options, CellSpec{})->at(0);
  EXPECT_FALSE(run::IsPending(refused));
}

TEST(Selection, ComplainsInOneLine) {
  const auto error = [](const SelectionOptions& options) {
    return std::string(Select(SampleCatalogue(), options, CellSpec{}).status().message());
  };
  EXPECT_THAT(error({}), testing::HasSubstr("nothing to run"));
  EXPECT_THAT(error({.workload = "w0"}), testing::HasSubstr("workload w0 needs a --strategy"));
  EXPECT_THAT(error({.strategy = "s0", .workload = "w00"}), testing::HasSubstr("did you mean \"w0\"?"));
  EXPECT_THAT(error({.strategy = "s0:mcz", .workload = "w0"}), testing::HasSubstr("unknown name \"mcz\""));
  EXPECT_THAT(error({.strategy = "s0", .workload = "w0", .bridge = "x68"}),
              testing::HasSubstr("did you mean \"x86\"?"));
  EXPECT_THAT(error({.strategy = "s0", .workload = "w0", .flavour = "rtt"}),
              testing::HasSubstr("did you mean \"rt\"?"));
  EXPECT_THAT(error({.scenario = "counter", .side = "bugy"}), testing::HasSubstr("did you mean \"buggy\"?"));
  EXPECT_THAT(error({.strategy = "s0", .workload = "w0", .spin = "x"}), testing::HasSubstr("--spin"));
}

}  // namespace
}  // namespace cfgtorture::cli
