// harness/explore/tree_size.h: about how many schedules a program has, from random ones.
//
// Algorithm   Knuth, "Estimating the efficiency of backtrack programs", Mathematics of Computation 29, 1975: walk down
// the
//             tree of schedules, each child with the same probability; the product of the numbers of children is an
//             unbiased estimate of the number of leaves. The mean of many such probes.
// Guarantees  the expectation is the number of leaves, whatever the shape of the tree. Sums are kept as logarithms:
// trees
//             of 10^1000 leaves are fine.
// Misses      what rare probes would have added: products are spread over many powers of ten when the tree is deep and
//             uneven, and a mean of such is most often too low. EffectiveProbes() says how many probes carry it (Kong,
//             Liu, Wong, JASA 89, 1994); below kTrusted it is a lower bound of the order of magnitude, and no more.
// Departs     nothing. A program that behaves otherwise after something was learned (racy places become scheduling
// points)
//             has another tree: the caller begins anew.
#ifndef CFGTORTURE_HARNESS_EXPLORE_TREE_SIZE_H_
#define CFGTORTURE_HARNESS_EXPLORE_TREE_SIZE_H_

#include <algorithm>
#include <cmath>

#include "harness/result/cell.h"

namespace cfgtorture::explore {

inline constexpr double kTrusted = 30;  // effective probes

// Adds the probes of `other`, as if they had been made together.
inline void MergeTreeSizes(TreeSize& size, const TreeSize& other) {
  if (other.probes == 0) return;
  if (size.probes == 0) {
    size = other;
    return;
  }
  // Relative to the larger mean, so that nothing overflows.
  const double top = std::max(size.log2_mean, other.log2_mean);
  double sum = 0, squares = 0;
  for (const TreeSize* part : {static_cast<const TreeSize*>(&size), &other}) {
    const double mean = std::exp2(part->log2_mean - top);
    const double count = static_cast<double>(part->probes);
    sum += count * mean;
    squares += count * mean * mean * (1 + part->variation * part->variation);
  }
  size.probes += other.probes;
  const double count = static_cast<double>(size.probes);
  const double mean = sum / count;
  size.log2_mean = top + std::log2(mean);
  size.variation = std::sqrt(std::max(0.0, squares / count / (mean * mean) - 1));
}

// One probe: the base-2 logarithm of the product of the numbers of choices on its way.
inline void AddProbe(TreeSize& size, double log2_product) { MergeTreeSizes(size, {1, log2_product, 0}); }

inline double EffectiveProbes(const TreeSize& size) {
  return static_cast<double>(size.probes) / (1 + size.variation * size.variation);
}

// The factor f of the 95 % interval mean/f .. mean*f: the mean's own relative error, taken as log-normal.
inline double IntervalFactor(const TreeSize& size) {
  if (size.probes == 0) return 1;
  return std::exp(1.96 * std::sqrt(std::log1p(size.variation * size.variation / static_cast<double>(size.probes))));
}

}  // namespace cfgtorture::explore

#endif  // CFGTORTURE_HARNESS_EXPLORE_TREE_SIZE_H_
