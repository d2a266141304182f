// Goal: the highest priority runs until it falls; an execution depends on seed and number alone; nobody starves.
#include "harness/explore/pct.h"

#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace cfgtorture::explore {
namespace {

std::vector<unsigned> Choices(PctExplorer& explorer, uint64_t number, uint64_t enabled, unsigned count) {
  explorer.Begin(number);
  std::vector<unsigned> chosen;
  unsigned current = 0;
  for (unsigned i = 0; i < count; ++i) chosen.push_back(current = explorer.Choose(enabled, current));
  return chosen;
}

TEST(Pct, WhatMemoryDoesIsDrawnAndLeavesThePrioritiesAlone) {
  PctExplorer explorer(7);
  explorer.Begin(0);
  const unsigned first = explorer.Choose(0xff, 0);
  std::set<unsigned> drawn;
  for (unsigned i = 0; i < 200; ++i) drawn.insert(explorer.Choose(0b111, i % 2 == 0 ? kReadsFrom : kDrains));
  EXPECT_EQ(drawn.size(), 3u);
  explorer.Begin(0);
  EXPECT_EQ(explorer.Choose(0xff, 0), first);
}

TEST(Pct, TheSameSeedAndNumberMeanTheSameChoices) {
  PctExplorer a(7), b(7), c(8);
  Choices(a, 0, 0xff, 50);
  bool differs = false;
  for (uint64_t number = 0; number < 20; ++number) {
    const std::vector<unsigned> chosen = Choices(a, number, 0xff, 5000);
    EXPECT_EQ(chosen, Choices(b, number, 0xff, 5000));
    differs |= chosen != Choices(c, number, 0xff, 5000);
  }
  EXPECT_TRUE(differs);
}

TEST(Pct, SwitchesAtMostWhereAPriorityFalls) {
  PctExplorer explorer(1);
  for (uint64_t number = 0; number < 200; ++number) {
    const std::vector<unsigned> chosen = Choices(explorer, number, 0b1111, 32);  // 2 x the shortest length
    unsigned switches = 0;
    for (size_t i = 1; i < chosen.size(); ++i) switches += chosen[i] != chosen[i - 1];
    EXPECT_LE(switches, PctExplorer::kDepth - 1) << "number " << number;
  }
}

TEST(Pct, EveryContextIsTheFirstSometimes) {
  PctExplorer explorer(1);
  std::set<unsigned> first;
  for (uint64_t number = 0; number < 200; ++number) first.insert(Choices(explorer, number, 0b1111, 1)[0]);
  EXPECT_EQ(first.size(), 4u);
}

TEST(Pct, NobodyStarves) {
  PctExplorer explorer(1);
  for (uint64_t number = 0; number < 20; ++number) {
    const std::vector<unsigned> chosen = Choices(explorer, number, 0b11, 5000);
    EXPECT_EQ(std::set<unsigned>(chosen.begin(), chosen.end()).size(), 2u) << "number " << number;
  }
}

}  // namespace
}  // namespace cfgtorture::explore
