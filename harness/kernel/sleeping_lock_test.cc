// Goal: who gets a sleeping lock next, whom its release wakes, and what it does where sleeping is a bug.
#include "gtest/gtest.h"
#include "harness/kernel/fake_engine_test.h"
#include "harness/kernel/mutex.h"
#include "harness/kernel/rwsem.h"
#include "harness/kernel/spinlock.h"
#include "harness/kernel/start.h"

namespace cfgtorture {
namespace {

class SleepingLockTest : public ::testing::Test {
 protected:
  SleepingLockTest() {
    fake::Reset();
    EXPECT_TRUE(StartKernel(""));
  }
};

TEST_F(SleepingLockTest, AnUncontendedMutexNeitherParksNorWakes) {
  Mutex mutex("m");
  fake::Take();
  mutex.lock();
  mutex.unlock();
  EXPECT_EQ(fake::Take(), "wait:m got:m drop:m");
}

TEST_F(SleepingLockTest, AMutexIsHandedToItsWaiter) {
  Mutex mutex("m");
  mutex.lock();
  fake::AsTask(1, [&] {
    fake::Get().others = [&] {
      fake::AsTask(0, [&] {
        mutex.unlock();
        EXPECT_FALSE(mutex.try_lock());  // handed over: nobody overtakes
      });
    };
    mutex.lock();
    mutex.unlock();
  });
  EXPECT_TRUE(mutex.try_lock());
}

// C6's kin: what is woken from under a lock nests its pi_lock in that lock.
TEST_F(SleepingLockTest, WakesWithNoLockOfItsOwnHeld) {
  Mutex mutex("m");
  mutex.lock();
  fake::AsTask(1, [&] {
    fake::Get().others = [&] {
      fake::AsTask(0, [&] {
        fake::Take();
        mutex.unlock();
        EXPECT_EQ(fake::Take().find("drop:m irq- preempt- preempt- wait:p->pi_lock"), 0u);
      });
    };
    mutex.lock();
    mutex.unlock();
  });
}

TEST_F(SleepingLockTest, ReadersShareAndWritersDoNot) {
  RwSemaphore semaphore("s");
  semaphore.down_read();
  fake::AsTask(1, [&] { semaphore.down_read(); });
  EXPECT_FALSE(semaphore.down_write_trylock());
  semaphore.up_read();
  EXPECT_FALSE(semaphore.down_write_trylock());
  fake::AsTask(1, [&] { semaphore.up_read(); });
  EXPECT_TRUE(semaphore.down_write_trylock());
  EXPECT_FALSE(semaphore.down_read_trylock());
  semaphore.up_write();
  EXPECT_TRUE(semaphore.down_read_trylock());
}

TEST_F(SleepingLockTest, AQueuedWriterStopsNewReadersAndIsServedFirst) {
  RwSemaphore semaphore("s");
  std::string order;
  semaphore.down_read();
  fake::AsTask(1, [&] {
    fake::Get().others = [&] {
      fake::AsTask(2, [&] {
        EXPECT_FALSE(semaphore.down_read_trylock());
        fake::Get().others = [&] { fake::AsTask(0, [&] { semaphore.up_read(); }); };
        EXPECT_THROW(semaphore.down_read(), std::runtime_error);  // the writer has it, and is suspended under us
        order += "reader waits;";
      });
    };
    semaphore.down_write();
    order += "writer";
  });
  EXPECT_EQ(order, "reader waits;writer");
}

TEST_F(SleepingLockTest, AWriterThatLeavesLetsMoreReadersInThanOneBatchWakes) {
  constexpr engine::TaskId kReaders = 20;
  RwSemaphore semaphore("s");
  semaphore.down_write();
  unsigned inside = 0;
  // Each reader parks inside the one before it; the last one's park releases the writer.
  std::function<void(engine::TaskId)> read = [&](engine::TaskId task) {
    if (task > kReaders) {
      fake::AsTask(0, [&] { semaphore.up_write(); });
      return;
    }
    fake::AsTask(task, [&] {
      fake::Get().others = [&, task] { read(task + 1); };
      semaphore.down_read();
      ++inside;
    });
  };
  read(1);
  EXPECT_EQ(inside, kReaders);
  EXPECT_FALSE(semaphore.down_write_trylock());
}

TEST_F(SleepingLockTest, InAHardirqItPollsAndSaysThatItMayNotWait) {
  RwSemaphore semaphore("s");
  semaphore.down_write();
  fake::AsHardirq([&] { EXPECT_THROW(semaphore.down_read(), std::runtime_error); });  // its own CPU's writer: for ever
  ASSERT_EQ(fake::Get().violations.size(), 1u);
  EXPECT_EQ(fake::Take().find("park"), std::string::npos);

  fake::AsHardirq([&] {
    fake::Get().others = [&] { fake::AsTask(1, [&] { semaphore.up_write(); }); };  // another CPU's writer
    semaphore.down_read();
    semaphore.up_read();
  });
  EXPECT_TRUE(semaphore.down_write_trylock());
}

TEST_F(SleepingLockTest, UnderRtASpinlockParksItsWaiter) {
  fake::Get().flavour = engine::Flavour::kRt;
  Spinlock lock("l");
  lock.lock();
  fake::AsTask(1, [&] {
    fake::Get().others = [&] { fake::AsTask(0, [&] { lock.unlock(); }); };
    lock.lock();
    lock.unlock();
  });
  EXPECT_NE(fake::Take().find("park"), std::string::npos);
  EXPECT_TRUE(fake::Get().violations.empty());
}

}  // namespace
}  // namespace cfgtorture
