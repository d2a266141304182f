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

}  // namespace
}  // namespace cfgtorture::explore
