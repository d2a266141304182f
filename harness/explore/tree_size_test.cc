// tree_size_test.cc. Goal: on trees whose leaves are known, the estimate is right where it says that it is.
#include "harness/explore/tree_size.h"

#include <algorithm>
#include <cmath>

#include "gtest/gtest.h"
#include "harness/explore/random.h"

namespace cfgtorture::explore {
namespace {

// Two tasks of so many steps each, interleaved: binomial(a + b, a) schedules, which a random walk does not draw alike.
double Interleavings(unsigned a, unsigned b) {
  return std::exp(std::lgamma(a + b + 1) - std::lgamma(a + 1) - std::lgamma(b + 1));
}

double Probe(RandomExplorer& random, unsigned a, unsigned b) {
  double log2_product = 0;
  while (a != 0 && b != 0) {
    log2_product += 1;
    --(random.Below(2) == 0 ? a : b);
  }
  return log2_product;
}

TreeSize Estimate(unsigned a, unsigned b, uint64_t probes) {
  RandomExplorer random(1);
  TreeSize size;
  for (uint64_t i = 0; i < probes; ++i) {
    random.Begin(i);
    AddProbe(size, Probe(random, a, b));
  }
  return size;
}

TEST(TreeSize, FindsTheNumberOfInterleavings) {
  for (const auto& [a, b] : {std::pair{3u, 3u}, {10u, 10u}, {4u, 12u}}) {
    const TreeSize size = Estimate(a, b, 20000);
    EXPECT_GT(EffectiveProbes(size), kTrusted);
    const double ratio = std::exp2(size.log2_mean) / Interleavings(a, b);
    EXPECT_LT(std::max(ratio, 1 / ratio), IntervalFactor(size) * 1.05) << a << " steps by " << b;
    EXPECT_LT(IntervalFactor(size), 1.2);
  }
}

TEST(TreeSize, SaysThatItIsCarriedByFewProbesWhereTheTreeIsLopsided) {
  // One path in 2^20 leads to 2^60 leaves, the others to one.
  TreeSize size;
  for (int i = 0; i < 2000; ++i) AddProbe(size, 0);
  AddProbe(size, 60);
  EXPECT_LT(EffectiveProbes(size), kTrusted);
  EXPECT_GT(IntervalFactor(size), 4);
}

TEST(TreeSize, IsTheSameWhoeverMadeTheProbes) {
  TreeSize all, parts[2];
  for (int i = 0; i < 1000; ++i) {
    const double log2_product = 40 + (i * 7919) % 13;
    AddProbe(all, log2_product);
    AddProbe(parts[i % 3 == 0], log2_product);
  }
  MergeTreeSizes(parts[0], parts[1]);
  EXPECT_EQ(parts[0].probes, all.probes);
  EXPECT_NEAR(parts[0].log2_mean, all.log2_mean, 1e-9);
  EXPECT_NEAR(parts[0].variation, all.variation, 1e-9);
}

TEST(TreeSize, DoesNotOverflow) {
  TreeSize size;
  for (int i = 0; i < 100; ++i) AddProbe(size, 5000 + i);
  EXPECT_GT(size.log2_mean, 5000);
  EXPECT_LT(size.log2_mean, 5100);
}

}  // namespace
}  // namespace cfgtorture::explore
