// Goal: each figure is what a hand calculation gives, and what must not count does not.
#include <memory>
#include <numeric>

#include "gtest/gtest.h"
#include "harness/measure/confidence.h"
#include "harness/measure/fairness.h"
#include "harness/measure/histogram.h"
#include "harness/measure/irqs_off.h"
#include "harness/measure/recorder.h"
#include "harness/measure/tsc.h"

namespace cfgtorture::measure {
namespace {

TEST(Histogram, KeepsSmallValuesExactly) {
  for (uint64_t value = 0; value < 256; ++value) {
    EXPECT_EQ(Histogram::LargestOf(Histogram::IndexOf(value)), value);
  }
}

TEST(Histogram, BucketsAreContiguousAndAtMostOne128thWide) {
  uint64_t first = 0;
  for (size_t index = 0; index < Histogram::kBuckets; ++index) {
    const uint64_t last = Histogram::LargestOf(index);
    ASSERT_GE(last, first);
    ASSERT_EQ(Histogram::IndexOf(first), index);
    ASSERT_EQ(Histogram::IndexOf(last), index);
    ASSERT_LE((last - first) * 128, first + 127) << "bucket " << index;
    first = last + 1;
  }
  EXPECT_EQ(first - 1, Histogram::kLargest);
}

TEST(Histogram, PercentilesOfOneToThousandAreWithinABucket) {
  auto histogram = std::make_unique<Histogram>();
  for (uint64_t value = 1; value <= 1000; ++value) histogram->Record(value);
  EXPECT_EQ(histogram->Count(), 1000u);
  EXPECT_EQ(histogram->AtFraction(0.1), 100u);
  EXPECT_NEAR(static_cast<double>(histogram->AtFraction(0.5)), 500, 4);
  EXPECT_NEAR(static_cast<double>(histogram->AtFraction(0.99)), 990, 8);
  EXPECT_EQ(histogram->AtFraction(1.0), 1000u);
  EXPECT_EQ(histogram->Max(), 1000u);
}

TEST(Histogram, CountsWhatIsTooLargeAsTheLargestAndKeepsTheMaximumExact) {
  auto histogram = std::make_unique<Histogram>();
  histogram->Record(Histogram::kLargest + 12345);
  EXPECT_EQ(histogram->Count(), 1u);
  EXPECT_EQ(histogram->Max(), Histogram::kLargest + 12345);
  EXPECT_EQ(histogram->AtFraction(0.5), Histogram::kLargest);
}

TEST(Histogram, IsCoarseInFourBinsAnOctaveThatLoseNoCount) {
  auto histogram = std::make_unique<Histogram>();
  for (uint64_t value = 0; value < 100'000; ++value) histogram->Record(value);
  uint64_t sum = 0, before = 0;
  for (const auto& [largest, count] : histogram->Coarse()) {
    sum += count;
    if (largest < 65536) {  // bins below the last octave are full
      EXPECT_EQ(sum, largest + 1);
      if (largest > 8) {
        EXPECT_LE(largest * 4, before * 5 + 5) << largest;
      }
    }
    before = largest;
  }
  EXPECT_EQ(sum, 100'000u);
  EXPECT_TRUE(std::make_unique<Histogram>()->Coarse().empty());
}

TEST(Histogram, AddsCountsAndMaxima) {
  auto a = std::make_unique<Histogram>();
  auto b = std::make_unique<Histogram>();
  a->Record(10);
  b->Record(20);
  b->Record(4000);
  a->Add(*b);
  EXPECT_EQ(a->Count(), 3u);
  EXPECT_EQ(a->Max(), 4000u);
  EXPECT_EQ(a->AtFraction(0.5), 20u);
}

TEST(Histogram, AnEmptyOneAnswersZero) { EXPECT_EQ(std::make_unique<Histogram>()->AtFraction(0.5), 0u); }

TEST(Recorder, ReadsTheClockOnceAnOperationWhereCallsFollowEachOther) {
  auto recorder = std::make_unique<Recorder<2>>();
  uint64_t readings = 0;
  const auto clock = [&] { return 100 * ++readings; };
  for (int i = 0; i < 10; ++i) {
    recorder->Begin(1, clock);
    recorder->End(clock);
  }
  EXPECT_EQ(readings, 11u);  // and one to begin the chain
  EXPECT_EQ(recorder->completed(), 10u);
  EXPECT_EQ(recorder->latency(1).Count(), 10u);
  EXPECT_EQ(recorder->latency(1).Max(), 100u);
  EXPECT_EQ(recorder->latency(0).Count(), 0u);
}

TEST(Recorder, DoesNotCountTimeBeforeABrokenChain) {
  auto recorder = std::make_unique<Recorder<1>>();
  uint64_t now = 5;
  const auto clock = [&] { return now; };
  recorder->Begin(0, clock);
  now = 8;
  recorder->End(clock);
  now = 1000;  // asleep
  recorder->BreakChain();
  recorder->Begin(0, clock);
  now = 1004;
  recorder->End(clock);
  EXPECT_EQ(recorder->latency(0).Max(), 4u);
}

TEST(Recorder, TimesANestedCallByItselfAndCompletesOnlyTheOuter) {
  auto recorder = std::make_unique<Recorder<2>>();
  uint64_t now = 1;
  const auto clock = [&] { return now; };
  recorder->Begin(0, clock);
  EXPECT_EQ(recorder->OpenOperation(), 0);
  now = 10;
  recorder->Begin(1, clock);
  now = 12;
  recorder->End(clock);
  now = 20;
  recorder->End(clock);
  EXPECT_EQ(recorder->OpenOperation(), -1);
  EXPECT_EQ(recorder->latency(0).Max(), 19u);
  EXPECT_EQ(recorder->latency(1).Max(), 2u);
  EXPECT_EQ(recorder->completed(), 1u);
}

TEST(Recorder, SurvivesDeeperNestingThanItTimesAndAnEndTooMany) {
  auto recorder = std::make_unique<Recorder<1>>();
  const auto clock = [] { return uint64_t{1}; };
  for (int i = 0; i < 20; ++i) recorder->Begin(0, clock);
  for (int i = 0; i < 21; ++i) recorder->End(clock);
  EXPECT_EQ(recorder->latency(0).Count(), 8u);
  EXPECT_EQ(recorder->completed(), 1u);
}

TEST(Recorder, DropsAnEarlierPeriodAtTheFirstOperationOfALater) {
  auto recorder = std::make_unique<Recorder<2>>();
  uint64_t now = 1;
  const auto clock = [&] { return now += 10; };
  recorder->Begin(0, clock, 0);
  recorder->End(clock);
  EXPECT_EQ(recorder->completed(0), 1u);
  EXPECT_EQ(recorder->completed(1), 0u);
  recorder->Begin(1, clock, 1);
  recorder->Begin(0, clock, 2);  // nested: not now
  recorder->End(clock);
  recorder->End(clock);
  EXPECT_EQ(recorder->completed(1), 1u);
  EXPECT_EQ(recorder->latency(0).Count(), 1u);
  EXPECT_EQ(recorder->latency(1).Count(), 1u);
  recorder->Begin(1, clock, 2);
  EXPECT_EQ(recorder->latency(0).Count() + recorder->latency(1).Count(), 0u);
  EXPECT_EQ(recorder->latency(1).Max(), 0u);
}

TEST(Confidence, IsStudentsByHand) {
  const Interval three = Confidence95({10, 12, 14});  // deviation 2, quantile 4.303, over the root of 3
  EXPECT_DOUBLE_EQ(three.mean, 12);
  EXPECT_NEAR(three.half_width, 4.303 * 2 / std::sqrt(3.0), 1e-9);
  EXPECT_EQ(Confidence95({5, 5, 5, 5}).half_width, 0);
  EXPECT_EQ(Confidence95({7}).mean, 7);
  EXPECT_EQ(Confidence95({7}).half_width, 0);
  EXPECT_EQ(Confidence95({}).mean, 0);
  const std::vector<double> many(100, 1.0);
  EXPECT_EQ(Confidence95(many).half_width, 0);
}

class IrqsOff : public testing::Test {
 protected:
  bool Section(uint64_t length) {
    meter_.Begin(
        1000, [this] { return now_; }, [this] { return switches_; });
    now_ += length;
    return meter_.End([this] { return now_; }, [this] { return switches_; });
  }
  IrqsOffMeter meter_;
  uint64_t now_ = 5000;
  int64_t switches_ = 3;
};

TEST_F(IrqsOff, KeepsTheLongestSection) {
  EXPECT_TRUE(Section(10));
  EXPECT_TRUE(Section(70));
  EXPECT_FALSE(Section(30));
  EXPECT_FALSE(Section(70)) << "not longer";
  EXPECT_EQ(meter_.longest_ticks(), 70u);
  EXPECT_EQ(meter_.flagged(), 0u);
}

TEST_F(IrqsOff, StartsOver) {
  Section(70);
  meter_.StartOver();
  Section(30);
  EXPECT_EQ(meter_.longest_ticks(), 30u);
}

TEST_F(IrqsOff, LeavesOutASectionInWhichTheHostSwitched) {
  Section(10);
  meter_.Begin(
      1000, [this] { return now_; }, [this] { return switches_; });
  now_ += 5000;
  ++switches_;
  const bool longest = meter_.End([this] { return now_; }, [this] { return switches_; });
  EXPECT_FALSE(longest);
  EXPECT_EQ(meter_.longest_ticks(), 10u);
  EXPECT_EQ(meter_.flagged(), 1u);
}

TEST_F(IrqsOff, AnOldSwitchDoesNotFlagALaterSection) {
  Section(10);
  ++switches_;
  now_ += 2000;  // longer than the refresh
  Section(50);
  EXPECT_EQ(meter_.longest_ticks(), 50u);
  EXPECT_EQ(meter_.flagged(), 0u);
}

TEST(Jain, IsOneForEqualSharesAndOneNthForOneWinner) {
  EXPECT_DOUBLE_EQ(JainIndex({5, 5, 5, 5}), 1.0);
  EXPECT_DOUBLE_EQ(JainIndex({0, 0, 9, 0}), 0.25);
  EXPECT_DOUBLE_EQ(JainIndex({1, 3}), 16.0 / 20.0);
  EXPECT_DOUBLE_EQ(JainIndex({}), 1.0);
  EXPECT_DOUBLE_EQ(JainIndex({0, 0}), 1.0);
}

TEST(Ticks, AreCalibratedToNanoseconds) {
  const TickCalibration calibration;
  const uint64_t ticks = Ticks();
  const uint64_t ns = MonotonicNs();
  const double ns_per_tick = calibration.NsPerTick();
  const double measured = static_cast<double>(MonotonicNs() - ns) / static_cast<double>(Ticks() - ticks);
  EXPECT_NEAR(ns_per_tick / measured, 1.0, 0.2);
}

}  // namespace
}  // namespace cfgtorture::measure
