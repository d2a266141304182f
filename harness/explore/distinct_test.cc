// Goal: right within a few per cent from one to a million, and blind to repetition.
#include "harness/explore/distinct.h"

#include "gtest/gtest.h"

namespace cfgtorture::explore {
namespace {

uint64_t Fnv(uint64_t value) {
  uint64_t hash = 0xcbf29ce484222325;
  for (int i = 0; i < 8; ++i) hash = (hash ^ (value >> (8 * i) & 0xff)) * 0x100000001b3;
  return hash;
}

TEST(DistinctCounter, CountsWithinFivePerCent) {
  for (uint64_t count : {1u, 10u, 1000u, 20000u, 1000000u}) {
    DistinctCounter counter;
    for (uint64_t i = 0; i < count; ++i) counter.Add(Fnv(i));
    EXPECT_NEAR(static_cast<double>(counter.Estimate()), static_cast<double>(count),
                0.05 * static_cast<double>(count) + 0.5);
  }
}

TEST(DistinctCounter, ARepeatedScheduleCountsOnce) {
  DistinctCounter counter;
  for (int round = 0; round < 1000; ++round) {
    for (uint64_t i = 0; i < 50; ++i) counter.Add(Fnv(i));
  }
  EXPECT_NEAR(static_cast<double>(counter.Estimate()), 50, 1.5);
}

TEST(DistinctCounter, MergesIntoTheCounterOfTheUnion) {
  DistinctCounter low, high, all;
  for (uint64_t i = 0; i < 30000; ++i) {
    (i < 20000 ? low : high).Add(Fnv(i));
    if (i > 15000 && i < 20000) high.Add(Fnv(i));  // they overlap
    all.Add(Fnv(i));
  }
  low.Merge(high);
  EXPECT_EQ(low.Estimate(), all.Estimate());
}

TEST(DistinctCounter, GoesThroughText) {
  for (uint64_t count : {0u, 1u, 50u, 3000u, 200000u}) {
    DistinctCounter counter, read;
    for (uint64_t i = 0; i < count; ++i) counter.Add(Fnv(i));
    EXPECT_LE(counter.Text().size(), 4096u);
    ASSERT_TRUE(read.MergeText(counter.Text())) << counter.Text();
    EXPECT_EQ(read.Estimate(), counter.Estimate());
    EXPECT_EQ(read.Text(), counter.Text());
  }
}

TEST(DistinctCounter, RefusesWhatIsNoTextOfItsOwn) {
  DistinctCounter counter;
  for (const char* text : {"0", "x", "(4095)", "(4096)1", "(4096", "(99999999999999999999)", "(4095)!"})
    EXPECT_FALSE(counter.MergeText(text)) << text;
  EXPECT_EQ(counter.Estimate(), 0u);
}

}  // namespace
}  // namespace cfgtorture::explore
