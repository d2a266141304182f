// Goal: ranks and contexts map onto each other, and a token that offers other choices than the run is noticed.
#include "harness/explore/replayed.h"

#include "gtest/gtest.h"

namespace cfgtorture::explore {
namespace {

TEST(Replayed, RankZeroIsGoingOn) {
  EXPECT_EQ(ContextToRank(0b10110, 2, 2), 0u);
  EXPECT_EQ(ContextToRank(0b10110, 2, 1), 1u);
  EXPECT_EQ(ContextToRank(0b10110, 2, 4), 2u);
  EXPECT_EQ(ContextToRank(0b10110, 3, 1), 0u);  // the last one cannot go on
}

TEST(Replayed, EveryRankComesBack) {
  for (unsigned current : {0u, 2u, 63u}) {
    const uint64_t enabled = 0b110101 | uint64_t{1} << 63;
    for (unsigned chosen : {0u, 2u, 4u, 5u, 63u}) {
      EXPECT_EQ(RankToContext(enabled, current, ContextToRank(enabled, current, chosen)), chosen);
    }
  }
}

TEST(Replayed, RankZeroIsTheNewestStoreWhereMemoryIsAsked) {
  EXPECT_EQ(ContextToRank(0b1011, kReadsFrom, 0), 0u);
  EXPECT_EQ(ContextToRank(0b1011, kReadsFrom, 3), 2u);
  EXPECT_EQ(RankToContext(0b1011, kReadsFrom, 2), 3u);
}

TEST(Replayed, FollowsItsRanksAndNoticesOneTooHigh) {
  ReplayedExplorer explorer({0, 1, 7});
  explorer.Begin(0);
  EXPECT_EQ(explorer.Choose(0b111, 1), 1u);
  EXPECT_EQ(explorer.Choose(0b111, 1), 0u);
  EXPECT_FALSE(explorer.asked() != 2);
  EXPECT_EQ(explorer.Choose(0b111, 1), 1u);
  EXPECT_TRUE(explorer.diverged());
}

TEST(Replayed, NoticesThatTheRunAskedLessOrMore) {
  ReplayedExplorer explorer({0, 1});
  explorer.Begin(0);
  explorer.Choose(0b11, 0);
  EXPECT_TRUE(explorer.diverged());
  explorer.Choose(0b11, 0);
  EXPECT_FALSE(explorer.diverged());
  explorer.Choose(0b11, 0);
  EXPECT_TRUE(explorer.diverged());
}

}  // namespace
}  // namespace cfgtorture::explore
