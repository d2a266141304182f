#include "harness/explore/dfs.h"

#include <cstdint>
#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace cfgtorture::explore {
namespace {

// Two contexts of `length` steps each; returns the schedules in the order in which they were run.
std::vector<std::vector<unsigned>> Schedules(DfsExplorer& dfs, unsigned length) {
  std::vector<std::vector<unsigned>> all;
  do {
    dfs.Begin(0);
    unsigned left[2] = {length, length};
    unsigned current = 0;
    std::vector<unsigned> schedule;
    while (left[0] + left[1] != 0) {
      const uint64_t enabled = (left[0] != 0 ? 1u : 0u) | (left[1] != 0 ? 2u : 0u);
      current = enabled == 3 ? dfs.Choose(enabled, current) : static_cast<unsigned>(enabled) - 1;
      --left[current];
      schedule.push_back(current);
    }
    all.push_back(schedule);
  } while (dfs.End(0));
  return all;
}

TEST(Dfs, RunsEveryScheduleOnceInItsLastRound) {
  DfsExplorer dfs(UINT32_MAX);
  const auto all = Schedules(dfs, 3);
  EXPECT_EQ(all.size(), 20u);  // 6 over 3
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), 20u);
  EXPECT_FALSE(dfs.cut());
}

TEST(Dfs, RunsFewPreemptionsFirst) {
  DfsExplorer dfs;
  const auto all = Schedules(dfs, 3);
  EXPECT_EQ(all[0], (std::vector<unsigned>{0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(dfs.executions(), 20u);
  EXPECT_GT(all.size(), 20u);
}

TEST(Dfs, StopsAtItsLastBound) {
  DfsExplorer dfs(0, 0);
  const auto all = Schedules(dfs, 3);
  EXPECT_TRUE(dfs.cut());
  for (const auto& schedule : all) {
    unsigned switches = 0;
    for (size_t i = 1; i < schedule.size(); ++i) switches += schedule[i] != schedule[i - 1];
    EXPECT_LE(switches, 1u);  // where the first had ended
  }
}

}  // namespace
}  // namespace cfgtorture::explore
