#include "ci/gate/shift.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace cfgtorture::ci {
namespace {

// Of each value w of the statistic: the share of the 2^n sign patterns that have it, rank by rank.
std::vector<double> SignedRankDistribution(int n) {
  std::vector<double> share(static_cast<size_t>(n) * static_cast<size_t>(n + 1) / 2 + 1);
  share[0] = 1;
  size_t most = 0;
  for (size_t rank = 1; rank <= static_cast<size_t>(n); ++rank) {
    most += rank;
    for (size_t w = most + 1; w-- > 0;) share[w] = (share[w] + (w >= rank ? share[w - rank] : 0)) / 2;
  }
  return share;
}

double MedianOfSorted(const std::vector<double>& sorted) {
  const size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

}  // namespace

double SignedRankAtMost(int n, int w) {
  const std::vector<double> share = SignedRankDistribution(n);
  double sum = 0;
  for (size_t i = 0; i < share.size() && static_cast<int>(i) <= w; ++i) sum += share[i];
  return sum;
}

Shift ShiftOf(const std::vector<double>& differences, double confidence) {
  std::vector<double> averages;  // Walsh's
  averages.reserve(differences.size() * (differences.size() + 1) / 2);
  for (size_t i = 0; i < differences.size(); ++i) {
    for (size_t j = 0; j <= i; ++j) averages.push_back((differences[i] + differences[j]) / 2);
  }
  std::sort(averages.begin(), averages.end());
  // So many averages from either end are left out as keep the probability of being outside below 1 - confidence.
  const std::vector<double> share = SignedRankDistribution(static_cast<int>(differences.size()));
  size_t left_out = 0;
  double outside = 0;
  while (left_out < share.size() && outside + share[left_out] <= (1 - confidence) / 2) outside += share[left_out++];
  Shift shift;
  shift.estimate = MedianOfSorted(averages);
  if (left_out == 0) {
    shift.low = -std::numeric_limits<double>::infinity();
    shift.high = std::numeric_limits<double>::infinity();
  } else {
    shift.low = averages[left_out - 1];
    shift.high = averages[averages.size() - left_out];
  }
  return shift;
}

}  // namespace cfgtorture::ci
