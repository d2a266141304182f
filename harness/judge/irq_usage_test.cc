// Goal: each way in which a handler and a lock do not go together fires, its nearest innocent neighbour does not.
#include "harness/judge/irq_usage.h"

#include "gtest/gtest.h"

namespace cfgtorture::judge {
namespace {

constexpr ClassId kA = 0, kB = 1, kC = 2;
constexpr Situation kTask{};
constexpr Situation kOff{.irqs_off = true};
constexpr Situation kHardirq{.level = Level::kHardirq, .irqs_off = true};
constexpr Situation kSoftirq{.level = Level::kSoftirq};

class IrqUsageTest : public ::testing::Test {
 protected:
  std::optional<IrqUsage::IrqLevel> Used(ClassId lock_class, const Situation& situation, uint64_t site = 0) {
    return usage_.Used(lock_class, situation, false, {.site = site});
  }
  void Edge(ClassId from, ClassId to) {
    HeldLock held, wanted;
    held.lock_class = held.family = from;
    wanted.lock_class = wanted.family = to;
    LockOrder::Path cycle;
    order_.Wait(&held, 1, wanted, &cycle);
    EXPECT_TRUE(cycle.empty());
  }
  IrqUsage usage_;
  LockOrder order_;
};

TEST_F(IrqUsageTest, FiresOnceBothUsesAreKnownAndNamesBoth) {
  EXPECT_FALSE(Used(kA, kTask, 11));
  EXPECT_EQ(Used(kA, kHardirq, 22), IrqUsage::kHardirqs);
  EXPECT_EQ(usage_.unsafe_place(IrqUsage::kHardirqs, kA).site, 11u);
  EXPECT_EQ(usage_.safe_place(IrqUsage::kHardirqs, kA).site, 22u);
  EXPECT_FALSE(Used(kA, kHardirq, 33)) << "said already";
}

TEST_F(IrqUsageTest, FiresInTheOtherOrderToo) {
  EXPECT_FALSE(Used(kA, kHardirq));
  EXPECT_EQ(Used(kA, kTask), IrqUsage::kHardirqs);
}

TEST_F(IrqUsageTest, SilentIfTasksHoldItWithInterruptsOff) {
  EXPECT_FALSE(Used(kA, kOff));
  EXPECT_FALSE(Used(kA, kHardirq));
  EXPECT_FALSE(Used(kB, kTask)) << "another class";
}

TEST_F(IrqUsageTest, FiresIfASoftirqTakesWhatATaskHoldsWithSoftirqsOn) {
  EXPECT_FALSE(Used(kA, kTask));
  EXPECT_EQ(Used(kA, kSoftirq), IrqUsage::kSoftirqs);
}

TEST_F(IrqUsageTest, FiresIfAHardirqTakesWhatASoftirqHoldsWithInterruptsOn) {
  EXPECT_FALSE(Used(kA, kSoftirq));
  EXPECT_EQ(Used(kA, kHardirq), IrqUsage::kHardirqs);
}

TEST_F(IrqUsageTest, SilentOnSoftirqAndTaskWithInterruptsOff) {
  EXPECT_FALSE(Used(kA, kOff));
  EXPECT_FALSE(Used(kA, {.level = Level::kSoftirq, .irqs_off = true}));
  EXPECT_FALSE(Used(kA, kHardirq));
}

TEST_F(IrqUsageTest, SoftirqsAreNoLevelUnderRt) {
  EXPECT_FALSE(Used(kA, {.rt = true}));
  EXPECT_FALSE(Used(kA, {.level = Level::kSoftirq, .rt = true}));
  EXPECT_EQ(Used(kA, {.level = Level::kHardirq, .rt = true, .irqs_off = true}), IrqUsage::kHardirqs);
}

TEST_F(IrqUsageTest, KnowsWhatItHasBeenTold) {
  EXPECT_TRUE(usage_.Knows(kA, kOff, false)) << "nothing is learnt from it";
  EXPECT_FALSE(usage_.Knows(kA, kTask, false));
  Used(kA, kTask);
  EXPECT_TRUE(usage_.Knows(kA, kTask, false));
  EXPECT_FALSE(usage_.Knows(kA, kTask, true)) << "a read is another use";
  EXPECT_FALSE(usage_.Knows(kA, kSoftirq, false));
}

TEST_F(IrqUsageTest, FiresOnAnUnsafeLockInsideASafeOne) {
  Used(kA, kHardirq);  // safe
  Used(kB, kTask);     // unsafe
  EXPECT_FALSE(usage_.FindInversion(order_));
  Edge(kA, kB);
  const auto found = usage_.FindInversion(order_);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->level, IrqUsage::kHardirqs);
  EXPECT_EQ(found->safe, kA);
  EXPECT_EQ(found->unsafe, kB);
  EXPECT_EQ(found->path.size(), 1u);
  EXPECT_FALSE(usage_.FindInversion(order_)) << "told already";
}

TEST_F(IrqUsageTest, FiresOverAChainAndWheneverTheLastFactComes) {
  Edge(kA, kB);
  Edge(kB, kC);
  Used(kC, kTask);
  EXPECT_FALSE(usage_.FindInversion(order_));
  Used(kA, kHardirq);
  const auto found = usage_.FindInversion(order_);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path.size(), 2u);
}

TEST_F(IrqUsageTest, OfNestedOnesTheInnermostIsTold) {
  Edge(kA, kB);
  Edge(kB, kC);
  Used(kA, kHardirq);
  Used(kB, kHardirq);
  Used(kC, kTask);
  const auto found = usage_.FindInversion(order_);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->safe, kB);
  EXPECT_EQ(found->unsafe, kC);
  EXPECT_FALSE(usage_.FindInversion(order_));
}

TEST_F(IrqUsageTest, SilentOnASafeLockInsideAnUnsafeOne) {
  Used(kA, kHardirq);
  Used(kB, kTask);
  Edge(kB, kA);  // the usual nesting: a spinlock with interrupts off inside a mutex
  EXPECT_FALSE(usage_.FindInversion(order_));
}

TEST_F(IrqUsageTest, SilentIfTheInnerOneIsHeldWithInterruptsOffAlways) {
  Used(kA, kHardirq);
  Used(kB, kOff);
  Edge(kA, kB);
  EXPECT_FALSE(usage_.FindInversion(order_));
}

TEST_F(IrqUsageTest, TellsOfAnInconsistentClassOnce) {
  Used(kA, kHardirq);
  Edge(kA, kB);
  EXPECT_FALSE(Used(kB, kHardirq));
  EXPECT_EQ(Used(kB, kTask), IrqUsage::kHardirqs);
  EXPECT_FALSE(usage_.FindInversion(order_)) << "that B is both is the finding";
}

TEST_F(IrqUsageTest, FiresAtTheLevelOfSoftirqs) {
  Used(kA, {.level = Level::kSoftirq, .irqs_off = true});
  Used(kB, kTask);
  Edge(kA, kB);
  const auto found = usage_.FindInversion(order_);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->level, IrqUsage::kSoftirqs);
}

TEST_F(IrqUsageTest, PrintsUsesAsLockdepDoes) {
  EXPECT_EQ(usage_.Text(kA), "....");
  Used(kA, kTask);
  EXPECT_EQ(usage_.Text(kA), "+.+.");
  Used(kB, kHardirq);
  EXPECT_EQ(usage_.Text(kB), "-...");
  Used(kB, kTask);
  EXPECT_EQ(usage_.Text(kB), "?.+.");
  usage_.Used(kC, kTask, true, {});
  EXPECT_EQ(usage_.Text(kC), ".+.+") << "a read";
}

TEST_F(IrqUsageTest, ANewExecutionKnowsNothing) {
  Used(kA, kHardirq);
  Used(kB, kTask);
  Edge(kA, kB);
  EXPECT_TRUE(usage_.FindInversion(order_));
  usage_.Forget();
  EXPECT_FALSE(usage_.FindInversion(order_));
  EXPECT_FALSE(Used(kA, kTask));
  Used(kA, kHardirq);
  EXPECT_EQ(usage_.Text(kB), "....");
}

}  // namespace
}  // namespace cfgtorture::judge
