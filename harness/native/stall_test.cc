// stall_test.cc. Goal: a task that the host does not run is no deadlock; one that waits, asleep or spinning, may be.
#include "harness/native/stall.h"

#include "gtest/gtest.h"

namespace cfgtorture::native {
namespace {

TEST(Stall, BlamesNobodyWhereAllSleep) {
  const ThreadSamples sleep = {{1, {false, 5, 7}}, {2, {false, 9, 0}}};
  EXPECT_EQ(StarvedNs(sleep, sleep, 1000), 0u);
}

TEST(Stall, BlamesNobodyWhereOneSpinsOnACpuOfItsOwn) {
  EXPECT_EQ(StarvedNs({{1, {true, 5, 7}}}, {{1, {true, 1005, 7}}}, 1000), 0u);
}

TEST(Stall, BlamesTheHostForWhoCouldRunAndDoesNot) {
  EXPECT_EQ(StarvedNs({{1, {true, 5, 7}}, {2, {true, 0, 0}}}, {{1, {true, 5, 7}}, {2, {true, 1000, 0}}}, 1000), 1000u);
  EXPECT_EQ(StarvedNs({{1, {true, 5, 7}}}, {{1, {true, 405, 7}}}, 1000), 600u);
}

TEST(Stall, BlamesTheHostForAWaitThatIsOver) {
  EXPECT_EQ(StarvedNs({{1, {false, 5, 7}}}, {{1, {false, 6, 307}}}, 1000), 300u);
}

TEST(Stall, BlamesTheHostForNoMoreThanAllTheTime) {
  EXPECT_EQ(StarvedNs({{1, {true, 5, 0}}}, {{1, {false, 6, 5000}}}, 1000), 1000u);
}

TEST(Stall, KnowsNothingOfATaskThatIsNew) { EXPECT_EQ(StarvedNs({}, {{1, {true, 0, 0}}}, 1000), 0u); }

}  // namespace
}  // namespace cfgtorture::native
