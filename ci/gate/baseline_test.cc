// baseline_test.cc. Goal: a baseline reads as it was written, one line a cell, and its diff says what changed.
#include "ci/gate/baseline.h"

#include <algorithm>

#include "ci/gate/figures.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture::ci {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Baseline Sample() {
  Baseline baseline;
  baseline.toolchains["g++ 12, x86_64, Release"]["quick"] = {
      {"model/a/p", {{{"data-race", "clean"}}, {{"steps", 30.5}, {"distinct", 0.123456}}, "random, sc", 40}},
      {"model/b \"<&\n/p", {{}, {}}}};
  baseline.toolchains["clang 14, x86_64, Release"]["full"] = {{"model/a/p", {{{"data-race", "found"}}, {}}}};
  return baseline;
}

TEST(Baseline, ReadsBackWhatItWrote) {
  const std::string text = Serialize(Sample());
  const absl::StatusOr<Baseline> read = ParseBaseline(text, "b.json");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->toolchains, Sample().toolchains);
  EXPECT_EQ(Serialize(*read), text) << "an update that changes nothing changes no byte";
}

TEST(Baseline, HasOneLineACell) {
  const std::string text = Serialize(Sample());
  EXPECT_THAT(text, HasSubstr("\n    \"model/a/p\": {\"run\": \"random, sc\", \"executions\": 40, \"verdicts\": "
                              "{\"data-race\": \"clean\"}, \"figures\": "
                              "{\"distinct\": 0.123456, \"steps\": 30.5}},\n"));
}

TEST(Baseline, KeepsToolchainsApart) {
  const Baseline baseline = Sample();
  ASSERT_NE(baseline.Find("g++ 12, x86_64, Release", "quick"), nullptr);
  EXPECT_EQ(baseline.Find("g++ 12, x86_64, Release", "full"), nullptr);
  EXPECT_EQ(baseline.Find("g++ 13, x86_64, Release", "quick"), nullptr);
  Environment a, b;
  a.compiler = "g++ 12.2.0";
  b.compiler = "g++ 12.3.0";
  EXPECT_NE(ToolchainOf(a), ToolchainOf(b));
}

TEST(Baseline, RefusesWhatItIsNot) {
  for (const char* text : {"", "[]", "{}", R"({"schema": "cfgtorture-baseline-0", "toolchains": {}})",
                           R"({"schema": "cfgtorture-baseline-1"})",
                           R"({"schema": "cfgtorture-baseline-1", "toolchains": {"g": {"quick": {"c": 1}}}})"}) {
    const absl::Status status = ParseBaseline(text, "b.json").status();
    EXPECT_FALSE(status.ok()) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("b.json")) << text;
  }
  EXPECT_THAT(std::string(ParseBaseline("{", "b.json").status().message()), HasSubstr("line 1, column 2"));
  const absl::Status typed = ParseBaseline(R"({"schema": "cfgtorture-baseline-1",
                        "toolchains": {"g": {"quick": {"c": {"verdicts": [], "figures": {}}}}}})",
                                           "b.json")
                                 .status();
  EXPECT_EQ(typed.message(), "b.json: /toolchains/g/quick/c/verdicts: expected an object, found an array");
  const auto of = [](const std::string& members) {
    return std::string(ParseBaseline(R"({"schema": "cfgtorture-baseline-1", "toolchains": {"g": {"quick": {"c": {)" +
                                         members + "}}}}}",
                                     "b.json")
                           .status()
                           .message());
  };
  EXPECT_EQ(of(R"("verdicts": {"data-race": "clean"}, "figures": {"steps": 0})"), "");
  EXPECT_EQ(of(R"("verdicts": {"data-race": "banana"}, "figures": {})"),
            "b.json: /toolchains/g/quick/c/verdicts/data-race: expected found, clean, not-exercised or not-applicable, "
            "found the string \"banana\"");
  EXPECT_EQ(of(R"("verdicts": {}, "figures": {"steps": -1})"),
            "b.json: /toolchains/g/quick/c/figures/steps: expected a figure that is not negative, found -1");
}

TEST(Baseline, DiffNamesCellFigureAndBothValues) {
  const BaselineCells before = {{"a", {{{"data-race", "clean"}}, {{"steps", 100}}}}, {"gone", {}}};
  const BaselineCells after = {{"a", {{{"data-race", "found"}}, {{"steps", 105}}}}, {"new", {}}};
  EXPECT_THAT(Diff(before, after),
              ElementsAre("  a: data-race clean -> found", "  a: steps 100 -> 105 (+5.0%)", "- gone", "+ new"));
  EXPECT_THAT(Diff(before, before), IsEmpty());
  const BaselineCells longer = {{"a", {{{"data-race", "clean"}}, {{"steps", 100}}, "random, sc", 40}}, {"gone", {}}};
  EXPECT_THAT(Diff(before, longer), ElementsAre("  a: looked for by what is not known -> 40 executions, random, sc"));
}

CellResult Explored(uint64_t limit, uint64_t executions) {
  CellResult cell;
  cell.status = "done";
  cell.spec.executions = limit;
  cell.executions = executions;
  cell.points = 30 * executions;
  cell.accesses = 200 * executions;
  cell.distinct = executions / 2;
  return cell;
}

TEST(Figures, OfACellThatRanToItsLimitAreMeans) {
  const auto figures = FiguresOf(Explored(100, 100));
  EXPECT_EQ(figures.at("steps"), 30);
  EXPECT_EQ(figures.at("accesses"), 200);
  EXPECT_EQ(figures.at("distinct"), 0.5);
}

TEST(Figures, OfACellThatStoppedAtItsFindingAreTheExecutionsUntilIt) {
  CellResult cell = Explored(100, 7);
  cell.hazards["data-race"].verdict = "found";
  cell.hazards["data-race"].executions_to_first = 7;
  EXPECT_EQ(FiguresOf(cell), (std::map<std::string, double>{{"first data-race", 7}}));
}

TEST(Figures, OfVirtualTimeAreTimesAndLocksThatWereTakenOften) {
  CellResult cell = Explored(1, 1);
  cell.spec.explorer = "virtual-time";
  EXPECT_THAT(FiguresOf(cell), IsEmpty()) << "it did not come to its end";
  cell.metrics["modelled_ns"] = 5000;
  LockResult lock;
  lock.name = "pci_lock";
  lock.stat.acquisitions = 100;
  lock.stat.holdtime_avg_ns = 40;
  cell.locks = {lock, lock, lock};
  cell.locks[1].name = "rare";
  cell.locks[1].stat.acquisitions = 3;
  cell.locks[2].instance = "#1";
  EXPECT_EQ(FiguresOf(cell), (std::map<std::string, double>{{"modelled_ns", 5000}, {"hold pci_lock", 40}}));
}

TEST(Figures, EachHasARule) {
  for (const char* name : {"modelled_ns", "hold pci_lock", "wait pci_lock-R", "contentions x", "steps", "accesses",
                           "distinct", "first data-race"}) {
    EXPECT_NE(RuleOf(name), nullptr) << name;
  }
  EXPECT_EQ(RuleOf("executions_per_s"), nullptr) << "a clock of this machine is no figure of the model";
}

}  // namespace
}  // namespace cfgtorture::ci
