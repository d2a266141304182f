// Goal: the measured part is what ran after the warm-up, and its rates and their intervals are a hand calculation's.
#include "harness/native/window.h"

#include "gtest/gtest.h"

namespace cfgtorture::native {
namespace {

constexpr uint64_t kMs = 1'000'000;

TEST(Window, CountsNothingOfTheWarmUp) {
  Window window;
  window.Look(5 * kMs, {100, 10});
  window.Pause(6 * kMs, {120, 10});
  EXPECT_EQ(window.seconds(), 0);
  EXPECT_EQ(window.operations_per_s().mean, 0);
  window.Open(10 * kMs, 20 * kMs, {200, 20});
  window.Pause(20 * kMs, {300, 25});
  EXPECT_DOUBLE_EQ(window.seconds(), 0.01);
  EXPECT_EQ(window.total().operations, 100u);
  EXPECT_DOUBLE_EQ(window.operations_per_s().mean, 10000);
  EXPECT_DOUBLE_EQ(window.interrupts_per_s().mean, 500);
}

TEST(Window, EvenSlicesLeaveNoDoubtAndUnevenOnesDo) {
  Window even, uneven;
  even.Open(0, 20 * kMs, {});
  uneven.Open(0, 20 * kMs, {});
  uint64_t count = 0;
  for (uint64_t ms = 1; ms <= 20; ++ms) {
    count += ms % 2 == 0 ? 150 : 50;
    even.Look(ms * kMs, {ms * 100, 0});
    uneven.Look(ms * kMs, {count, 0});
  }
  even.Pause(20 * kMs, {2000, 0});
  uneven.Pause(20 * kMs, {count, 0});
  EXPECT_DOUBLE_EQ(even.operations_per_s().mean, 100'000);
  EXPECT_NEAR(even.operations_per_s().half_width, 0, 1e-6);
  EXPECT_DOUBLE_EQ(uneven.operations_per_s().mean, 100'000);
  // Ten of 50,000 and ten of 150,000: deviation 50,000 * sqrt(20 / 19), quantile 2.093.
  EXPECT_NEAR(uneven.operations_per_s().half_width, 2.093 * 50'000 / std::sqrt(19.0), 1);
}

TEST(Window, APauseIsNoTime) {
  Window window;
  window.Open(0, 40 * kMs, {});
  window.Pause(10 * kMs, {1000, 0});
  window.Look(15 * kMs, {1000, 0});
  EXPECT_EQ(window.NextNs(), 0u);
  window.Resume(20 * kMs, {1000, 0});
  EXPECT_EQ(window.NextNs(), 22 * kMs);
  window.Pause(30 * kMs, {2000, 0});
  EXPECT_DOUBLE_EQ(window.seconds(), 0.02);
  EXPECT_DOUBLE_EQ(window.operations_per_s().mean, 100'000);
}

}  // namespace
}  // namespace cfgtorture::native
