// Goal: a delay is where it was asked for, as often as was asked, and nowhere else.
#include "harness/kernel/delay_point.h"

#include "gtest/gtest.h"
#include "harness/kernel/fake_engine_test.h"
#include "harness/kernel/start.h"
#include "harness/kernel/wait_queue.h"

namespace cfgtorture {
namespace {

class DelayPoints : public ::testing::Test {
 protected:
  DelayPoints() {
    fake::Reset();
    EXPECT_TRUE(StartKernel(""));
    for (int i = 0; i < kDelayPoints; ++i) SetDelay(static_cast<DelayPoint>(i), 0, 1);
  }
  ~DelayPoints() override {
    for (int i = 0; i < kDelayPoints; ++i) SetDelay(static_cast<DelayPoint>(i), 0, 1);
  }
  static int DelaysOf(const std::string& calls) {
    int delays = 0;
    for (size_t at = calls.find("delay"); at != std::string::npos; at = calls.find("delay", at + 1)) ++delays;
    return delays;
  }
};

TEST_F(DelayPoints, AreSilentUnlessAskedFor) {
  SetDelay(DelayPoint::kConfigAccess, 5, 1);
  fake::Take();
  PassDelayPoint(DelayPoint::kWakeCallback);
  EXPECT_EQ(DelaysOf(fake::Take()), 0);
}

TEST_F(DelayPoints, FireInOnePassageOfSoMany) {
  SetDelay(DelayPoint::kConfigAccess, 5, 3);
  fake::Take();
  for (int i = 0; i < 9; ++i) PassDelayPoint(DelayPoint::kConfigAccess);
  EXPECT_EQ(DelaysOf(fake::Take()), 3);
}

TEST_F(DelayPoints, TheWakeCallbacksComesBeforeTheCallback) {
  SetDelay(DelayPoint::kWakeCallback, 300'000'000, 1);
  WaitQueueHead head("q");
  static std::string before;
  WaitQueueEntry entry([](WaitQueueEntry&) {
    before = fake::Take();
    return false;
  });
  add_wait_queue(head, entry);
  fake::Take();
  wake_up_all(head);
  EXPECT_EQ(DelaysOf(before), 1);
  EXPECT_EQ(DelaysOf(fake::Take()), 0);
  remove_wait_queue(head, entry);
}

}  // namespace
}  // namespace cfgtorture
