// harness/native/bench/ratio.h: how much slower, and how sure is that?
//
// The ratio of two medians with a 95 % interval by the percentile bootstrap (Efron 1979): each side is resampled on its
// own, which is right for repetitions that were interleaved at random. Medians, because what disturbs a repetition
// (the host takes the CPU away) only ever adds.
//
// Misses  what the whole run had in common: a machine that was slow throughout, code that happened to lie badly. Two
//         runs can differ by more than the interval of either.
#ifndef CFGTORTURE_HARNESS_NATIVE_BENCH_RATIO_H_
#define CFGTORTURE_HARNESS_NATIVE_BENCH_RATIO_H_

#include <vector>

namespace cfgtorture::bench {

struct Interval {
  double low = 0, estimate = 0, high = 0;
};

double Median(std::vector<double> samples);

// median(ours) / median(peer). The same samples give the same interval. REQUIRES: neither is empty, all are positive.
Interval RatioOfMedians(const std::vector<double>& ours, const std::vector<double>& peer);

// Is the ratio at most `limit`? "holds", "exceeded", or "open" where the interval has room for both.
const char* Against(const Interval& ratio, double limit);

}  // namespace cfgtorture::bench

#endif  // CFGTORTURE_HARNESS_NATIVE_BENCH_RATIO_H_
