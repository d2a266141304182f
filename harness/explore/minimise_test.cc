// Goal: what is left shows the same and costs no more; where less shows it, less is left. Also within a budget, and
// when nothing helps.
#include "harness/explore/minimise.h"

#include <array>

#include "gtest/gtest.h"

namespace cfgtorture::explore {
namespace {

// Contexts 0 to 3 of ten steps each. "Found" when context 1 takes its fifth step after context 2 has ended, while
// context 0 stands between its steps 3 and 7: one preemption is needed, of context 0.
constexpr unsigned kContexts = 4;
constexpr uint64_t kSteps = 10;

Trial Followed(const Schedule& schedule) {
  GuidedExplorer guided;
  guided.Follow(schedule);
  guided.Begin(0);
  std::array<uint64_t, kContexts> done{};
  Trial trial;
  unsigned current = 0;
  for (;;) {
    uint64_t enabled = 0;
    for (unsigned i = 0; i < kContexts; ++i) enabled |= uint64_t{done[i] < kSteps} << i;
    if (enabled == 0) return trial;
    const bool could_go_on = (enabled >> current & 1) != 0;
    const unsigned next = guided.Choose(enabled, current);
    if (next != current && could_go_on) ++trial.cost.preemptions;
    current = next;
    ++done[current];
    ++trial.points;
    if (current == 1 && done[1] == 5 && done[2] == kSteps && done[0] >= 3 && done[0] < 7) break;
  }
  trial.found = true;
  trial.taken = SegmentsOf(guided.chosen(), guided.chosen().size());
  trial.cost.switches = trial.taken.size();
  trial.cost.points = trial.points;
  return trial;
}

Schedule Messy() {
  return {{3, 2}, {0, 1}, {2, 4}, {1, 1}, {0, 2}, {3, 3}, {2, 3}, {0, 1}, {1, 3}, {2, 3}, {3, 1}, {1, 1}};
}

TEST(Minimise, LeavesTheOnePreemptionThatIsNeeded) {
  const Trial messy = Followed(Messy());
  ASSERT_TRUE(messy.found);
  EXPECT_EQ(messy.cost.preemptions, 11u);
  Budget budget{2000, 1'000'000};
  const Minimised minimised = Minimise(
      messy, Followed, [](const Schedule&) { return true; }, budget);
  EXPECT_TRUE(minimised.complete);
  EXPECT_EQ(minimised.best.cost.preemptions, 1u);
  EXPECT_EQ(minimised.best.taken, (Schedule{{0, 3}, {2, 10}, {1, 5}}));
  EXPECT_TRUE(Followed(minimised.best.taken).found) << "what was taken can be followed again";
}

TEST(Minimise, KeepsWhatNothingMakesSimpler) {
  const Trial small = Followed({{0, 3}, {2, 10}, {1, 5}});
  ASSERT_TRUE(small.found);
  Budget budget{2000, 1'000'000};
  EXPECT_EQ(Minimise(
                small, Followed, [](const Schedule&) { return true; }, budget)
                .best.taken,
            small.taken);
}

TEST(Minimise, KeepsItsBudgetAndSaysThatItWasSpent) {
  for (const Budget limit : {Budget{5, 1'000'000}, Budget{2000, 100}}) {
    Budget budget = limit;
    const Minimised minimised = Minimise(
        Followed(Messy()), Followed, [](const Schedule&) { return true; }, budget);
    EXPECT_FALSE(minimised.complete);
    EXPECT_EQ(budget.tries, 0u);
    EXPECT_TRUE(Followed(minimised.best.taken).found);
    EXPECT_FALSE(Followed(Messy()).cost < minimised.best.cost);
  }
}

TEST(Minimise, TakesNothingThatIsNotConfirmed) {
  Budget budget{2000, 1'000'000};
  const Trial messy = Followed(Messy());
  EXPECT_EQ(Minimise(
                messy, Followed, [](const Schedule&) { return false; }, budget)
                .best.taken,
            messy.taken);
}

TEST(Guided, TakesWhatMemoryDoesBackToTheSameQuestion) {
  // Context 0 takes a choice, reads what is two before the newest, takes another; the next question is as usual.
  GuidedExplorer guided;
  guided.Follow({{0, 1}, {kAnswers + 2, 1}, {0, 1}, {1, kUntilItWaits}, {kDrainAnswers + 3, 1}});
  guided.Begin(0);
  EXPECT_EQ(guided.Choose(0b11, 0), 0u);
  EXPECT_EQ(guided.Choose(0b111, kReadsFrom), 2u);
  EXPECT_EQ(guided.Choose(0b11, 0), 0u);
  EXPECT_EQ(guided.Choose(0b111, kReadsFrom), 0u);
  EXPECT_EQ(guided.Choose(0b11, 0), 1u);
  EXPECT_EQ(guided.Choose(0b11, kReadsFrom), 0u) << "the answer of another kind of question";
  EXPECT_EQ(guided.Choose(0b1001, kDrains), 3u) << "as its context goes on until it waits";
  EXPECT_EQ(guided.Choose(0b1001, kDrains), 0u);
  EXPECT_EQ(SegmentsOf(guided.chosen(), guided.chosen().size()),
            (Schedule{{0, 1}, {kAnswers + 2, 1}, {0, 1}, {1, 1}, {kDrainAnswers + 3, 1}}));
}

TEST(Guided, LeavesOutAnAnswerThatNobodyAsksFor) {
  GuidedExplorer guided;
  guided.Follow({{kAnswers + 1, 1}, {1, 1}});
  guided.Begin(0);
  EXPECT_EQ(guided.Choose(0b11, 0), 1u);
  EXPECT_EQ(guided.Choose(0b11, kReadsFrom), 0u);
}

TEST(Guided, LeavesAContextThatWaitsAndTakesTurnsAfterwards) {
  GuidedExplorer guided;
  guided.Follow({{2, 3}, {1, 1}});
  guided.Begin(0);
  EXPECT_EQ(guided.Choose(0b0110, 0), 2u);
  EXPECT_EQ(guided.Choose(0b0011, 2), 1u) << "2 waits: its segment is over";
  EXPECT_EQ(guided.Choose(0b0111, 1), 1u) << "nothing left to follow: whoever runs goes on";
  EXPECT_EQ(guided.Choose(0b1101, 1), 2u) << "the next in turn";
  EXPECT_EQ(guided.Choose(uint64_t{1} << kClockStep | 1, 3), 0u) << "before the clock";
  EXPECT_EQ(guided.chosen().size(), 5u);
}

}  // namespace
}  // namespace cfgtorture::explore
