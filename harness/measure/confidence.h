// harness/measure/confidence.h: the mean of a few measurements and how far it may be off.
//
// 95 % by Student's t (Gosset, 1908). For repetitions, and for the equal parts of one run ("batch means": Law and
// Kelton, Simulation Modeling and Analysis): parts of one run know nothing of what differs from process to process, so
// their interval is the narrower one.
#ifndef CFGTORTURE_HARNESS_MEASURE_CONFIDENCE_H_
#define CFGTORTURE_HARNESS_MEASURE_CONFIDENCE_H_

#include <cmath>
#include <iterator>
#include <vector>

namespace cfgtorture::measure {

struct Interval {
  double mean = 0;
  double half_width = 0;  // of the 95 % interval; 0 with fewer than two values, which say nothing of it
};

inline Interval Confidence95(const std::vector<double>& values) {
  // The 97.5 % quantile for 1 to 30 degrees of freedom; beyond, the normal distribution's is at most 4 % off.
  static constexpr double kStudent[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                                        2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
                                        2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};
  Interval interval;
  const size_t count = values.size();
  if (count == 0) return interval;
  for (const double value : values) interval.mean += value;
  interval.mean /= static_cast<double>(count);
  if (count < 2) return interval;
  double squares = 0;
  for (const double value : values) squares += (value - interval.mean) * (value - interval.mean);
  const double deviation = std::sqrt(squares / static_cast<double>(count - 1));
  const double quantile = count - 2 < std::size(kStudent) ? kStudent[count - 2] : 1.96;
  interval.half_width = quantile * deviation / std::sqrt(static_cast<double>(count));
  return interval;
}

}  // namespace cfgtorture::measure

#endif  // CFGTORTURE_HARNESS_MEASURE_CONFIDENCE_H_
