// virtual_time_test.cc. Goal: steps come in the order of their times, and nobody acts on what has not happened yet.
#include "harness/explore/virtual_time.h"

#include <map>

#include "gtest/gtest.h"

namespace cfgtorture::explore {
namespace {

constexpr uint64_t kNs = kPsPerNs;
constexpr uint64_t kClock = uint64_t{1} << kClockStep;
using Level = VirtualTimeExplorer::Level;

struct Contexts final : VirtualTimeExplorer::Host {
  std::map<unsigned, VirtualTimeExplorer::Place> places = {{0, {0, Level::kTask}},
                                                           {1, {1, Level::kTask}},
                                                           {2, {1, Level::kTask}},
                                                           {3, {1, Level::kHardirq}},
                                                           {4, {2, Level::kTask}}};
  uint64_t deadline_ps = UINT64_MAX;
  VirtualTimeExplorer::Place PlaceOf(unsigned context) const override { return places.at(context); }
  uint64_t NextDeadlinePs() const override { return deadline_ps; }
};

struct VirtualTime : testing::Test {
  Contexts contexts;
  VirtualTimeExplorer explorer{contexts, {.task_ps = 0, .wake_ps = 0, .entry_ps = 10 * kNs, .slice_ps = 1000 * kNs}};
  void SetUp() override { explorer.Begin(0); }
};

TEST_F(VirtualTime, RunsTheCpuThatLagsBehind) {
  EXPECT_EQ(explorer.Choose(0b11, 0), 0u);
  explorer.Spend(0, 5 * kNs);
  EXPECT_EQ(explorer.Choose(0b11, 0), 1u);
  explorer.Spend(1, 3 * kNs);
  EXPECT_EQ(explorer.Choose(0b11, 1), 1u);
  explorer.Spend(1, 3 * kNs);
  EXPECT_EQ(explorer.Choose(0b11, 1), 0u);
  EXPECT_EQ(explorer.LatestPs(), 6 * kNs);
}

TEST_F(VirtualTime, ReadiedContextStartsWhenItWasMadeSo) {
  explorer.Choose(0b01, 0);
  explorer.Spend(0, 500 * kNs);
  explorer.Only(0b10, 0);  // 0 has woken 1, and sleeps
  EXPECT_EQ(explorer.NowPs(1), 500 * kNs);
}

TEST_F(VirtualTime, InterruptIsNotTakenBeforeItWasRaised) {
  explorer.Choose(0b11, 0);
  explorer.Spend(0, 50 * kNs);
  EXPECT_EQ(explorer.Choose(0b1011, 0), 1u);  // 0 has raised it on CPU 1, where it is 0 ns
  explorer.Spend(1, 20 * kNs);
  EXPECT_EQ(explorer.Choose(0b1011, 1), 1u);
  explorer.Spend(1, 40 * kNs);
  EXPECT_EQ(explorer.Choose(0b1011, 1), 0u);  // entering it takes until 70 ns
  explorer.Spend(0, 100 * kNs);
  EXPECT_EQ(explorer.Choose(0b1011, 0), 3u);
  EXPECT_EQ(explorer.NowPs(1), 70 * kNs);
}

TEST_F(VirtualTime, TasksOfACpuTakeTurnsBySlice) {
  EXPECT_EQ(explorer.Choose(0b110, 1), 1u);
  explorer.Spend(1, 999 * kNs);
  EXPECT_EQ(explorer.Choose(0b110, 1), 1u);
  explorer.Spend(1, 1 * kNs);
  EXPECT_EQ(explorer.Choose(0b110, 1), 2u);
  explorer.Spend(1, 1000 * kNs);
  EXPECT_EQ(explorer.Choose(0b110, 2), 1u);
}

TEST_F(VirtualTime, DeadlineComesInItsTimeAndWakesNobodyEarlier) {
  contexts.deadline_ps = 100 * kNs;
  EXPECT_EQ(explorer.Choose(0b1 | kClock, 0), 0u);
  explorer.Spend(0, 130 * kNs);
  EXPECT_EQ(explorer.Choose(0b1 | kClock, 0), kClockStep);
  EXPECT_EQ(explorer.Choose(0b10001, 0), 4u);  // whom it wakes begins at 100 ns, before 0 goes on at 130
  EXPECT_EQ(explorer.NowPs(2), 100 * kNs);
}

TEST_F(VirtualTime, IdleMachineGoesToTheNextDeadline) {
  contexts.deadline_ps = 7 * kNs;
  explorer.Only(kClock, 0);
  explorer.Only(0b10, 0);
  EXPECT_EQ(explorer.NowPs(1), 7 * kNs);
}

}  // namespace
}  // namespace cfgtorture::explore
