// shift_test.cc. Goal: the interval is the one of the books, and says no more than the pairs do.
#include "ci/gate/shift.h"

#include <cmath>
#include <random>

#include "gtest/gtest.h"

namespace cfgtorture::ci {
namespace {

TEST(Shift, CoinsHaveTheProbabilitiesOfTheTables) {
  EXPECT_NEAR(HeadsAtMost(9, 1), 10.0 / 512, 1e-12);
  EXPECT_NEAR(HeadsAtMost(20, 5), 0.020694732666, 1e-9);
  EXPECT_NEAR(HeadsAtMost(20, 20), 1, 1e-12);
  EXPECT_NEAR(HeadsAtMost(1000, 499), 0.487387, 1e-5);
}

// The order statistics that tables give for 95 %: 2 and 8 of nine, 6 and 15 of twenty.
TEST(Shift, RunsFromOneOrderStatisticToAnother) {
  std::vector<double> differences;
  for (int i = 9; i >= 1; --i) differences.push_back(i);
  const Shift nine = ShiftOf(differences, 0.95);
  EXPECT_EQ(nine.low, 2);
  EXPECT_EQ(nine.estimate, 5);
  EXPECT_EQ(nine.high, 8);
  for (int i = 10; i <= 20; ++i) differences.push_back(i);
  const Shift twenty = ShiftOf(differences, 0.95);
  EXPECT_EQ(twenty.low, 6);
  EXPECT_EQ(twenty.estimate, 10.5);
  EXPECT_EQ(twenty.high, 15);
}

TEST(Shift, IsUnboundedWithFewerPairsThanItsConfidenceNeeds) {
  EXPECT_TRUE(std::isinf(ShiftOf({1, 1, 1, 1, 1}, 0.95).high));
  EXPECT_FALSE(std::isinf(ShiftOf({1, 1, 1, 1, 1, 1}, 0.95).high));
}

TEST(Shift, HoldsAgainstOneWildPairAmongNine) {
  const Shift wild = ShiftOf({0, .01, -.01, .02, -.02, 0, .01, -.01, 9}, 0.95);
  EXPECT_NEAR(wild.estimate, 0, 0.01);
  EXPECT_LT(wild.high, 0.03);
  EXPECT_GT(ShiftOf({0, .01, -.01, .02, -.02, 0, .01, 9, 9}, 0.95).high, 1) << "two are more than chance allows for";
}

TEST(Shift, CoversTheTruthAsOftenAsItSays) {
  constexpr int kRuns = 2000;
  std::mt19937 random(7);  // a fixed seed: the same every time
  std::exponential_distribution<double> noise(1);
  int covered = 0;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<double> differences(12);
    for (double& difference : differences) difference = noise(random);
    const Shift shift = ShiftOf(differences, 0.95);
    covered += shift.low <= std::log(2) && std::log(2) <= shift.high ? 1 : 0;
  }
  // Exactly 96.14 % for twelve pairs; three standard deviations of 2,000 runs are 1.3 %.
  EXPECT_GT(covered, kRuns * 948 / 1000);
  EXPECT_LT(covered, kRuns * 975 / 1000);
}

}  // namespace
}  // namespace cfgtorture::ci
