#include "harness/measure/histogram.h"

#include <algorithm>
#include <cmath>

namespace cfgtorture::measure {

uint64_t Histogram::AtFraction(double fraction) const {
  const uint64_t count = Count();
  if (count == 0) return 0;
  const double rank = std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count));
  const uint64_t wanted = std::clamp<uint64_t>(static_cast<uint64_t>(rank), 1, count);
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i].load(std::memory_order_relaxed);
    if (seen >= wanted) return std::min(LargestOf(i), Max());
  }
  return Max();
}

std::vector<std::pair<uint64_t, uint64_t>> Histogram::Coarse() const {
  std::vector<std::pair<uint64_t, uint64_t>> bins;
  for (size_t i = 0; i < kBuckets; ++i) {
    const uint64_t count = buckets_[i].load(std::memory_order_relaxed);
    if (count == 0) continue;
    // The three highest bits of a value name its bin; the rest of them set is the bin's largest.
    const uint64_t value = LargestOf(i);
    const int rest = std::max(static_cast<int>(std::bit_width(value)) - 3, 0);
    const uint64_t largest = value | ((uint64_t{1} << rest) - 1);
    if (!bins.empty() && bins.back().first == largest) {
      bins.back().second += count;
    } else {
      bins.emplace_back(largest, count);
    }
  }
  return bins;
}

}  // namespace cfgtorture::measure
