// expected_test.cc. Goal: the table says what its file says, refuses what it cannot mean, and each verdict of a run
// that agrees has a neighbour that does not.
#include "ci/expected.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <tuple>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture::ci {
namespace {

using ::testing::HasSubstr;

std::string TableOf(const std::string& cells) {
  return R"({"schema": "cfgtorture-expected-verdicts-1",
             "control": {"strategy": "busted", "convicted_of": ["torn-pair"]}, "cells": [)" +
         cells + "]}";
}

constexpr char kCell[] =
    R"({"strategy": "s", "probe": "p", "flavour": "preempt", "bridges": ["x86"], "verdict": "found",
        "hazards": ["dead-entry"], "may_find": ["data-race"], "reason": "because"})";

std::string ErrorOf(const std::string& text) {
  return std::string(ParseExpected(text, "table.json").status().message());
}

TEST(Expected, AnswersForTheHazardsThatACellNames) {
  const absl::StatusOr<Expected> table = ParseExpected(TableOf(kCell), "table.json");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->Of("s", "p", "x86", "preempt", Hazard::kDeadEntry).want, Want::kFound);
  EXPECT_EQ(table->Of("s", "p", "x86", "preempt", Hazard::kDeadEntry).reason, "because");
  EXPECT_EQ(table->Of("s", "p", "x86", "preempt", Hazard::kDataRace).want, Want::kMayBeFound);
  EXPECT_EQ(table->Of("s", "p", "x86", "preempt", Hazard::kDeadlock).want, Want::kAbsent);
}

TEST(Expected, SaysNothingOfACellThatItDoesNotHave) {
  const absl::StatusOr<Expected> table = ParseExpected(TableOf(kCell), "table.json");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->Of("t", "p", "x86", "preempt", Hazard::kDeadEntry).want, Want::kNothing);
  EXPECT_EQ(table->Of("s", "q", "x86", "preempt", Hazard::kDeadEntry).want, Want::kNothing);
  EXPECT_EQ(table->Of("s", "p", "ecam", "preempt", Hazard::kDeadEntry).want, Want::kNothing);
  EXPECT_EQ(table->Of("s", "p", "x86", "rt", Hazard::kDeadEntry).want, Want::kNothing);
}

TEST(Expected, LetsAWorkloadFindWhatAProbeMayFindAndNothingElse) {
  const absl::StatusOr<Expected> table = ParseExpected(TableOf(kCell), "table.json");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->InWorkload("s", "x86", "preempt", Hazard::kDeadEntry).want, Want::kMayBeFound);
  EXPECT_EQ(table->InWorkload("s", "x86", "preempt", Hazard::kDataRace).want, Want::kMayBeFound);
  EXPECT_EQ(table->InWorkload("s", "x86", "preempt", Hazard::kDeadlock).want, Want::kAbsent);
  EXPECT_EQ(table->InWorkload("unknown", "x86", "preempt", Hazard::kDeadlock).want, Want::kNothing);
}

TEST(Expected, SaysOfAWorkloadWhatAProbeSaysCannotOccur) {
  const absl::StatusOr<Expected> table = ParseExpected(
      TableOf(R"({"strategy": "s", "probe": "p", "flavour": "preempt", "bridges": ["ecam"], "verdict": "not-applicable",
                  "hazards": ["torn-pair"], "reason": "no latch"})"),
      "table.json");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->InWorkload("s", "ecam", "preempt", Hazard::kTornPair).want, Want::kNotApplicable);
  EXPECT_EQ(table->InWorkload("s", "ecam", "preempt", Hazard::kTornPair).reason, "no latch");
  EXPECT_EQ(table->InWorkload("s", "x86", "preempt", Hazard::kTornPair).want, Want::kAbsent);
}

TEST(Expected, BelievesInNoSideEffectThatTheBridgeRulesOut) {
  const absl::StatusOr<Expected> table = ParseExpected(
      TableOf(
          R"({"strategy": "s", "probe": "other", "flavour": "preempt", "verdict": "found", "hazards": ["blocked-access"],
                  "may_find": ["torn-pair"], "reason": "blocks nobody"},
                 {"strategy": "s", "probe": "p", "flavour": "preempt", "bridges": ["ecam"], "verdict": "not-applicable",
                  "hazards": ["torn-pair"], "reason": "no latch"})"),
      "table.json");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->InWorkload("s", "ecam", "preempt", Hazard::kTornPair).want, Want::kNotApplicable);
  EXPECT_EQ(table->InWorkload("s", "x86", "preempt", Hazard::kTornPair).want, Want::kMayBeFound);
}

TEST(Expected, GivesTheReasonWhyAWorkloadDoesNotExerciseAHazard) {
  const absl::StatusOr<Expected> table = BuiltInExpected();
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_NE(table->WhyNotExercised("vfio-hotplug", Hazard::kUseAfterRemove), "");
  EXPECT_EQ(table->WhyNotExercised("vfio-hotplug", Hazard::kBlockedAccess), "");
  EXPECT_EQ(table->WhyNotExercised("nobody", Hazard::kUseAfterRemove), "");
}

TEST(Expected, NeverTakesNotExercisedForClean) {
  EXPECT_EQ(Judge(Want::kClean, "clean"), Agreement::kAgrees);
  EXPECT_EQ(Judge(Want::kClean, "not-exercised"), Agreement::kDisagrees);
  EXPECT_EQ(Judge(Want::kClean, "found"), Agreement::kDisagrees);
  EXPECT_EQ(Judge(Want::kClean, "undecided"), Agreement::kUndecided);
}

TEST(Expected, DisagreesWithWhateverDidNotFindWhatMustBeFound) {
  EXPECT_EQ(Judge(Want::kFound, "found"), Agreement::kAgrees);
  EXPECT_EQ(Judge(Want::kFound, "clean"), Agreement::kDisagrees);
  EXPECT_EQ(Judge(Want::kFound, "not-exercised"), Agreement::kDisagrees);
  EXPECT_EQ(Judge(Want::kFound, "undecided"), Agreement::kUndecided);
}

TEST(Expected, DisagreesWithAHazardFoundWhereNoneCanBe) {
  EXPECT_EQ(Judge(Want::kNotApplicable, "found"), Agreement::kDisagrees);
  EXPECT_EQ(Judge(Want::kNotApplicable, "not-applicable"), Agreement::kAgrees);
  EXPECT_EQ(Judge(Want::kNotApplicable, "not-exercised"), Agreement::kAgrees);
  EXPECT_EQ(Judge(Want::kAbsent, "found"), Agreement::kDisagrees);
  EXPECT_EQ(Judge(Want::kAbsent, "clean"), Agreement::kAgrees);
  EXPECT_EQ(Judge(Want::kMayBeFound, "found"), Agreement::kUnjudged);
}

TEST(Expected, RefusesWhatItCannotMeanInOneLineThatNamesTheCell) {
  EXPECT_THAT(ErrorOf("[]"), HasSubstr("table.json: top level"));
  EXPECT_THAT(ErrorOf(R"({"schema": "other"})"), HasSubstr("schema"));
  EXPECT_THAT(ErrorOf(TableOf("3")), HasSubstr("cell 1: is not an object"));
  EXPECT_THAT(ErrorOf(TableOf(std::string(kCell) + "," + kCell)), HasSubstr("cell 2: speaks of the same as cell 1"));
  std::string cell = kCell;
  cell.replace(cell.find("dead-entry"), 10, "dead-entri");
  EXPECT_THAT(ErrorOf(TableOf(cell)), HasSubstr("\"dead-entri\""));
  cell = kCell;
  cell.replace(cell.find("found"), 5, "maybe");
  EXPECT_THAT(ErrorOf(TableOf(cell)), HasSubstr("verdict \"maybe\""));
  cell = kCell;
  cell.replace(cell.find("because"), 7, "");
  EXPECT_THAT(ErrorOf(TableOf(cell)), HasSubstr("needs a string \"reason\""));
  cell = kCell;
  cell.replace(cell.find("may_find"), 8, "might_be");
  EXPECT_THAT(ErrorOf(TableOf(cell)), HasSubstr("unknown member \"might_be\""));
  EXPECT_FALSE(LoadExpected("/nonexistent/table.json").ok());
}

TEST(Expected, SurvivesTextThatIsCutOrDamagedAnywhere) {
  const std::string good = TableOf(kCell);
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(ParseExpected(good.substr(0, length), "cut").ok()) << length;
  }
  const uint32_t seed = 20191016;
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 20000; ++i) {
    std::string damaged = good;
    for (int k = 0; k < 3; ++k) damaged[random() % damaged.size()] = static_cast<char>(random());
    const absl::StatusOr<Expected> table = ParseExpected(damaged, "damaged");  // must return, either way
    if (table.ok()) {
      EXPECT_LE(table->cells().size(), 1u);
    }
  }
}

// The table of this tree.

TEST(ExpectedTable, LoadsAndConvictsItsControlOfWhatItMust) {
  const absl::StatusOr<Expected> table = BuiltInExpected();
  ASSERT_TRUE(table.ok()) << table.status();
  for (const Hazard hazard : table->control_hazards()) {
    bool found = false;
    for (const ExpectedCell& cell : table->cells()) {
      found |= cell.strategy == table->control() && cell.want == Want::kFound &&
               std::find(cell.hazards.begin(), cell.hazards.end(), hazard) != cell.hazards.end();
    }
    EXPECT_TRUE(found) << "no probe is expected to convict the control of " << cfgtorture::NameOf(hazard);
  }
}

TEST(ExpectedTable, SaysWhyOfEveryCell) {
  const absl::StatusOr<Expected> table = BuiltInExpected();
  ASSERT_TRUE(table.ok()) << table.status();
  for (const ExpectedCell& cell : table->cells()) {
    EXPECT_GE(cell.reason.size(), 12u) << cell.strategy << " " << cell.probe;
  }
}

TEST(ExpectedTable, HasTheSameProbesForEveryStrategy) {
  const absl::StatusOr<Expected> table = BuiltInExpected();
  ASSERT_TRUE(table.ok()) << table.status();
  std::set<std::string> strategies;
  std::set<std::pair<std::string, std::string>> probes;
  std::set<std::tuple<std::string, std::string, std::string>> cells;
  for (const ExpectedCell& cell : table->cells()) {
    strategies.insert(cell.strategy);
    probes.insert({cell.probe, cell.flavour});
    cells.insert({cell.strategy, cell.probe, cell.flavour});
  }
  EXPECT_EQ(cells.size(), strategies.size() * probes.size());
}

}  // namespace
}  // namespace cfgtorture::ci
