// harness/measure/fairness.h: Jain's index of fairness. Jain, Chiu, Hawe, DEC-TR-301, 1984.
//
// (sum x)^2 / (n * sum x^2): 1 where all got the same, 1/n where one got all. 1 for none and for all zero.
#ifndef CFGTORTURE_HARNESS_MEASURE_FAIRNESS_H_
#define CFGTORTURE_HARNESS_MEASURE_FAIRNESS_H_

#include <cstdint>
#include <vector>

namespace cfgtorture::measure {

inline double JainIndex(const std::vector<uint64_t>& shares) {
  double sum = 0, squares = 0;
  for (const uint64_t share : shares) {
    sum += static_cast<double>(share);
    squares += static_cast<double>(share) * static_cast<double>(share);
  }
  return squares == 0 ? 1.0 : sum * sum / (static_cast<double>(shares.size()) * squares);
}

}  // namespace cfgtorture::measure

#endif  // CFGTORTURE_HARNESS_MEASURE_FAIRNESS_H_
