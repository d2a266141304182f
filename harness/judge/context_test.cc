// Goal: the table of facts 7.1, cell by cell: what is illegal fires, its legal neighbour does not.
#include "harness/judge/context.h"

#include "gtest/gtest.h"

namespace cfgtorture::judge {
namespace {

constexpr Situation kTask{};
constexpr Situation kTaskRt{.rt = true};
constexpr Situation kHardirq{.level = Level::kHardirq, .irqs_off = true};
constexpr Situation kHardirqRt{.level = Level::kHardirq, .rt = true, .irqs_off = true};
constexpr Situation kSoftirq{.level = Level::kSoftirq};

TEST(CheckWait, ATaskThatHoldsNothingMayWaitForAnything) {
  for (const Situation& situation : {kTask, kTaskRt}) {
    for (WaitType type : {WaitType::kSpin, WaitType::kConfig, WaitType::kSleep}) {
      EXPECT_EQ(CheckWait(situation, type, WaitType::kSleep), ContextFault::kNone);
    }
  }
}

TEST(CheckWait, FiresOnASleepingLockInHardirq) {
  EXPECT_NE(CheckWait(kHardirq, WaitType::kSleep, WaitType::kSleep), ContextFault::kNone);
  EXPECT_EQ(CheckWait(kHardirq, WaitType::kSpin, WaitType::kSleep), ContextFault::kNone);
}

TEST(CheckWait, ASpinlockInHardirqFiresOnlyUnderRt) {
  EXPECT_EQ(CheckWait(kHardirq, WaitType::kConfig, WaitType::kSleep), ContextFault::kNone);
  EXPECT_EQ(CheckWait(kHardirqRt, WaitType::kConfig, WaitType::kSleep), ContextFault::kInvalidWait);
  EXPECT_EQ(CheckWait(kHardirqRt, WaitType::kSpin, WaitType::kSleep), ContextFault::kNone);
}

TEST(CheckWait, ASpinlockInsideARawOneFiresOnlyUnderRt) {
  EXPECT_EQ(CheckWait(kTask, WaitType::kConfig, WaitType::kSpin), ContextFault::kNone);
  EXPECT_EQ(CheckWait(kTaskRt, WaitType::kConfig, WaitType::kSpin), ContextFault::kInvalidWait);
  EXPECT_EQ(CheckWait(kTaskRt, WaitType::kSpin, WaitType::kConfig), ContextFault::kNone);
}

TEST(CheckWait, FiresOnASemaphoreInsideASpinlock) {
  EXPECT_EQ(CheckWait(kTask, WaitType::kSleep, WaitType::kConfig), ContextFault::kInvalidWait);
  EXPECT_EQ(CheckWait(kTaskRt, WaitType::kSleep, WaitType::kConfig), ContextFault::kInvalidWait);
  EXPECT_EQ(CheckWait(kTask, WaitType::kSpin, WaitType::kSleep), ContextFault::kNone);
}

TEST(CheckWait, InterruptsOffForbidWhatSleeps) {
  const Situation off{.irqs_off = true};
  EXPECT_EQ(CheckWait(off, WaitType::kSleep, WaitType::kSleep), ContextFault::kSleepInAtomic);
  EXPECT_EQ(CheckWait(off, WaitType::kConfig, WaitType::kSleep), ContextFault::kNone);
  const Situation off_rt{.rt = true, .irqs_off = true};
  EXPECT_EQ(CheckWait(off_rt, WaitType::kConfig, WaitType::kSleep), ContextFault::kInvalidWait);
}

TEST(CheckWait, SoftirqTakesSpinlocksButDoesNotSleep) {
  EXPECT_EQ(CheckWait(kSoftirq, WaitType::kConfig, WaitType::kSleep), ContextFault::kNone);
  EXPECT_NE(CheckWait(kSoftirq, WaitType::kSleep, WaitType::kSleep), ContextFault::kNone);
}

TEST(CheckSleep, FiresWhereverSleepingIsAtomic) {
  EXPECT_EQ(CheckSleep(kTask, false), ContextFault::kNone);
  EXPECT_EQ(CheckSleep(kTask, true), ContextFault::kSleepInAtomic);
  EXPECT_EQ(CheckSleep(kHardirq, false), ContextFault::kSleepInAtomic);
  EXPECT_EQ(CheckSleep(kSoftirq, false), ContextFault::kSleepInAtomic);
  EXPECT_EQ(CheckSleep({.irqs_off = true}, false), ContextFault::kSleepInAtomic);
  EXPECT_EQ(CheckSleep({.preempt_off = true}, false), ContextFault::kSleepInAtomic);
}

TEST(CheckEnd, FiresOnATaskThatEndsInAtomicContextAlone) {
  EXPECT_EQ(CheckEnd({.irqs_off = true}), ContextFault::kSleepInAtomic);
  EXPECT_EQ(CheckEnd({.preempt_off = true}), ContextFault::kSleepInAtomic);
  EXPECT_EQ(CheckEnd(kTask), ContextFault::kNone);
  EXPECT_EQ(CheckEnd(kHardirq), ContextFault::kNone);
}

}  // namespace
}  // namespace cfgtorture::judge
