// shift_test.cc. Goal: the interval is the one of the books, and says no more than the pairs do.
#include "ci/gate/shift.h"

#include <cmath>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture::ci {
namespace {

// Hollander and Wolfe, table A.4: P(T+ >= 40) is 0.020 for n = 9, so by symmetry P(T+ <= 5) is.
TEST(Shift, SignedRanksHaveTheProbabilitiesOfTheTables) {
  EXPECT_NEAR(SignedRankAtMost(9, 5), 10.0 / 512, 1e-12);
  EXPECT_NEAR(SignedRankAtMost(5, 0), 1.0 / 32, 1e-12);
  EXPECT_NEAR(SignedRankAtMost(3, 3), 5.0 / 8, 1e-12);
  EXPECT_NEAR(SignedRankAtMost(20, 210), 1, 1e-12);
}

// Their example 3.1 (Hamilton depression scale, nine patients): estimate -0.46, interval (-0.786, -0.010) at 96.1 %.
TEST(Shift, AgreesWithTheExampleOfHollanderAndWolfe) {
  const std::vector<double> before = {1.83, .50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
  const std::vector<double> after = {.878, .647, .598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
  std::vector<double> differences;
  for (size_t i = 0; i < before.size(); ++i) differences.push_back(after[i] - before[i]);
  const Shift shift = ShiftOf(differences, 0.95);
  EXPECT_NEAR(shift.estimate, -0.46, 1e-9);
  EXPECT_NEAR(shift.low, -0.786, 1e-9);
  EXPECT_NEAR(shift.high, -0.010, 1e-9);
}

TEST(Shift, IsUnboundedWithFewerPairsThanItsConfidenceNeeds) {
  EXPECT_TRUE(std::isinf(ShiftOf({1, 1, 1, 1, 1}, 0.95).high));
  EXPECT_FALSE(std::isinf(ShiftOf({1, 1, 1, 1, 1, 1}, 0.95).high));
}

TEST(Shift, HoldsAgainstOneWildPairAmongNine) {
  const Shift calm = ShiftOf({0, .01, -.01, .02, -.02, 0, .01, -.01, .015}, 0.95);
  const Shift wild = ShiftOf({0, .01, -.01, .02, -.02, 0, .01, -.01, 9}, 0.95);
  EXPECT_NEAR(wild.estimate, calm.estimate, 0.01);
  EXPECT_LT(wild.low, 0.01);
}

TEST(Shift, CoversTheTruthAsOftenAsItSays) {
  constexpr int kRuns = 2000;
  std::mt19937 random(7);  // a fixed seed: the same every time
  std::normal_distribution<double> noise(0.3, 1);
  int covered = 0;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<double> differences(12);
    for (double& difference : differences) difference = noise(random);
    const Shift shift = ShiftOf(differences, 0.95);
    covered += shift.low <= 0.3 && 0.3 <= shift.high ? 1 : 0;
  }
  // Exactly 95.75 % for twelve pairs; three standard deviations of 2,000 runs are 1.4 %.
  EXPECT_GT(covered, kRuns * 943 / 1000);
  EXPECT_LT(covered, kRuns * 972 / 1000);
}

}  // namespace
}  // namespace cfgtorture::ci
