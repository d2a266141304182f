// Goal: each way in which a handler and a lock do not go together fires, its nearest innocent neighbour does not.
#include "harness/judge/irq_usage.h"

#include "gtest/gtest.h"

namespace cfgtorture::judge {
namespace {

constexpr ClassId kClassA = 0, kClassB = 1, kClassC = 2;
constexpr Situation kInTask{};
constexpr Situation kOff{.irqs_off = true};
constexpr Situation kInHardirq{.level = Level::kHardirq, .irqs_off = true};
constexpr Situation kInSoftirq{.level = Level::kSoftirq};

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
  EXPECT_FALSE(Used(kClassA, kInTask, 11));
  EXPECT_EQ(Used(kClassA, kInHardirq, 22), IrqUsage::kHardirqs);
  EXPECT_EQ(usage_.unsafe_place(IrqUsage::kHardirqs, kClassA).site, 11u);
  EXPECT_EQ(usage_.safe_place(IrqUsage::kHardirqs, kClassA).site, 22u);
  EXPECT_FALSE(Used(kClassA, kInHardirq, 33)) << "said already";
}

TEST_F(IrqUsageTest, FiresInTheOtherOrderToo) {
  EXPECT_FALSE(Used(kClassA, kInHardirq));
  EXPECT_EQ(Used(kClassA, kInTask), IrqUsage::kHardirqs);
}

TEST_F(IrqUsageTest, SilentIfTasksHoldItWithInterruptsOff) {
  EXPECT_FALSE(Used(kClassA, kOff));
  EXPECT_FALSE(Used(kClassA, kInHardirq));
  EXPECT_FALSE(Used(kClassB, kInTask)) << "another class";
}

TEST_F(IrqUsageTest, FiresIfASoftirqTakesWhatATaskHoldsWithSoftirqsOn) {
  EXPECT_FALSE(Used(kClassA, kInTask));
  EXPECT_EQ(Used(kClassA, kInSoftirq), IrqUsage::kSoftirqs);
}

TEST_F(IrqUsageTest, FiresIfAHardirqTakesWhatASoftirqHoldsWithInterruptsOn) {
  EXPECT_FALSE(Used(kClassA, kInSoftirq));
  EXPECT_EQ(Used(kClassA, kInHardirq), IrqUsage::kHardirqs);
}

TEST_F(IrqUsageTest, SilentOnSoftirqAndTaskWithInterruptsOff) {
  EXPECT_FALSE(Used(kClassA, kOff));
  EXPECT_FALSE(Used(kClassA, {.level = Level::kSoftirq, .irqs_off = true}));
  EXPECT_FALSE(Used(kClassA, kInHardirq));
}

TEST_F(IrqUsageTest, SoftirqsAreNoLevelUnderRt) {
  EXPECT_FALSE(Used(kClassA, {.rt = true}));
  EXPECT_FALSE(Used(kClassA, {.level = Level::kSoftirq, .rt = true}));
  EXPECT_EQ(Used(kClassA, {.level = Level::kHardirq, .rt = true, .irqs_off = true}), IrqUsage::kHardirqs);
}

TEST_F(IrqUsageTest, KnowsWhatItHasBeenTold) {
  EXPECT_TRUE(usage_.Knows(kClassA, kOff, false)) << "nothing is learnt from it";
  EXPECT_FALSE(usage_.Knows(kClassA, kInTask, false));
  Used(kClassA, kInTask);
  EXPECT_TRUE(usage_.Knows(kClassA, kInTask, false));
  EXPECT_FALSE(usage_.Knows(kClassA, kInTask, true)) << "a read is another use";
  EXPECT_FALSE(usage_.Knows(kClassA, kInSoftirq, false));
}

TEST_F(IrqUsageTest, FiresOnAnUnsafeLockInsideASafeOne) {
  Used(kClassA, kInHardirq);  // safe
  Used(kClassB, kInTask);     // unsafe
  EXPECT_FALSE(usage_.FindInversion(order_));
  Edge(kClassA, kClassB);
  const auto found = usage_.FindInversion(order_);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->level, IrqUsage::kHardirqs);
  EXPECT_EQ(found->safe, kClassA);
  EXPECT_EQ(found->unsafe, kClassB);
  EXPECT_EQ(found->path.size(), 1u);
  EXPECT_FALSE(usage_.FindInversion(order_)) << "told already";
}

TEST_F(IrqUsageTest, FiresOverAChainAndWheneverTheLastFactComes) {
  Edge(kClassA, kClassB);
  Edge(kClassB, kClassC);
  Used(kClassC, kInTask);
  EXPECT_FALSE(usage_.FindInversion(order_));
  Used(kClassA, kInHardirq);
  const auto found = usage_.FindInversion(order_);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path.size(), 2u);
}

TEST_F(IrqUsageTest, OfNestedOnesTheInnermostIsTold) {
  Edge(kClassA, kClassB);
  Edge(kClassB, kClassC);
  Used(kClassA, kInHardirq);
  Used(kClassB, kInHardirq);
  Used(kClassC, kInTask);
  const auto found = usage_.FindInversion(order_);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->safe, kClassB);
  EXPECT_EQ(found->unsafe, kClassC);
  EXPECT_FALSE(usage_.FindInversion(order_));
}

TEST_F(IrqUsageTest, SilentOnASafeLockInsideAnUnsafeOne) {
  Used(kClassA, kInHardirq);
  Used(kClassB, kInTask);
  Edge(kClassB, kClassA);  // the usual nesting: a spinlock with interrupts off inside a mutex
  EXPECT_FALSE(usage_.FindInversion(order_));
}

TEST_F(IrqUsageTest, SilentIfTheInnerOneIsHeldWithInterruptsOffAlways) {
  Used(kClassA, kInHardirq);
  Used(kClassB, kOff);
  Edge(kClassA, kClassB);
  EXPECT_FALSE(usage_.FindInversion(order_));
}

TEST_F(IrqUsageTest, TellsOfAnInconsistentClassOnce) {
  Used(kClassA, kInHardirq);
  Edge(kClassA, kClassB);
  EXPECT_FALSE(Used(kClassB, kInHardirq));
  EXPECT_EQ(Used(kClassB, kInTask), IrqUsage::kHardirqs);
  EXPECT_FALSE(usage_.FindInversion(order_)) << "that B is both is the finding";
}

TEST_F(IrqUsageTest, FiresAtTheLevelOfSoftirqs) {
  Used(kClassA, {.level = Level::kSoftirq, .irqs_off = true});
  Used(kClassB, kInTask);
  Edge(kClassA, kClassB);
  const auto found = usage_.FindInversion(order_);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->level, IrqUsage::kSoftirqs);
}

TEST_F(IrqUsageTest, PrintsUsesAsLockdepDoes) {
  EXPECT_EQ(usage_.Text(kClassA), "....");
  Used(kClassA, kInTask);
  EXPECT_EQ(usage_.Text(kClassA), "+.+.");
  Used(kClassB, kInHardirq);
  EXPECT_EQ(usage_.Text(kClassB), "-...");
  Used(kClassB, kInTask);
  EXPECT_EQ(usage_.Text(kClassB), "?.+.");
  usage_.Used(kClassC, kInTask, true, {});
  EXPECT_EQ(usage_.Text(kClassC), ".+.+") << "a read";
}

TEST_F(IrqUsageTest, ANewExecutionKnowsNothing) {
  Used(kClassA, kInHardirq);
  Used(kClassB, kInTask);
  Edge(kClassA, kClassB);
  EXPECT_TRUE(usage_.FindInversion(order_));
  usage_.Forget();
  EXPECT_FALSE(usage_.FindInversion(order_));
  EXPECT_FALSE(Used(kClassA, kInTask));
  Used(kClassA, kInHardirq);
  EXPECT_EQ(usage_.Text(kClassB), "....");
}

}  // namespace
}  // namespace cfgtorture::judge
