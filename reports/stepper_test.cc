// stepper_test.cc. Goal: after each row, who holds what is what the steps say, folded ones included; what no step tells
// is not there.
#include "reports/stepper.h"

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

Step Row(uint32_t number, int cpu, const char* task, const char* text, const char* kind = "", const char* object = "",
         bool clash = false, const char* context = "task") {
  return {.number = number,
          .cpu = cpu,
          .context = context,
          .task = task,
          .text = text,
          .clash = clash,
          .kind = kind,
          .object = object};
}

// What is so after each row, as the page adds the changes up.
std::vector<std::map<std::string, std::string>> StatesOf(const Finding& finding, FactKind kind) {
  const ScheduleGrid grid = MakeGrid(finding, 100);
  const auto changes = ChangesOf(finding, grid);
  EXPECT_EQ(changes.size(), grid.rows.size());
  std::vector<std::map<std::string, std::string>> states;
  std::map<std::string, std::string> state;
  for (const auto& row : changes) {
    for (const FactChange& change : row) {
      if (change.kind != kind) continue;
      if (change.value.empty()) {
        EXPECT_EQ(state.erase(change.about), 1u) << change.about;
      } else {
        state[change.about] = change.value;
      }
    }
    states.push_back(state);
  }
  return states;
}

TEST(Stepper, TellsWhoHoldsALockUntilItIsDropped) {
  Finding finding;
  finding.title = "L";  // named: not folded
  finding.schedule = {Row(1, 0, "a", "takes L", "take", "L"), Row(2, 1, "b", "reads"),
                      Row(3, 0, "a", "drops L", "drop", "L"), Row(4, 1, "b", "takes L", "take", "L")};
  EXPECT_THAT(StatesOf(finding, FactKind::kLock),
              ElementsAre(ElementsAre(Pair("L", "a (CPU0)")), ElementsAre(Pair("L", "a (CPU0)")), IsEmpty(),
                          ElementsAre(Pair("L", "b (CPU1)"))));
}

TEST(Stepper, CountsReadersAndWhoDropsForAnother) {
  Finding finding;
  finding.title = "L";
  finding.schedule = {Row(1, 0, "a", "takes L (shared)", "take", "L"), Row(2, 1, "b", "takes L (shared)", "take", "L"),
                      Row(3, 0, "a", "drops L", "drop", "L"), Row(4, 2, "c", "drops L", "drop", "L")};
  EXPECT_THAT(StatesOf(finding, FactKind::kLock), ElementsAre(ElementsAre(Pair("L", "a (CPU0), shared")),
                                                              ElementsAre(Pair("L", "a (CPU0), b (CPU1), shared")),
                                                              ElementsAre(Pair("L", "b (CPU1), shared")), IsEmpty()));
}

TEST(Stepper, SeesWhatIsFoldedIntoARow) {
  Finding finding;
  finding.schedule = {Row(1, 0, "a", "user_read"), Row(1, 0, "a", "interrupts off", "irqs-off"),
                      Row(2, 0, "a", "takes L", "take", "L"), Row(3, 0, "a", "drops L", "drop", "L"),
                      Row(4, 1, "b", "reads")};
  EXPECT_THAT(StatesOf(finding, FactKind::kLock), ElementsAre(IsEmpty(), IsEmpty()));
  EXPECT_THAT(StatesOf(finding, FactKind::kInterrupt), ElementsAre(ElementsAre(Pair("CPU0", "off, by a (CPU0)")),
                                                                   ElementsAre(Pair("CPU0", "off, by a (CPU0)"))));
}

TEST(Stepper, TellsWhoSleepsWhoWokeItAndThatItRuns) {
  Finding finding;
  finding.schedule = {Row(1, 0, "a", "waits on q", "wait", "q"), Row(2, 0, "a", "sleeps", "sleep"),
                      Row(3, 1, "b", "wakes a", "wake", "a"), Row(4, 0, "a", "leaves q", "wait-end", "q")};
  EXPECT_THAT(StatesOf(finding, FactKind::kSleep),
              ElementsAre(ElementsAre(Pair("a (CPU0)", "asleep")),
                          ElementsAre(Pair("a (CPU0)", "woken by b (CPU1), has not run")), IsEmpty()));
  EXPECT_THAT(StatesOf(finding, FactKind::kWait),
              ElementsAre(ElementsAre(Pair("a (CPU0)", "q")), ElementsAre(Pair("a (CPU0)", "q")), IsEmpty()));
}

TEST(Stepper, TellsWhatADeviceAndALatchSay) {
  Finding finding;
  finding.schedule = {Row(1, 0, "a", "0000:03:00.0: D0 to D3hot, 10000 us"), Row(2, 1, "b", "CF8 <- 0x80030004"),
                      Row(3, 1, "b", "write PCI_COMMAND <- 0x0406"), Row(4, 0, "a", "0000:03:00.0: D3hot to D0"),
                      Row(5, 0, "a", "0000:03:00: nothing")};
  EXPECT_THAT(StatesOf(finding, FactKind::kDevice).back(),
              UnorderedElementsAre(Pair("0000:03:00.0", "D3hot to D0"), Pair("CF8", "0x80030004")));
}

TEST(Stepper, TellsThatACpuIsInAHandler) {
  Finding finding;
  finding.schedule = {Row(1, 1, "hardirq", "interrupt, vector 49", "irq", "", false, "hardirq"),
                      Row(2, 1, "hardirq", "reads", "", "", false, "hardirq"),
                      Row(3, 1, "hardirq", "returns", "irq-end", "", false, "hardirq")};
  EXPECT_THAT(StatesOf(finding, FactKind::kInterrupt),
              ElementsAre(ElementsAre(Pair("CPU1", "interrupt, vector 49")),
                          ElementsAre(Pair("CPU1", "interrupt, vector 49")), IsEmpty()));
}

TEST(Stepper, NamesTheLineOfAStep) {
  Step step = Row(1, 0, "a", "writes");
  EXPECT_EQ(PlaceOf(step), "");
  step.function = "Write";
  EXPECT_EQ(PlaceOf(step), "Write");
  step.file = "locks/mine.cc";
  EXPECT_EQ(PlaceOf(step), "Write, locks/mine.cc");
  step.line = 9;
  EXPECT_EQ(PlaceOf(step), "Write, locks/mine.cc:9");
}

TEST(Stepper, HasAllChangesOfRowsThatAreLeftOut) {
  Finding finding;
  for (uint32_t i = 1; i <= 50; ++i) finding.schedule.push_back(Row(i, 0, "a", "step"));
  finding.title = "L";
  finding.schedule[20] = Row(21, 0, "a", "takes L", "take", "L");
  const ScheduleGrid grid = MakeGrid(finding, 8);
  ASSERT_EQ(grid.rows.size(), 8u);
  std::map<std::string, std::string> state;
  for (const auto& row : ChangesOf(finding, grid)) {
    for (const FactChange& change : row) state[change.about] = change.value;
  }
  EXPECT_THAT(state, ElementsAre(Pair("L", "a (CPU0)")));
}

}  // namespace
}  // namespace cfgtorture::reports
