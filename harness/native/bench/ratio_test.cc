// ratio_test.cc. Goal: the interval holds the truth about as often as it says, tells apart what differs, and not what
// does not.
#include "harness/native/bench/ratio.h"

#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "harness/result/rounds_for_test.h"

namespace cfgtorture::bench {
namespace {

// Times of one operation: `typical`, a little noise, and now and then the host in between.
std::vector<double> Times(double typical, size_t count, std::mt19937_64& random) {
  std::normal_distribution<double> noise(1, 0.05);
  std::vector<double> times(count);
  for (double& time : times) time = typical * noise(random) * (random() % 10 == 0 ? 3 : 1);
  return times;
}

TEST(Ratio, TakesTheMedianOfOddAndEvenCounts) {
  EXPECT_EQ(Median({3, 1, 2}), 2);
  EXPECT_EQ(Median({4, 1, 3, 2}), 2.5);
  EXPECT_EQ(Median({7}), 7);
}

TEST(Ratio, IsExactWhereNothingVaries) {
  const Interval ratio = RatioOfMedians({3, 3, 3}, {2, 2, 2});
  EXPECT_EQ(ratio.low, 1.5);
  EXPECT_EQ(ratio.estimate, 1.5);
  EXPECT_EQ(ratio.high, 1.5);
}

TEST(Ratio, HoldsTheTruthInNinetyOfAHundredRuns) {
  const uint64_t seed = 4;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  int held = 0;
  const int runs = Rounds(100, 30);
  for (int run = 0; run < runs; ++run) {
    const Interval ratio = RatioOfMedians(Times(12, 15, random), Times(10, 15, random));
    held += ratio.low <= 1.2 && 1.2 <= ratio.high;
    EXPECT_LE(ratio.low, ratio.estimate);
    EXPECT_LE(ratio.estimate, ratio.high);
  }
  EXPECT_GE(10 * held, 9 * runs);
}

TEST(Ratio, TellsAFifthMoreFromNothingMore) {
  std::mt19937_64 random(5);
  EXPECT_STREQ(Against(RatioOfMedians(Times(13, 30, random), Times(10, 30, random)), 1.10), "exceeded");
  EXPECT_STREQ(Against(RatioOfMedians(Times(10, 30, random), Times(10, 30, random)), 1.10), "holds");
  EXPECT_STREQ(Against(RatioOfMedians(Times(11, 5, random), Times(10, 5, random)), 1.10), "open");
}

TEST(Ratio, IsTheSameForTheSameSamples) {
  std::mt19937_64 random(6);
  const std::vector<double> ours = Times(12, 15, random), peer = Times(10, 15, random);
  EXPECT_EQ(RatioOfMedians(ours, peer).low, RatioOfMedians(ours, peer).low);
}

}  // namespace
}  // namespace cfgtorture::bench
