// Goal: what a spinning lock asks of the engine and tells the observers, in the kernel's order; and the algorithms.
#include "harness/kernel/spinlock.h"

#include <optional>

#include "gtest/gtest.h"
#include "harness/kernel/fake_engine_test.h"

namespace cfgtorture {
namespace {

class SpinlockTest : public ::testing::TestWithParam<SpinAlgorithm> {
 protected:
  SpinlockTest() {
    fake::Reset();
    SetSpinAlgorithm(GetParam());
  }
  ~SpinlockTest() override { SetSpinAlgorithm(kDefaultSpinAlgorithm); }
};

TEST_P(SpinlockTest, TakesAndDropsInTheKernelsOrder) {
  RawSpinlock lock("l");
  lock.lock();
  EXPECT_EQ(fake::Take(), "preempt- wait:l got:l");
  lock.unlock();
  EXPECT_EQ(fake::Take(), "drop:l preempt+");
  lock.lock_irq();
  EXPECT_EQ(fake::Take(), "irq- preempt- wait:l got:l");
  lock.unlock_irq();
  EXPECT_EQ(fake::Take(), "drop:l irq+ preempt+");
}

TEST_P(SpinlockTest, RestoresInterruptsToWhatTheyWere) {
  RawSpinlock outer("o"), inner("i");
  const unsigned long outer_flags = outer.lock_irqsave();
  const unsigned long inner_flags = inner.lock_irqsave();
  inner.unlock_irqrestore(inner_flags);
  EXPECT_TRUE(fake::Get().irqs_off);
  outer.unlock_irqrestore(outer_flags);
  EXPECT_FALSE(fake::Get().irqs_off);
  EXPECT_EQ(fake::Get().preempt_count, 0);
}

TEST_P(SpinlockTest, LeavesInterruptsAloneInAHardirq) {
  RawSpinlock lock("l");
  fake::AsHardirq([&] { RawSpinIrqGuard guard(lock); });
  EXPECT_EQ(fake::Take(), "preempt- wait:l got:l drop:l preempt+");
}

TEST_P(SpinlockTest, SpinsUntilTheHolderLeaves) {
  RawSpinlock lock("l");
  lock.lock();
  fake::AsTask(1, [&] {
    fake::Get().others = [&] { fake::AsTask(0, [&] { lock.unlock(); }); };
    lock.lock();
    lock.unlock();
  });
  EXPECT_NE(fake::Take().find("relax"), std::string::npos);
  EXPECT_TRUE(lock.try_lock());
}

TEST_P(SpinlockTest, ATrylockOfAHeldLockFailsAndLeavesNoTrace) {
  RawSpinlock lock("l");
  ASSERT_TRUE(lock.try_lock());
  EXPECT_EQ(fake::Take(), "preempt- got:l");  // it cannot wait, so it does not say that it does
  EXPECT_FALSE(lock.try_lock());
  EXPECT_EQ(fake::Get().preempt_count, 1);
  lock.unlock();
  ASSERT_TRUE(lock.try_lock());
}

TEST_P(SpinlockTest, WithoutRtASpinlockIsARawOne) {
  Spinlock lock("l");
  const unsigned long flags = lock.lock_irqsave();
  EXPECT_EQ(fake::Take(), "irq- preempt- wait:l got:l");
  EXPECT_FALSE(lock.try_lock());
  fake::Take();
  lock.unlock_irqrestore(flags);
  EXPECT_EQ(fake::Take(), "drop:l irq+ preempt+");
}

TEST_P(SpinlockTest, UnderRtASpinlockLeavesPreemptionAndInterruptsOn) {
  fake::Get().flavour = engine::Flavour::kRt;
  Spinlock lock("l");
  const unsigned long flags = lock.lock_irqsave();
  EXPECT_EQ(fake::Take(), "wait:l got:l");
  EXPECT_FALSE(lock.try_lock());
  lock.unlock_irqrestore(flags);
  EXPECT_EQ(fake::Take(), "drop:l");
}

TEST_P(SpinlockTest, UnderRtARawSpinlockStillSpins) {
  fake::Get().flavour = engine::Flavour::kRt;
  RawSpinlock lock("l");
  RawSpinGuard guard(lock);
  EXPECT_EQ(fake::Get().preempt_count, 1);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, SpinlockTest,
                         ::testing::Values(SpinAlgorithm::kTas, SpinAlgorithm::kTtas, SpinAlgorithm::kTicket,
                                           SpinAlgorithm::kMcs, SpinAlgorithm::kClh, SpinAlgorithm::kQspinlock),
                         [](const auto& info) {
                           return std::string(kSpinAlgorithmNames[static_cast<size_t>(info.param)]);
                         });

TEST(TicketLock, CallsInTheOrderOfTheTickets) {
  fake::Reset();
  TicketLock lock;
  std::string order;
  lock.lock();
  // Two come while it is held. The first takes its ticket before the second, and waits inside the second's wait.
  fake::Get().others = [&] {
    fake::Get().others = [&] { lock.unlock(); };
    EXPECT_THROW(lock.lock(), std::runtime_error);  // the second: it is the first's turn, and the first is suspended
    order += "second waits;";
  };
  lock.lock();  // the first
  order += "first";
  EXPECT_EQ(order, "second waits;first");
}

TEST(SpinAlgorithm, IsFoundByItsWholeName) {
  SpinAlgorithm found = SpinAlgorithm::kTicket;
  EXPECT_TRUE(FindSpinAlgorithm("tas:3x2", 3, &found));
  EXPECT_EQ(found, SpinAlgorithm::kTas);
  EXPECT_TRUE(FindSpinAlgorithm("ticket", 6, &found));
  EXPECT_EQ(found, SpinAlgorithm::kTicket);
  EXPECT_FALSE(FindSpinAlgorithm("tick", 4, &found));
  EXPECT_FALSE(FindSpinAlgorithm("tickets", 7, &found));
  EXPECT_FALSE(FindSpinAlgorithm("", 0, &found));
  EXPECT_EQ(found, SpinAlgorithm::kTicket);
}

}  // namespace
}  // namespace cfgtorture
