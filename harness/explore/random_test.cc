// Goal: an execution's choices depend on seed and number alone, and every candidate is drawn.
#include "harness/explore/random.h"

#include "gtest/gtest.h"

namespace cfgtorture::explore {
namespace {

TEST(Random, TheSameSeedAndNumberMeanTheSameChoices) {
  RandomExplorer a(7), b(7);
  a.Begin(0);
  for (int i = 0; i < 100; ++i) a.Choose(0xff, 0);
  a.Begin(41);
  b.Begin(41);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(a.Choose(0x8000000000000f0f, 0), b.Choose(0x8000000000000f0f, 0));
}

TEST(Random, AnotherSeedOrNumberMeansOthers) {
  RandomExplorer a(7), b(8), c(7);
  a.Begin(1);
  b.Begin(1);
  c.Begin(2);
  int same_b = 0, same_c = 0;
  for (int i = 0; i < 1000; ++i) {
    const unsigned drawn = a.Choose(0xff, 0);
    same_b += drawn == b.Choose(0xff, 0);
    same_c += drawn == c.Choose(0xff, 0);
  }
  EXPECT_LT(same_b, 300);
  EXPECT_LT(same_c, 300);
}

TEST(Random, DrawsEveryCandidateAboutEquallyAndNothingElse) {
  RandomExplorer explorer(1);
  explorer.Begin(0);
  const uint64_t enabled = 1u << 0 | 1u << 5 | uint64_t{1} << kClockStep;
  int count[64] = {};
  for (int i = 0; i < 30000; ++i) ++count[explorer.Choose(enabled, 5)];
  EXPECT_NEAR(count[0], 10000, 500);
  EXPECT_NEAR(count[5], 10000, 500);
  EXPECT_NEAR(count[kClockStep], 10000, 500);
}

}  // namespace
}  // namespace cfgtorture::explore
