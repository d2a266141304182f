// Goal: each figure of the lock statistics is what a hand calculation gives; and where nobody waits, none is.
#include "harness/measure/lock_stat.h"

#include <memory>
#include <random>

#include "gtest/gtest.h"
#include "harness/measure/lock_summary.h"

namespace cfgtorture::measure {
namespace {

constexpr uint32_t kLock = 7;
constexpr LockSite kHere = {{0x100, 0x200}};
constexpr LockSite kThere = {{0x300, 0x400}};

// Two threads on CPUs 0 and 1 and a clock that only the test moves.
class LockStat : public testing::Test {
 protected:
  void Wait(uint32_t thread) { table(thread).Wait(kLock, record_, spins_[thread], now_); }
  void Get(uint32_t thread, const LockSite& site = kHere, bool shared = false, bool tried = false) {
    table(thread).Acquired(kLock, shared, tried, site, {thread, thread}, record_, spins_[thread], now_);
  }
  void Drop(uint32_t thread) { table(thread).Released(kLock, now_); }
  // Free at `from`, held for `length`.
  void Section(uint32_t thread, uint64_t length, const LockSite& site = kHere, bool shared = false) {
    Wait(thread);
    Get(thread, site, shared);
    now_ += length;
    Drop(thread);
  }
  // Thread 1 has waited for thread 0 from now on for `wait`, then holds it for `hold`.
  void Clash(uint64_t wait, uint64_t hold) {
    Wait(0);
    Get(0, kHere);
    Wait(1);
    ++spins_[1];
    now_ += wait;
    Drop(0);
    Get(1, kThere);
    now_ += hold;
    Drop(1);
  }
  LockTable& table(uint32_t thread) { return *tables_[thread]; }
  std::map<LockKey, LockSummary> Summarise() {
    LockSummaries summaries;
    for (uint32_t thread = 0; thread < 4; ++thread) {
      summaries.Add(thread, table(thread), [](uint32_t) { return 1u; });
    }
    summaries.AddRun(1, record_.longest_run.load());
    return summaries.Finish();
  }
  LockSummary Writers() { return Summarise()[{1, false}]; }
  LockSummary Readers() { return Summarise()[{1, true}]; }

  uint64_t now_ = 1000;
  uint64_t spins_[4] = {};
  LockRecord record_;
  std::unique_ptr<LockTable> tables_[4] = {std::make_unique<LockTable>(), std::make_unique<LockTable>(),
                                           std::make_unique<LockTable>(), std::make_unique<LockTable>()};
};

TEST_F(LockStat, WithoutContentionThereIsHoldTimeAndNothingElse) {
  for (const uint64_t length : {10u, 30u, 20u}) Section(0, length);
  const LockSummary summary = Writers();
  EXPECT_EQ(summary.figures.acquisitions, 3u);
  EXPECT_EQ(summary.figures.hold.min, 10u);
  EXPECT_EQ(summary.figures.hold.max, 30u);
  EXPECT_EQ(summary.figures.hold.total, 60u);
  EXPECT_EQ(summary.figures.hold.count, 3u);
  EXPECT_EQ(summary.figures.wait.count, 0u);
  EXPECT_EQ(summary.figures.wait.total, 0u);
  EXPECT_EQ(summary.figures.acquisition_bounces, 0u);
  EXPECT_EQ(summary.figures.contention_bounces, 0u);
  EXPECT_EQ(summary.figures.longest_wait_acquisitions, 0u);
  EXPECT_TRUE(summary.competitors.empty());
  EXPECT_EQ(summary.longest_run, 3u);
  EXPECT_EQ(table(0).dropped(), 0u);
}

TEST_F(LockStat, TimeThatNobodySpunOrSleptIsNoWait) {
  Wait(0);
  now_ += 500;  // the host took the CPU away
  Get(0);
  Drop(0);
  EXPECT_EQ(Writers().figures.wait.count, 0u);
}

TEST_F(LockStat, AWaitIsChargedToItsSiteAndToTheHolder) {
  Clash(40, 5);
  Clash(60, 5);
  const LockSummary summary = Writers();
  EXPECT_EQ(summary.figures.wait.count, 2u);
  EXPECT_EQ(summary.figures.wait.min, 40u);
  EXPECT_EQ(summary.figures.wait.max, 60u);
  EXPECT_EQ(summary.figures.wait.total, 100u);
  EXPECT_EQ(summary.figures.hold.total, 110u);
  const LockSiteSummary here = summary.sites.at({0x100, 0x200}), there = summary.sites.at({0x300, 0x400});
  EXPECT_EQ(there.figures.wait.total, 100u);
  EXPECT_EQ(here.figures.wait.total, 0u);
  EXPECT_EQ(here.made_wait.count, 2u);
  EXPECT_EQ(here.made_wait.total, 100u);
  EXPECT_EQ(there.made_wait.count, 0u);
}

TEST_F(LockStat, WhoSleepsForItHasWaited) {
  Wait(0);
  table(0).Blocked();
  now_ += 9;
  Get(0);
  EXPECT_EQ(Writers().figures.wait.total, 9u);
}

TEST_F(LockStat, ABounceIsAnotherCpuThanTheLast) {
  Section(0, 1);
  Section(1, 1);  // bounces
  Section(1, 1);
  Clash(10, 1);  // both bounce, the second in contention
  EXPECT_EQ(Writers().figures.acquisition_bounces, 3u);
  EXPECT_EQ(Writers().figures.contention_bounces, 1u);
}

TEST_F(LockStat, StarvationIsCountedInAcquisitionsByOthers) {
  Wait(1);
  ++spins_[1];
  for (int i = 0; i < 5; ++i) Section(0, 3);
  Get(1);
  Drop(1);
  for (int i = 0; i < 3; ++i) Section(0, 3);
  EXPECT_EQ(Writers().figures.longest_wait_acquisitions, 5u);
  EXPECT_EQ(Writers().longest_run, 5u);
}

TEST_F(LockStat, FairnessIsOverThoseThatCompete) {
  for (int i = 0; i < 30; ++i) Section(3, 1);  // sets the stage, alone
  Clash(10, 1);
  Clash(10, 1);
  EXPECT_EQ(Writers().competitors.size(), 2u);
  EXPECT_DOUBLE_EQ(Writers().Jain(), 1.0);
  for (int i = 0; i < 4; ++i) Section(0, 1);
  EXPECT_EQ(Writers().Most(), 6u);
  EXPECT_EQ(Writers().Fewest(), 2u);
  EXPECT_DOUBLE_EQ(Writers().Jain(), 64.0 / 80.0);
  Wait(2);  // and never gets it
  EXPECT_EQ(Writers().Fewest(), 0u);
  EXPECT_DOUBLE_EQ(Writers().Jain(), 64.0 / 120.0);
}

TEST_F(LockStat, ATrylockIsAnAcquisitionAndNeverWaits) {
  ++spins_[0];
  Get(0, kHere, /*shared=*/false, /*tried=*/true);
  now_ += 4;
  Drop(0);
  EXPECT_EQ(Writers().figures.acquisitions, 1u);
  EXPECT_EQ(Writers().figures.wait.count, 0u);
  EXPECT_EQ(Writers().figures.hold.total, 4u);
}

TEST_F(LockStat, ReadersAreASideOfTheirOwnAndWriteNoRecordAmongThemselves) {
  Section(0, 5);
  Section(1, 7, kThere, /*shared=*/true);  // the first after a writer: bounces
  const uint32_t thread = record_.thread.load();
  Section(0, 7, kThere, /*shared=*/true);
  EXPECT_EQ(record_.thread.load(), thread);
  EXPECT_EQ(Readers().figures.acquisitions, 2u);
  EXPECT_EQ(Readers().figures.acquisition_bounces, 1u);
  EXPECT_EQ(Readers().figures.hold.total, 14u);
  EXPECT_EQ(Writers().figures.acquisitions, 1u);
  Wait(0);
  table(0).Blocked();
  now_ += 3;
  Get(0);
  EXPECT_EQ(Readers().sites.at({0x300, 0x400}).made_wait.total, 3u);
}

TEST_F(LockStat, AWaitInsideAWaitIsAnother) {
  LockRecord inner;
  Wait(0);
  table(0).Blocked();
  now_ += 10;
  table(0).Wait(8, inner, 0, now_);
  table(0).Acquired(8, false, false, kThere, {0, 0}, inner, 0, now_);
  now_ += 2;
  table(0).Released(8, now_);
  now_ += 10;
  Get(0);
  LockSummaries summaries;
  summaries.Add(0, table(0), [](uint32_t lock) { return lock; });
  auto finished = summaries.Finish();
  EXPECT_EQ((finished[{7, false}].figures.wait.total), 22u);
  EXPECT_EQ((finished[{8, false}].figures.wait.count), 0u);
  EXPECT_EQ((finished[{8, false}].figures.hold.total), 2u);
}

TEST_F(LockStat, LocksMayBeReleasedInAnyOrderAndTooOften) {
  LockRecord other;
  Get(0, kHere, false, true);
  table(0).Acquired(8, false, true, kThere, {0, 0}, other, 0, now_);
  now_ += 5;
  Drop(0);
  now_ += 5;
  table(0).Released(8, now_);
  table(0).Released(8, now_);
  LockSummaries summaries;
  summaries.Add(0, table(0), [](uint32_t lock) { return lock; });
  auto finished = summaries.Finish();
  EXPECT_EQ((finished[{7, false}].figures.hold.total), 5u);
  EXPECT_EQ((finished[{8, false}].figures.hold.total), 10u);
}

TEST_F(LockStat, WhatFindsNoRoomIsCounted) {
  for (uint32_t lock = 1; lock <= 2 * LockTable::kRows; ++lock) {
    table(0).Acquired(lock, false, true, kHere, {0, 0}, record_, 0, now_);
    table(0).Released(lock, now_);
  }
  EXPECT_GE(table(0).dropped(), LockTable::kRows);
  uint64_t kept = 0;
  for (const LockTable::Row& row : table(0).rows()) kept += row.figures.acquisitions;
  EXPECT_EQ(kept + table(0).dropped(), 2 * LockTable::kRows);
}

TEST_F(LockStat, DeepNestingLosesHoldTimesAndNothingElse) {
  LockRecord records[40];
  for (uint32_t i = 0; i < 40; ++i) {
    table(0).Wait(i + 1, records[i], 0, now_);
    table(0).Acquired(i + 1, false, false, kHere, {0, 0}, records[i], 0, now_);
  }
  for (uint32_t i = 40; i-- > 0;) table(0).Released(i + 1, now_);
  Section(0, 6);
  EXPECT_EQ(Writers().figures.acquisitions, 41u);
  EXPECT_EQ(Writers().figures.hold.total, 6u);
  EXPECT_EQ(Writers().figures.hold.count, LockTable::kMaxHeld + 1);
}

// A queue with one server: known service times, known arrivals. The trace adds up the waits itself.
TEST_F(LockStat, TotalsAreThoseOfTheTraceOfAQueue) {
  const unsigned seed = 20191024;
  std::mt19937_64 random(seed);
  std::exponential_distribution<double> gap(1.0 / 100), service(1.0 / 60);
  uint64_t arrival = 1000, free_at = 0;
  uint64_t waits = 0, waited = 0, held = 0;
  for (int i = 0; i < 20000; ++i) {
    const uint32_t thread = static_cast<uint32_t>(i) % 4;
    arrival += static_cast<uint64_t>(gap(random));
    const uint64_t length = static_cast<uint64_t>(service(random));
    const uint64_t start = std::max(arrival, free_at);
    now_ = arrival;
    Wait(thread);
    if (start > arrival) {
      ++spins_[thread];
      ++waits;
      waited += start - arrival;
    }
    now_ = start;
    Get(thread);
    now_ = start + length;
    Drop(thread);
    held += length;
    free_at = start + length;
  }
  const LockSummary summary = Writers();
  EXPECT_EQ(summary.figures.wait.count, waits) << "seed " << seed;
  EXPECT_EQ(summary.figures.wait.total, waited);
  EXPECT_EQ(summary.figures.hold.total, held);
  // M/M/1: an arrival waits with probability rho = 0.6, on the average rho / (1 - rho) * 60 = 90.
  EXPECT_NEAR(static_cast<double>(waits) / 20000, 0.6, 0.05);
  EXPECT_NEAR(static_cast<double>(waited) / 20000, 90, 15);
}

}  // namespace
}  // namespace cfgtorture::measure
