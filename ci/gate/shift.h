// ci/gate/shift.h: by how much do paired measurements differ, and how sure is that?
//
// The estimate is Hodges and Lehmann's: the median of all averages of two differences (Annals of Mathematical
// Statistics 34, 1963). The interval is the one that Wilcoxon's signed-rank test does not reject (Wilcoxon, Biometrics
// Bulletin 1, 1945; Hollander and Wolfe, Nonparametric Statistical Methods, 3.1-3.4), with exact probabilities: no
// distribution is assumed but a symmetric one, which the difference of two runs that differ in nothing has. It draws
// nothing at random, so one set of measurements has one verdict. Boost.Math has no signed-rank distribution.
//
// Misses     what disturbs each pair alike in one direction; who measures alternates which side goes first.
// Needs      six pairs for 95 %: with fewer, no interval is that sure, and this one is unbounded.
#ifndef CFGTORTURE_CI_GATE_SHIFT_H_
#define CFGTORTURE_CI_GATE_SHIFT_H_

#include <vector>

namespace cfgtorture::ci {

struct Shift {
  double low = 0, estimate = 0, high = 0;
};

// `differences`: one a pair. Cost: quadratic, and n log n in that. REQUIRES: not empty; 0 < confidence < 1.
Shift ShiftOf(const std::vector<double>& differences, double confidence);

// The probability that the signed-rank statistic of n pairs is at most w, if neither side is the larger. n <= 1000.
double SignedRankAtMost(int n, int w);

}  // namespace cfgtorture::ci

#endif  // CFGTORTURE_CI_GATE_SHIFT_H_
