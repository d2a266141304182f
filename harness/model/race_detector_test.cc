// Goal: each kind of unordered pair fires, and its nearest ordered neighbour does not.
#include "harness/model/race_detector.h"

#include <memory>

#include "gtest/gtest.h"

namespace cfgtorture::model {
namespace {

constexpr int kRelaxed = 0, kAcquire = 2, kRelease = 3, kAcqRel = 4, kSeqCst = 5;
constexpr uintptr_t kX = kHeapBase + 64, kFlag = kHeapBase + 128;

class RaceDetectorTest : public ::testing::Test {
 protected:
  RaceDetectorTest() : detector_(std::make_unique<RaceDetector>()) {
    detector_->Init(0, 0);
    Begin();
  }
  void Begin() {
    detector_->BeginExecution();
    for (unsigned i = 0; i < 4; ++i) detector_->AddContext(i);
  }
  bool Read(unsigned who, uintptr_t at = kX, size_t size = 8) {
    detector_->SetCurrent(who);
    return (detector_->Plain<false>(detector_->CellOf(at), at, size) & RaceDetector::kRace) != 0;
  }
  bool Write(unsigned who, uintptr_t at = kX, size_t size = 8) {
    detector_->SetCurrent(who);
    return (detector_->Plain<true>(detector_->CellOf(at), at, size) & RaceDetector::kRace) != 0;
  }
  bool Load(unsigned who, int order, uintptr_t at = kFlag, unsigned size = 4) {
    bool race = false;
    detector_->SetCurrent(who);
    AtomicLocation* location = detector_->Atomic(detector_->CellOf(at), at, size, false, true, &race);
    detector_->LoadOrder(*location, order);
    return race;
  }
  bool Store(unsigned who, int order, uintptr_t at = kFlag, unsigned size = 4) {
    bool race = false;
    detector_->SetCurrent(who);
    AtomicLocation* location = detector_->Atomic(detector_->CellOf(at), at, size, true, false, &race);
    detector_->StoreOrder(*location, order);
    return race;
  }
  bool Rmw(unsigned who, int order, uintptr_t at = kFlag, unsigned size = 4) {
    bool race = false;
    detector_->SetCurrent(who);
    AtomicLocation* location = detector_->Atomic(detector_->CellOf(at), at, size, true, true, &race);
    detector_->RmwOrder(*location, order);
    return race;
  }
  void Fence(unsigned who, int order) {
    detector_->SetCurrent(who);
    detector_->Fence(order);
  }
  std::unique_ptr<RaceDetector> detector_;
};

TEST_F(RaceDetectorTest, FiresOnTwoWritesThatNothingOrders) {
  EXPECT_FALSE(Write(1));
  EXPECT_TRUE(Write(2));
  EXPECT_EQ(detector_->conflict().context, 1u);
  EXPECT_TRUE(detector_->conflict().write);
}

TEST_F(RaceDetectorTest, FiresOnAReadAfterAWriteAndAWriteAfterARead) {
  EXPECT_FALSE(Write(1));
  EXPECT_TRUE(Read(2));
  Begin();
  EXPECT_FALSE(Read(1));
  EXPECT_TRUE(Write(2));
  EXPECT_FALSE(detector_->conflict().write);
}

TEST_F(RaceDetectorTest, CountsEachExecutionWithAnAccessThatMeetsAnothersOnce) {
  Write(1);
  Write(1);
  EXPECT_EQ(detector_->meetings(), 0u);
  Begin();
  Store(0, kRelaxed);
  EXPECT_TRUE(Write(1, kFlag, 4)) << "a plain access may be the one that comes later";
  EXPECT_EQ(detector_->meetings(), 1u);
  EXPECT_TRUE(Write(2, kFlag, 4));
  EXPECT_EQ(detector_->meetings(), 1u);
  Begin();
  Store(1, kRelease);
  Load(2, kAcquire);
  EXPECT_FALSE(Write(2, kFlag, 4));
  EXPECT_EQ(detector_->meetings(), 2u) << "and need not race";
}

TEST_F(RaceDetectorTest, SilentOnReadsOnly) {
  for (unsigned who : {1u, 2u, 3u, 1u, 2u}) EXPECT_FALSE(Read(who));
}

TEST_F(RaceDetectorTest, FiresOnAWriteAgainstAnyOfManyReaders) {
  for (unsigned who : {1u, 2u, 3u}) EXPECT_FALSE(Read(who));
  Store(3, kRelease);
  Load(1, kAcquire);  // ordered after 3 and itself, not after 2
  EXPECT_TRUE(Write(1));
  EXPECT_EQ(detector_->conflict().context, 2u);
}

TEST_F(RaceDetectorTest, SilentOnAWriteThatAllReadersWereOrderedBefore) {
  for (unsigned who : {1u, 2u, 3u}) EXPECT_FALSE(Read(who));
  Rmw(2, kRelease);
  Rmw(3, kRelease);
  Load(1, kAcquire);
  EXPECT_FALSE(Write(1));
}

TEST_F(RaceDetectorTest, ReleaseAndAcquireOrder) {
  Write(1);
  Store(1, kRelease);
  Load(2, kAcquire);
  EXPECT_FALSE(Write(2));
}

TEST_F(RaceDetectorTest, FiresIfEitherSideIsRelaxed) {
  Write(1);
  Store(1, kRelaxed);
  Load(2, kAcquire);
  EXPECT_TRUE(Write(2));
  Begin();
  Write(1);
  Store(1, kRelease);
  Load(2, kRelaxed);
  EXPECT_TRUE(Write(2));
}

TEST_F(RaceDetectorTest, FencesOrderRelaxedAccesses) {
  Write(1);
  Fence(1, kRelease);
  Store(1, kRelaxed);
  Load(2, kRelaxed);
  Fence(2, kAcquire);
  EXPECT_FALSE(Write(2));
  Begin();
  Write(1);
  Store(1, kRelaxed);
  Fence(1, kRelease);  // too late
  Load(2, kRelaxed);
  Fence(2, kAcquire);
  EXPECT_TRUE(Write(2));
}

TEST_F(RaceDetectorTest, AReleaseSequenceGoesOnThroughAReadModifyWriteAndEndsAtARelaxedStore) {
  Write(1);
  Store(1, kRelease);
  Rmw(3, kRelaxed);
  Load(2, kAcquire);
  EXPECT_FALSE(Write(2));
  Begin();
  Write(1);
  Store(1, kRelease);
  Store(3, kRelaxed);
  Load(2, kAcquire);
  EXPECT_TRUE(Write(2));
}

TEST_F(RaceDetectorTest, SeqCstAndAcqRelCountAsBoth) {
  Write(1);
  Rmw(1, kSeqCst);
  Rmw(2, kAcqRel);
  EXPECT_FALSE(Write(2));
}

TEST_F(RaceDetectorTest, FiresOnPlainAgainstAtomicBothWaysRound) {
  EXPECT_FALSE(Store(1, kRelaxed));
  EXPECT_TRUE(Write(2, kFlag, 4));
  EXPECT_TRUE(detector_->conflict().atomic);
  Begin();
  EXPECT_FALSE(Write(1, kFlag, 4));
  EXPECT_TRUE(Load(2, kAcquire));
  Begin();
  EXPECT_FALSE(Load(1, kRelaxed));
  EXPECT_FALSE(Read(2, kFlag, 4));  // two reads
  EXPECT_TRUE(Write(3, kFlag, 4));
}

TEST_F(RaceDetectorTest, SilentOnAtomicAgainstAtomic) {
  EXPECT_FALSE(Store(1, kRelaxed));
  EXPECT_FALSE(Store(2, kRelaxed));
  EXPECT_FALSE(Rmw(3, kRelaxed));
}

TEST_F(RaceDetectorTest, SilentOnAPlainInitialisationBeforeTheTaskExists) {
  Write(0, kFlag, 4);
  detector_->AddContext(5);
  detector_->SetCurrent(0);
  detector_->Fork(5);
  EXPECT_FALSE(Rmw(5, kRelaxed));
  EXPECT_FALSE(Rmw(0, kRelaxed));
}

TEST_F(RaceDetectorTest, JoinOrders) {
  detector_->SetCurrent(0);
  detector_->Fork(1);
  Write(1);
  detector_->SetCurrent(0);
  detector_->Join(1);
  EXPECT_FALSE(Read(0));
}

TEST_F(RaceDetectorTest, SilentOnNeighbouringBytesOfOneGranule) {
  EXPECT_FALSE(Write(1, kX, 1));
  EXPECT_FALSE(Write(2, kX + 1, 1));
  EXPECT_FALSE(Write(3, kX + 4, 4));
  EXPECT_FALSE(Write(1, kX, 1));
}

TEST_F(RaceDetectorTest, FiresOnOverlapOfDifferentSizes) {
  EXPECT_FALSE(Write(1, kX, 1));
  EXPECT_FALSE(Write(2, kX + 4, 4));
  EXPECT_TRUE(Read(3, kX, 8));
  Begin();
  EXPECT_FALSE(Write(1, kX, 8));
  EXPECT_TRUE(Write(2, kX + 7, 1));
}

TEST_F(RaceDetectorTest, SharedReadersOfSplitBytesStayApart) {
  for (unsigned who : {1u, 2u}) EXPECT_FALSE(Read(who, kX, 8));
  EXPECT_FALSE(Read(3, kX, 2));
  EXPECT_TRUE(Write(3, kX + 4, 1));
  Begin();
  for (unsigned who : {1u, 2u}) EXPECT_FALSE(Read(who, kX, 4));
  EXPECT_FALSE(Write(3, kX + 4, 4));
}

TEST_F(RaceDetectorTest, AnUnalignedAccessTouchesBothGranules) {
  EXPECT_FALSE(Write(1, kX + 8, 1));
  EXPECT_TRUE(Write(2, kX + 6, 4));
}

TEST_F(RaceDetectorTest, ARangeIsCheckedThroughout) {
  EXPECT_FALSE(Write(1, kX + 40, 1));
  EXPECT_FALSE(Write(2, kX, 40));
  EXPECT_TRUE(Write(2, kX, 41));
}

TEST_F(RaceDetectorTest, A16ByteAtomicCoversTwoGranules) {
  EXPECT_FALSE(Store(1, kRelaxed, kFlag, 16));
  EXPECT_TRUE(Read(2, kFlag + 8, 4));
  Begin();
  EXPECT_FALSE(Write(1, kFlag + 8, 8));
  EXPECT_TRUE(Load(2, kAcquire, kFlag, 16));
}

TEST_F(RaceDetectorTest, TwoAtomicsInOneGranuleKeepTheirOwnOrder) {
  Write(1);
  Store(1, kRelease, kFlag, 4);
  Load(2, kAcquire, kFlag + 4, 4);
  EXPECT_TRUE(Write(2));
}

TEST_F(RaceDetectorTest, AWiderAtomicCoversWhatTheNarrowerDidNot) {
  Store(1, kRelaxed, kFlag, 2);
  EXPECT_FALSE(Write(2, kFlag + 2, 2));
  Begin();
  Store(1, kRelaxed, kFlag, 2);
  Store(1, kRelaxed, kFlag, 4);
  EXPECT_TRUE(Write(2, kFlag + 2, 2));
}

TEST_F(RaceDetectorTest, APlainWriteEndsWhatAnAtomicReleased) {
  Write(1);
  Store(1, kRelease);
  Load(2, kAcquire);
  Write(2, kFlag, 4);  // ordered, and nobody's release
  Load(3, kAcquire);
  EXPECT_TRUE(Write(3));
}

TEST_F(RaceDetectorTest, APlainWriteDisturbsWhoWatchesTheAtomicAndAReadDoesNot) {
  bool race = false;
  AtomicLocation* location = detector_->Atomic(detector_->CellOf(kFlag), kFlag, 4, false, true, &race);
  location->watched.waiters = 1 << 3;
  detector_->SetCurrent(1);
  EXPECT_EQ(detector_->Plain<false>(detector_->CellOf(kFlag), kFlag, 4), RaceDetector::kNothing);
  EXPECT_NE(detector_->Plain<true>(detector_->CellOf(kFlag), kFlag, 4) & RaceDetector::kOverwritten, 0u);
  EXPECT_EQ(detector_->TakeDisturbed(), 1u << 3);
  EXPECT_EQ(location->watched.waiters, 0u);
}

TEST_F(RaceDetectorTest, AtomicsOfSeveralSizesOverTheSameBytesKnowIt) {
  bool race = false;
  auto at = [&](uintptr_t address, unsigned size) {
    return detector_->Atomic(detector_->CellOf(address), address, size, true, false, &race);
  };
  AtomicLocation* word = at(kFlag, 4);
  AtomicLocation* next = at(kFlag + 4, 4);
  EXPECT_FALSE(word->overlapped || next->overlapped);
  AtomicLocation* byte = at(kFlag + 2, 1);
  EXPECT_TRUE(word->overlapped && byte->overlapped);
  EXPECT_FALSE(next->overlapped);
  word->watched.waiters = 1 << 2;
  next->watched.waiters = 1 << 3;
  EXPECT_EQ(detector_->DisturbOverlapping(*byte), 1u << 2);
}

TEST_F(RaceDetectorTest, FreedMemoryIsAHitAndNoRace) {
  detector_->Free(kX, 16);
  EXPECT_TRUE(Read(1, kX + 8, 4));
  EXPECT_TRUE(detector_->hit_freed());
  bool race = false;
  detector_->SetCurrent(1);
  detector_->Atomic(detector_->CellOf(kX), kX, 4, false, true, &race);
  EXPECT_TRUE(race);
  Begin();
  EXPECT_FALSE(Read(1, kX + 8, 4));
}

TEST_F(RaceDetectorTest, AnInterruptsOffSectionIsOrderedWithHandlersOfItsCpu) {
  ClockVector irq_lock;
  detector_->SetCurrent(1);
  detector_->Acquire(irq_lock);
  Write(1);
  detector_->SetCurrent(1);
  detector_->Release(irq_lock);
  detector_->SetCurrent(2);
  detector_->Acquire(irq_lock);
  EXPECT_FALSE(Write(2));
  Begin();
  Write(1);  // interrupts on
  ClockVector fresh;
  detector_->SetCurrent(2);
  detector_->Acquire(fresh);
  EXPECT_TRUE(Write(2));
}

TEST_F(RaceDetectorTest, ManyContextsWidenTheClocksInTheMiddleOfAnExecution) {
  Write(1);
  Store(1, kRelease);
  detector_->AddContext(40);
  detector_->AddContext(41);
  Load(40, kAcquire);
  EXPECT_FALSE(Write(40));
  EXPECT_TRUE(Write(41));
  EXPECT_EQ(detector_->conflict().context, 40u);
}

TEST_F(RaceDetectorTest, ANewExecutionKnowsNothingOfTheLast) {
  Write(1);
  Begin();
  EXPECT_FALSE(Write(2));
}

}  // namespace
}  // namespace cfgtorture::model
