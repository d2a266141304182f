// Goal: each kind of inversion fires, its nearest innocent neighbour does not.
#include "harness/judge/lock_order.h"

#include "gtest/gtest.h"

namespace cfgtorture::judge {
namespace {

constexpr ClassId kA = 0, kB = 1, kC = 2, kD = 3;

class LockOrderTest : public ::testing::Test {
 protected:
  // `wanted` is waited for with `held` held, oldest first.
  LockOrder::Path Wait(std::vector<HeldLock> held, HeldLock wanted) {
    LockOrder::Path cycle;
    order_.Wait(held.data(), static_cast<unsigned>(held.size()), wanted, &cycle);
    order_.CheckInvariants();
    return cycle;
  }
  // Subclasses of one name are classes of their own.
  static HeldLock Of(ClassId family, int subclass = 0) {
    HeldLock lock;
    lock.family = family;
    lock.lock_class = static_cast<ClassId>(family + 16 * subclass);
    lock.subclass = subclass;
    lock.place = {.site = 100u + lock.lock_class, .stack = 7, .lock = lock.lock_class + 1u, .context = 3};
    return lock;
  }
  static HeldLock Tried(ClassId lock_class) {
    HeldLock lock = Of(lock_class);
    lock.by_trylock = true;
    return lock;
  }
  LockOrder order_;
};

TEST_F(LockOrderTest, FiresOnAbThenBa) {
  EXPECT_TRUE(Wait({Of(kA)}, Of(kB)).empty());
  const LockOrder::Path cycle = Wait({Of(kB)}, Of(kA));
  ASSERT_EQ(cycle.size(), 2u);
  EXPECT_EQ(cycle[0].from, kA);
  EXPECT_EQ(cycle[0].to, kB);
  EXPECT_EQ(cycle[1].from, kB);
  EXPECT_EQ(cycle[1].to, kA);
  EXPECT_EQ(cycle[1].held.site, 101u);
  EXPECT_EQ(cycle[1].wanted.site, 100u);
  EXPECT_EQ(cycle[1].held.lock, 2u) << "the instances are evidence";
  EXPECT_EQ(cycle[0].wanted.stack, 7u);
  EXPECT_EQ(cycle[0].wanted.context, 3u);
}

TEST_F(LockOrderTest, SilentOnTheSameOrderAgain) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Wait({Of(kA), Of(kB)}, Of(kC)).empty());
  EXPECT_TRUE(Wait({Of(kA)}, Of(kC)).empty());
}

TEST_F(LockOrderTest, FiresOnACycleOfFour) {
  EXPECT_TRUE(Wait({Of(kA)}, Of(kB)).empty());
  EXPECT_TRUE(Wait({Of(kB)}, Of(kC)).empty());
  EXPECT_TRUE(Wait({Of(kC)}, Of(kD)).empty());
  EXPECT_EQ(Wait({Of(kD)}, Of(kA)).size(), 4u);
}

TEST_F(LockOrderTest, SilentOnADiamond) {
  EXPECT_TRUE(Wait({Of(kA)}, Of(kB)).empty());
  EXPECT_TRUE(Wait({Of(kA)}, Of(kC)).empty());
  EXPECT_TRUE(Wait({Of(kB)}, Of(kD)).empty());
  EXPECT_TRUE(Wait({Of(kC)}, Of(kD)).empty());
}

TEST_F(LockOrderTest, FiresOnAnOuterLockThatIsNotTheInnermost) {
  EXPECT_TRUE(Wait({Of(kA)}, Of(kB)).empty());
  EXPECT_TRUE(Wait({Of(kA), Of(kB)}, Of(kC)).empty());
  EXPECT_FALSE(Wait({Of(kC)}, Of(kA)).empty());
}

TEST_F(LockOrderTest, FiresOnAClassInsideItself) { EXPECT_EQ(Wait({Of(kA)}, Of(kA)).size(), 1u); }

TEST_F(LockOrderTest, SilentOnParentThenChildAlongTheTopology) {
  EXPECT_TRUE(Wait({Of(kA, 0)}, Of(kA, 1)).empty());
  EXPECT_TRUE(Wait({Of(kA, 0), Of(kA, 1)}, Of(kA, 2)).empty());
}

TEST_F(LockOrderTest, FiresOnChildThenParent) { EXPECT_FALSE(Wait({Of(kA, 2)}, Of(kA, 1)).empty()); }

TEST_F(LockOrderTest, FiresOnTwoSiblingsOfOneDepth) { EXPECT_FALSE(Wait({Of(kA, 0), Of(kA, 1)}, Of(kA, 1)).empty()); }

// What is kept of a parent's lock may be waited for inside it, and around a child's: subclasses are classes.
TEST_F(LockOrderTest, SilentOnAnotherLockBetweenParentAndChild) {
  EXPECT_TRUE(Wait({Of(kA, 0)}, Of(kB)).empty());
  EXPECT_TRUE(Wait({Of(kA, 0), Of(kB)}, Of(kA, 1)).empty());
}

TEST_F(LockOrderTest, FiresOnAnotherLockThatClosesTheTopologysOrder) {
  EXPECT_TRUE(Wait({Of(kA, 0)}, Of(kA, 1)).empty());
  EXPECT_TRUE(Wait({Of(kA, 1)}, Of(kB)).empty());
  const LockOrder::Path cycle = Wait({Of(kB)}, Of(kA, 0));
  ASSERT_EQ(cycle.size(), 3u);
  EXPECT_EQ(cycle[0].from, Of(kA, 0).lock_class);
}

TEST_F(LockOrderTest, SaysWhetherAnEdgeIsNew) {
  const HeldLock a = Of(kA), b = Of(kB);
  LockOrder::Path cycle;
  EXPECT_TRUE(order_.Wait(&a, 1, b, &cycle));
  EXPECT_FALSE(order_.Wait(&a, 1, b, &cycle));
  EXPECT_FALSE(order_.Wait(nullptr, 0, b, &cycle));
  EXPECT_EQ(order_.Reached(kA), uint64_t{1} << kB);
  EXPECT_EQ(order_.PathBetween(kA, kB).size(), 1u);
}

// A trylock is not waited for, so the caller tells nothing about it; but it is held afterwards.
TEST_F(LockOrderTest, SilentOnAbThenBaIfTheSecondIsATrylock) {
  EXPECT_TRUE(Wait({Of(kA)}, Of(kB)).empty());
  EXPECT_TRUE(Wait({Of(kB), Tried(kA)}, Of(kC)).empty());  // A was tried for with B held: no edge B > A
}

TEST_F(LockOrderTest, EdgesOutOfALockTakenByTrylockCount) {
  EXPECT_TRUE(Wait({Tried(kB)}, Of(kA)).empty());
  EXPECT_FALSE(Wait({Of(kA)}, Of(kB)).empty());
}

TEST_F(LockOrderTest, EdgesOutOfWhatIsHeldAroundATrylockCountToo) {
  EXPECT_TRUE(Wait({Of(kA), Tried(kB)}, Of(kC)).empty());  // A > C, for the trylock left no edge A > B to go over
  EXPECT_FALSE(Wait({Of(kC)}, Of(kA)).empty());
}

// C6: the report has to show pi_lock, which neither end of the cycle holds directly around the other.
TEST_F(LockOrderTest, NamesEveryLockOfTheChainThoughAllAreHeldAtOnce) {
  EXPECT_TRUE(Wait({Of(kA)}, Of(kB)).empty());                  // pci_lock > queue lock
  EXPECT_TRUE(Wait({Of(kA), Of(kB)}, Of(kC)).empty());          // > pi_lock
  EXPECT_TRUE(Wait({Of(kA), Of(kB), Of(kC)}, Of(kD)).empty());  // > run queue lock
  const LockOrder::Path cycle = Wait({Of(kD)}, Of(kA));         // > pci_lock
  ASSERT_EQ(cycle.size(), 4u);
  for (unsigned i = 0; i < 4; ++i) EXPECT_EQ(cycle[i].from, i);
  EXPECT_EQ(cycle[3].to, kA);
}

TEST_F(LockOrderTest, FiresOnASecondReadOfTheSameSemaphore) {
  HeldLock read = Of(kA);
  read.shared = true;
  const LockOrder::Path cycle = Wait({read}, read);  // a writer that queues between them stops the second
  ASSERT_EQ(cycle.size(), 1u);
  EXPECT_TRUE(cycle[0].from_shared && cycle[0].to_shared);
}

// Two readers of two fair semaphores, a writer queued at each.
TEST_F(LockOrderTest, FiresOnReadsInBothOrders) {
  HeldLock a = Of(kA), b = Of(kB);
  a.shared = b.shared = true;
  EXPECT_TRUE(Wait({a}, b).empty());
  EXPECT_EQ(Wait({b}, a).size(), 2u);
}

// down_read_trylock() does not wait behind the writer; whoever tries is not told here at all.
TEST_F(LockOrderTest, SilentOnASecondReadThatIsTried) {
  HeldLock read = Of(kA), tried = Tried(kA);
  read.shared = tried.shared = true;
  EXPECT_TRUE(Wait({read, tried}, Of(kB)).empty());
}

TEST_F(LockOrderTest, FiresOnAClassInsideItselfWithAnotherBetween) {
  EXPECT_EQ(Wait({Of(kA), Of(kB)}, Of(kA)).size(), 1u);
}

// The closure against its definition, on random graphs of acquisitions. CheckInvariants() is the oracle.
TEST_F(LockOrderTest, FiresExactlyWhenTheNewEdgeClosesACycleInRandomGraphs) {
  constexpr unsigned kSeed = 20191016;
  RecordProperty("seed", kSeed);
  uint32_t random = kSeed;
  const auto below = [&random](uint32_t n) {
    random = random * 1664525u + 1013904223u;
    return (random >> 16) % n;
  };
  int fired = 0, silent = 0;
  for (int round = 0; round < 200; ++round) {
    order_.Forget();
    std::array<uint64_t, 12> reach{};
    for (int step = 0; step < 30; ++step) {
      const auto from = static_cast<ClassId>(below(12)), to = static_cast<ClassId>(below(12));
      if (from == to || order_.Known(from, to)) continue;
      const bool closes = (reach[to] >> from & 1) != 0;
      EXPECT_EQ(Wait({Of(from)}, Of(to)).empty(), !closes) << "seed " << kSeed << " round " << round;
      closes ? ++fired : ++silent;
      for (unsigned n = 0; n < 12; ++n) {  // to a fixed point, the slow way
        for (unsigned x = 0; x < 12; ++x) {
          if (x == from) reach[x] |= uint64_t{1} << to | reach[to];
          for (unsigned y = 0; y < 12; ++y) {
            if ((reach[x] >> y & 1) != 0) reach[x] |= reach[y];
          }
        }
      }
    }
  }
  EXPECT_GT(fired, 100);
  EXPECT_GT(silent, 100);
}

TEST_F(LockOrderTest, ANewExecutionKnowsNothing) {
  EXPECT_TRUE(Wait({Of(kA)}, Of(kB)).empty());
  order_.Forget();
  order_.CheckInvariants();
  EXPECT_TRUE(Wait({Of(kB)}, Of(kA)).empty());
}

TEST_F(LockOrderTest, NamesTheShortestOfTwoPaths) {
  Wait({Of(kA)}, Of(kB));
  Wait({Of(kB)}, Of(kC));
  Wait({Of(kC)}, Of(kD));
  Wait({Of(kA)}, Of(kD));
  EXPECT_EQ(Wait({Of(kD)}, Of(kA)).size(), 2u);
}

}  // namespace
}  // namespace cfgtorture::judge
