#include "harness/measure/tsc.h"

namespace cfgtorture::measure {

double TickCalibration::NsPerTick() const {
  uint64_t ns = MonotonicNs();
  while (ns - start_ns_ < 10'000'000) ns = MonotonicNs();
  const uint64_t ticks = Ticks() - start_ticks_;
  return ticks == 0 ? 1.0 : static_cast<double>(ns - start_ns_) / static_cast<double>(ticks);
}

}  // namespace cfgtorture::measure
