// Goal: who may release what: its holder, in any order; nobody else. And what is held may not go away.
#include "harness/judge/held_locks.h"

#include "gtest/gtest.h"

namespace cfgtorture::judge {
namespace {

HeldLock Lock(uint32_t instance) {
  HeldLock lock;
  lock.place.lock = instance;
  return lock;
}

TEST(HeldLocks, SilentOnReleasesByTheHolderInAnyOrder) {
  HeldLocks held;
  for (uint32_t lock : {1u, 2u, 3u}) EXPECT_TRUE(held.Take(Lock(lock)));
  EXPECT_TRUE(held.Drop(2));
  EXPECT_EQ(held.count(), 2u);
  EXPECT_EQ(held[0].place.lock, 1u);
  EXPECT_EQ(held[1].place.lock, 3u);
  EXPECT_TRUE(held.Drop(3));
  EXPECT_TRUE(held.Drop(1));
  EXPECT_TRUE(held.empty());
}

TEST(HeldLocks, FiresOnTheReleaseOfWhatIsNotHeld) {
  HeldLocks held;
  EXPECT_FALSE(held.Drop(1));
  EXPECT_TRUE(held.Take(Lock(1)));
  EXPECT_FALSE(held.Drop(2));
  EXPECT_EQ(held.count(), 1u) << "and nothing else is dropped for it";
}

TEST(HeldLocks, FiresOnASecondRelease) {
  HeldLocks held;
  EXPECT_TRUE(held.Take(Lock(1)));
  EXPECT_TRUE(held.Drop(1));
  EXPECT_FALSE(held.Drop(1));
}

TEST(HeldLocks, ASemaphoreReadTwiceIsReleasedTwice) {
  HeldLocks held;
  EXPECT_TRUE(held.Take(Lock(1)));
  EXPECT_TRUE(held.Take(Lock(1)));
  EXPECT_TRUE(held.Drop(1));
  EXPECT_TRUE(held.Drop(1));
  EXPECT_FALSE(held.Drop(1));
}

TEST(HeldLocks, FiresOnALockThatGoesAwayWhileItIsHeld) {
  HeldLocks held;
  for (uint32_t lock : {1u, 2u, 3u}) EXPECT_TRUE(held.Take(Lock(lock)));
  ASSERT_NE(held.Find(2), nullptr);
  EXPECT_EQ(held.Find(2)->place.lock, 2u);
}

TEST(HeldLocks, SilentOnALockThatGoesAwayAfterItsRelease) {
  HeldLocks held;
  for (uint32_t lock : {1u, 2u, 3u}) EXPECT_TRUE(held.Take(Lock(lock)));
  EXPECT_TRUE(held.Drop(2));
  EXPECT_EQ(held.Find(2), nullptr);
  EXPECT_EQ(held.Find(4), nullptr) << "another of its class";
}

TEST(HeldLocks, SaysWhenThereIsNoRoom) {
  HeldLocks held;
  for (uint32_t lock = 1; lock <= HeldLocks::kMost; ++lock) EXPECT_TRUE(held.Take(Lock(lock)));
  EXPECT_FALSE(held.Take(Lock(99)));
  EXPECT_EQ(held.count(), HeldLocks::kMost);
}

}  // namespace
}  // namespace cfgtorture::judge
