// native_test.cc. Goal: each outcome of a comparison on real threads fires, and its nearest neighbour does not.
#include "ci/gate/native.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cfgtorture::ci {
namespace {

using ::testing::HasSubstr;

// `pairs` pairs around `ratio`, with a noise of `noise` to either side.
std::vector<NativePair> Pairs(double ratio, double noise, size_t pairs) {
  std::vector<NativePair> list;
  for (size_t i = 0; i < pairs; ++i) {
    const double base = 1000 + static_cast<double>(i % 3) * 100;  // the host is not the same from pair to pair
    const double off = noise * (static_cast<double>(i % 5) - 2) / 2;
    list.push_back({base, base * ratio * (1 + off)});
  }
  return list;
}

const NativeRule kRule;

TEST(Native, RegressedIfTheIntervalAndTheSizeSaySo) {
  const NativeDecision decision = Decide(Pairs(1.22, 0.03, 9), kRule);
  EXPECT_EQ(decision.verdict, NativeVerdict::kRegressed);
  EXPECT_NEAR(decision.ratio.estimate, 1.22, 0.02);
}

TEST(Native, HoldsIfItIsCertainAndSmall) {
  const NativeDecision decision = Decide(Pairs(1.05, 0.01, 9), kRule);
  EXPECT_GT(decision.ratio.low, 1) << "it is slower, for certain";
  EXPECT_EQ(decision.verdict, NativeVerdict::kHolds);
}

TEST(Native, HoldsIfNothingDiffersOrItIsFaster) {
  EXPECT_EQ(Decide(Pairs(1, 0.03, 9), kRule).verdict, NativeVerdict::kHolds);
  EXPECT_EQ(Decide(Pairs(0.5, 0.03, 9), kRule).verdict, NativeVerdict::kHolds);
}

TEST(Native, SomeNanosecondsAreNoSizeHoweverLargeTheirShare) {
  EXPECT_NEAR(LimitOf(kRule, 2000), 1.10, 1e-9);
  EXPECT_NEAR(LimitOf(kRule, 100), 1.50, 1e-9);
  std::vector<NativePair> pairs;
  for (const NativePair& pair : Pairs(1.22, 0.03, 9)) pairs.push_back({pair.base_ns / 10, pair.change_ns / 10});
  EXPECT_EQ(Decide(pairs, kRule).verdict, NativeVerdict::kHolds) << "22 % of 100 ns";
}

TEST(Native, UndecidedIfTheNoiseHidesIt) {
  EXPECT_EQ(Decide(Pairs(1.05, 0.5, 9), kRule).verdict, NativeVerdict::kUndecided);
  EXPECT_EQ(Decide(Pairs(1.25, 0.9, 9), kRule).verdict, NativeVerdict::kUndecided) << "large, and not certain";
}

TEST(Native, UndecidedWithFewerThanNinePairsHoweverClear) {
  EXPECT_EQ(Decide(Pairs(2, 0.01, 8), kRule).verdict, NativeVerdict::kUndecided);
  EXPECT_EQ(Decide({}, kRule).verdict, NativeVerdict::kUndecided);
}

OperationMetric Operation(const char* name, uint64_t count, double p50_ns) {
  OperationMetric metric;
  metric.operation = name;
  metric.count = count;
  metric.p50_ns = p50_ns;
  return metric;
}

TEST(Native, PairsOperationsThatBothSidesDoOftenEnoughAndThatDoNotSleep) {
  std::vector<OperationPairs> pairs;
  AddPair(
      {Operation("read", 500, 10), Operation("rare", 500, 10), Operation("reset", 500, 1e6),
       Operation("gone", 500, 10)},
      {Operation("read", 500, 12), Operation("rare", 29, 10), Operation("reset", 500, 1e6), Operation("new", 500, 10)},
      kRule, pairs);
  ASSERT_EQ(pairs.size(), 1u);
  EXPECT_EQ(pairs[0].operation, "read");
  EXPECT_EQ(pairs[0].pairs[0].base_ns, 10);
  EXPECT_EQ(pairs[0].pairs[0].change_ns, 12);
}

TEST(Native, TheMostFrequentOperationIsTheOneThatIsDoneMostInAllPairs) {
  std::vector<OperationPairs> pairs;
  EXPECT_EQ(MostFrequent(pairs), nullptr);
  for (const uint64_t reads : {600u, 900u}) {
    AddPair({Operation("write", 700, 10), Operation("read", reads, 10)},
            {Operation("write", 700, 10), Operation("read", reads, 10)}, kRule, pairs);
  }
  EXPECT_EQ(MostFrequent(pairs)->operation, "read");
}

TEST(Native, BelievesARegressionThatShowsTwice) {
  const NativeDecision slow = Decide(Pairs(1.25, 0.02, 9), kRule), same = Decide(Pairs(1, 0.02, 9), kRule);
  const GateRow twice = NativeRow("cell", "read", slow, &slow, kRule);
  EXPECT_EQ(twice.outcome, "regressed");
  EXPECT_NEAR(twice.change, 0.25, 0.02);
  EXPECT_THAT(twice.text, HasSubstr("again"));
  EXPECT_EQ(NativeRow("cell", "read", slow, &same, kRule).outcome, "holds") << "it did not show again";
  const GateRow once = NativeRow("cell", "read", slow, nullptr, kRule);
  EXPECT_EQ(once.outcome, "undecided");
  EXPECT_THAT(once.decide, HasSubstr("second series"));
  EXPECT_EQ(NativeRow("cell", "read", same, nullptr, kRule).outcome, "holds");
  const NativeDecision unsure = Decide(Pairs(1.05, 0.5, 9), kRule);
  EXPECT_EQ(NativeRow("cell", "read", slow, &unsure, kRule).outcome, "undecided");
  EXPECT_EQ(NativeRow("cell", "read", unsure, nullptr, kRule).outcome, "undecided");
}

}  // namespace
}  // namespace cfgtorture::ci
