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

}  // namespace cfgtorture::measure
