// Goal: interrupt descriptors, and what nests around interrupts off.
#include "harness/kernel/irq.h"

#include "gtest/gtest.h"
#include "harness/kernel/fake_engine_test.h"
#include "harness/kernel/start.h"
#include "harness/kernel/time.h"

namespace cfgtorture {
namespace {

class IrqTest : public ::testing::Test {
 protected:
  IrqTest() {
    fake::Reset();
    EXPECT_TRUE(StartKernel(""));
  }
  static void Count(int vector, void* data) {
    EXPECT_TRUE(in_hardirq());
    EXPECT_TRUE(irqs_disabled());
    *static_cast<int*>(data) += vector;
  }
  int sum_ = 0;
};

TEST_F(IrqTest, EntryDropsTheDescriptorsLockBeforeTheHandlerRuns) {
  static std::string before_handler;
  request_irq(
      5, "t", [](int, void*) { before_handler = fake::Take(); }, nullptr);
  fake::Take();
  raise_irq(0, 5);
  EXPECT_EQ(before_handler, "preempt- wait:irq_desc->lock got:irq_desc->lock drop:irq_desc->lock preempt+");
}

TEST_F(IrqTest, AFreedVectorIsSpuriousAndCanBeRequestedAgain) {
  request_irq(5, "t", Count, &sum_);
  raise_irq(0, 5);
  free_irq(5);
  raise_irq(0, 5);
  raise_irq(0, 6);  // never requested
  EXPECT_EQ(sum_, 5);
  request_irq(5, "t", Count, &sum_);
  raise_irq(0, 5);
  EXPECT_EQ(sum_, 10);
}

TEST_F(IrqTest, ANewProgramKnowsNoHandlerOfTheLast) {
  request_irq(5, "t", Count, &sum_);
  EXPECT_TRUE(StartKernel("tas"));
  raise_irq(0, 5);
  EXPECT_EQ(sum_, 0);
}

TEST_F(IrqTest, EachOf256VectorsHasItsHandler) {
  int high = 0;
  request_irq(1, "t", Count, &sum_);
  request_irq(65, "t", Count, &high);
  request_irq(255, "t", Count, &high);
  raise_irq(0, 1);
  EXPECT_EQ(sum_, 1);
  EXPECT_EQ(high, 0);
  raise_irq(0, 65);
  raise_irq(0, 255);
  EXPECT_EQ(sum_, 1);
  EXPECT_EQ(high, 65 + 255);
  EXPECT_TRUE(StartKernel("tas"));
  for (const int vector : {1, 65, 255}) raise_irq(0, vector);
  EXPECT_EQ(sum_ + high, 1 + 65 + 255) << "a new program knows none of them";
}

TEST_F(IrqTest, StartKernelRefusesAnUnknownAlgorithm) { EXPECT_FALSE(StartKernel("mcs-of-tomorrow")); }

TEST_F(IrqTest, SectionsWithInterruptsOffNest) {
  const unsigned long outer = local_irq_save();
  const unsigned long inner = local_irq_save();
  local_irq_restore(inner);
  EXPECT_TRUE(irqs_disabled());
  local_irq_restore(outer);
  EXPECT_FALSE(irqs_disabled());
}

TEST_F(IrqTest, MsleepSleepsAndInAtomicContextWaitsBusily) {
  fake::Take();
  msleep(1);
  EXPECT_EQ(fake::Take(), "sleep");
  EXPECT_TRUE(fake::Get().violations.empty());
  preempt_disable();
  msleep(1);
  preempt_enable();
  EXPECT_EQ(fake::Take(), "preempt- delay preempt+");
  EXPECT_EQ(fake::Get().violations.size(), 1u);
}

}  // namespace
}  // namespace cfgtorture
