#include "ci/gate/shift.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace cfgtorture::ci {

double HeadsAtMost(size_t n, size_t k) {
  double share = std::exp2(-static_cast<double>(n)), sum = 0;  // of the outcomes that have i heads
  for (size_t i = 0; i <= std::min(n, k); ++i) {
    sum += share;
    share *= static_cast<double>(n - i) / static_cast<double>(i + 1);
  }
  return sum;
}

Shift ShiftOf(std::vector<double> differences, double confidence) {
  std::sort(differences.begin(), differences.end());
  const size_t n = differences.size(), half = n / 2;
  Shift shift;
  shift.estimate = n % 2 == 1 ? differences[half] : (differences[half - 1] + differences[half]) / 2;
  // So many from either end are left out as keep the probability of being outside at most 1 - confidence.
  size_t left_out = 0;
  while (left_out < half && HeadsAtMost(n, left_out) <= (1 - confidence) / 2) ++left_out;
  const double any = std::numeric_limits<double>::infinity();
  shift.low = left_out == 0 ? -any : differences[left_out - 1];
  shift.high = left_out == 0 ? any : differences[n - left_out];
  return shift;
}

}  // namespace cfgtorture::ci
