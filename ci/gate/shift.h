// ci/gate/shift.h: by how much do paired measurements differ, and how sure is that?
//
// The median, and the interval that the sign test does not reject: from one order statistic to another, with the exact
// probabilities of a coin (W. R. Thompson, Annals of Mathematical Statistics 7, 1936). Nothing is assumed of what the
// differences are like, not even that they are symmetric, and nothing is drawn at random: one set of measurements has
// one verdict. Of nine pairs one may be as wild as it likes on either side, of fifteen three.
//
// Misses     what disturbs each pair alike in one direction; who measures alternates which side goes first.
// Needs      six pairs for 95 %: with fewer, no interval is that sure, and this one is unbounded.
#ifndef CFGTORTURE_CI_GATE_SHIFT_H_
#define CFGTORTURE_CI_GATE_SHIFT_H_

#include <cstddef>
#include <vector>

namespace cfgtorture::ci {

struct Shift {
  double low = 0, estimate = 0, high = 0;
};

// `differences`: one a pair. REQUIRES: not empty, at most 1000; 0 < confidence < 1.
Shift ShiftOf(std::vector<double> differences, double confidence);

// The probability that n throws of a coin show at most k heads.
double HeadsAtMost(size_t n, size_t k);

}  // namespace cfgtorture::ci

#endif  // CFGTORTURE_CI_GATE_SHIFT_H_
