// Goal: links, states and locks of wait queues and wake-ups, step by step as facts 7.2 has them.
#include "harness/kernel/wait_queue.h"

#include "gtest/gtest.h"
#include "harness/kernel/completion.h"
#include "harness/kernel/fake_engine_test.h"
#include "harness/kernel/start.h"

namespace cfgtorture {
namespace {

class WaitQueueTest : public ::testing::Test {
 protected:
  WaitQueueTest() {
    fake::Reset();
    EXPECT_TRUE(StartKernel(""));
  }
  // Walks forward and checks each link backward.
  int Length() {
    int length = 0;
    for (WaitLink* at = head_.list.next; at != &head_.list; at = at->next) {
      EXPECT_EQ(at->next->prev, at);
      EXPECT_EQ(at->prev->next, at);
      ++length;
    }
    return length;
  }
  WaitQueueHead head_{"q"};
};

TEST_F(WaitQueueTest, LinksAndUnlinksUnderTheQueueLock) {
  WaitQueueEntry one, two;
  fake::Take();
  add_wait_queue(head_, one);
  EXPECT_EQ(fake::Take(), "irq- preempt- wait:q got:q linked drop:q irq+ preempt+");
  add_wait_queue(head_, two);
  EXPECT_EQ(Length(), 2);
  remove_wait_queue(head_, one);
  EXPECT_EQ(Length(), 1);
  EXPECT_FALSE(one.linked.load());
  EXPECT_TRUE(two.linked.load());
  remove_wait_queue(head_, two);
  EXPECT_EQ(Length(), 0);
  EXPECT_TRUE(fake::Get().violations.empty());
}

TEST_F(WaitQueueTest, TheUnderscoreFormsTakeNoLock) {
  WaitQueueEntry one;
  fake::Take();
  __add_wait_queue(head_, one);
  __remove_wait_queue(head_, one);
  EXPECT_EQ(fake::Take(), "linked unlinked");
}

TEST_F(WaitQueueTest, FiresOnASecondUnlink) {
  WaitQueueEntry one;
  __add_wait_queue(head_, one);
  __remove_wait_queue(head_, one);
  __remove_wait_queue(head_, one);
  ASSERT_EQ(fake::Get().violations.size(), 1u);
  EXPECT_EQ(fake::Get().violations[0].find("list-corrupt: "), 0u);
}

TEST_F(WaitQueueTest, FiresOnNeighboursThatDisagree) {
  WaitQueueEntry one, two;
  __add_wait_queue(head_, one);
  head_.list.next = &head_.list;  // as a lost store leaves it
  __add_wait_queue(head_, two);
  EXPECT_FALSE(fake::Get().violations.empty());
}

TEST_F(WaitQueueTest, AWakeUpTakesQueueLockThenPiLockThenRunQueueLock) {
  fake::AsTask(1, [&] {
    WaitQueueEntry entry;
    prepare_to_wait(head_, entry, TaskState::kUninterruptible);
    fake::AsTask(2, [&] {
      fake::Take();
      wake_up_all(head_);
      EXPECT_EQ(fake::Take(),
                "irq- preempt- wait:q got:q "
                "preempt- wait:p->pi_lock got:p->pi_lock "
                "preempt- wait:rq->lock got:rq->lock wakes1 drop:rq->lock preempt+ "
                "drop:p->pi_lock preempt+ drop:q irq+ preempt+");
    });
    EXPECT_EQ(current()->state.load(), TaskState::kRunning);
    EXPECT_TRUE(entry.linked.load());  // the default callback leaves it
    finish_wait(head_, entry);
  });
  EXPECT_EQ(Length(), 0);
}

TEST_F(WaitQueueTest, AWakeUpOfWhoeverRunsStopsAtPiLock) {
  fake::AsTask(1, [&] {
    WaitQueueEntry entry(autoremove_wake_function);
    prepare_to_wait(head_, entry, TaskState::kUninterruptible);
    __set_current_state(TaskState::kRunning);
    fake::Take();
    wake_up_all(head_);
    EXPECT_EQ(fake::Take().find("rq->lock"), std::string::npos);
    EXPECT_TRUE(entry.linked.load());  // it woke nobody, so the entry stays
    finish_wait(head_, entry);
    EXPECT_FALSE(entry.linked.load());
  });
}

TEST_F(WaitQueueTest, WakesAllOfThemAndWalksOnOverEntriesThatUnlinkThemselves) {
  WaitQueueEntry* entries[3];
  fake::AsTask(1, [&] {
    WaitQueueEntry one(autoremove_wake_function);
    entries[0] = &one;
    prepare_to_wait(head_, one, TaskState::kUninterruptible);
    fake::AsTask(2, [&] {
      WaitQueueEntry two(autoremove_wake_function);
      prepare_to_wait(head_, two, TaskState::kUninterruptible);
      fake::AsTask(3, [&] {
        EXPECT_EQ(Length(), 2);
        wake_up_all(head_);
        EXPECT_EQ(Length(), 0);
      });
      EXPECT_EQ(current()->state.load(), TaskState::kRunning);
    });
    EXPECT_EQ(current()->state.load(), TaskState::kRunning);
  });
  EXPECT_TRUE(fake::Get().violations.empty());
}

// v4.11's panic: the owner unlinks its entry and returns while a walk stands on it.
TEST_F(WaitQueueTest, FiresOnAWakerThatStandsOnAnUnlinkedEntry) {
  static WaitQueueEntry* other;
  static WaitQueueHead* head;
  head = &head_;
  fake::AsTask(1, [&] {
    WaitQueueEntry entry;
    other = &entry;
    fake::AsTask(2, [&] {
      // The first callback of the walk plays the owner of the entry that the walk goes to next.
      WaitQueueEntry first([](WaitQueueEntry&) {
        __remove_wait_queue(*head, *other);
        return false;
      });
      __add_wait_queue(head_, entry);
      __add_wait_queue(head_, first);  // in front
      try {
        wake_up_all(head_);
      } catch (const std::runtime_error& end) {
        EXPECT_STREQ(end.what(), "a waker stands on a dead wait entry");
      }
    });
  });
  ASSERT_EQ(fake::Get().violations.size(), 1u);
  EXPECT_EQ(fake::Get().violations[0].find("dead-entry: "), 0u);
}

TEST_F(WaitQueueTest, WaitEventParksUntilItsConditionHolds) {
  bool open = false;
  fake::AsTask(1, [&] {
    fake::Get().others = [&] {
      fake::AsTask(2, [&] {
        wake_up_all(head_);  // another's wake-up: the condition does not hold yet
        fake::Get().others = [&] {
          fake::AsTask(2, [&] {
            open = true;
            wake_up_all(head_);
          });
        };
      });
    };
    wait_event(head_, [&] { return open; });
    EXPECT_TRUE(open);
    EXPECT_EQ(current()->state.load(), TaskState::kRunning);
  });
  EXPECT_EQ(Length(), 0);
}

TEST_F(WaitQueueTest, AWakeUpBetweenPrepareAndScheduleIsNotLost) {
  fake::AsTask(1, [&] {
    WaitQueueEntry entry(autoremove_wake_function);
    prepare_to_wait(head_, entry, TaskState::kUninterruptible);
    fake::AsTask(2, [&] { wake_up_all(head_); });
    fake::Take();
    schedule();
    EXPECT_EQ(fake::Take().find("park"), std::string::npos);
    finish_wait(head_, entry);
  });
}

TEST_F(WaitQueueTest, TheSchedulerHookRunsUnderTheRunQueueLockOnlyWhenATaskIsSwitchedOut) {
  static int runs;
  runs = 0;
  SetSchedulerHook(
      [](void*) {
        ++runs;
        EXPECT_TRUE(fake::Get().irqs_off);
        EXPECT_EQ(fake::Take(), "irq- preempt- wait:rq->lock got:rq->lock");
      },
      nullptr);
  fake::AsTask(1, [&] {
    fake::Take();
    schedule();  // it runs: it stays
    EXPECT_EQ(runs, 0);
    TaskStruct& self = *current();
    set_current_state(TaskState::kUninterruptible);
    fake::Take();
    fake::Get().others = [&] { fake::AsTask(2, [&] { try_to_wake_up(self); }); };
    schedule();
    EXPECT_EQ(runs, 1);
  });
}

TEST_F(WaitQueueTest, SchedulingWhileAtomicIsAViolationAndDoesNotPark) {
  fake::AsTask(1, [&] {
    TaskStruct& self = *current();
    set_current_state(TaskState::kUninterruptible);
    preempt_disable();
    fake::Take();
    fake::Get().others = [&] { fake::AsTask(2, [&] { try_to_wake_up(self); }); };
    schedule();
    EXPECT_EQ(fake::Take().find("park"), std::string::npos);
    preempt_enable();
  });
  ASSERT_EQ(fake::Get().violations.size(), 1u);
  EXPECT_EQ(fake::Get().violations[0], "context: scheduling while atomic");
}

TEST_F(WaitQueueTest, ACompletionIsTakenOncePerWaiterUnlessForAll) {
  Completion done("done");
  done.complete();
  fake::AsTask(1, [&] { done.wait_for_completion(); });
  fake::AsTask(1, [&] { EXPECT_THROW(done.wait_for_completion(), std::runtime_error); });
}

TEST_F(WaitQueueTest, ACompletionWakesItsWaiter) {
  Completion done("done");
  fake::AsTask(1, [&] {
    fake::Get().others = [&] { fake::AsTask(2, [&] { done.complete_all(); }); };
    done.wait_for_completion();
    done.wait_for_completion();  // for all, for ever
  });
  EXPECT_NE(fake::Take().find("wakes1"), std::string::npos);
}

}  // namespace
}  // namespace cfgtorture
