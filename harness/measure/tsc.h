// harness/measure/tsc.h: the cheapest timestamp of the machine, and how long its tick is.
//
// x86: rdtsc, about 10 ns against 23 ns of clock_gettime (toolchain.md). Not serialising on purpose: an operation that
// the CPU overlaps with its neighbour is one whose cost its user does not pay either. Elsewhere: CLOCK_MONOTONIC.
#ifndef CFGTORTURE_HARNESS_MEASURE_TSC_H_
#define CFGTORTURE_HARNESS_MEASURE_TSC_H_

#include <time.h>

#include <cstdint>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace cfgtorture::measure {

inline uint64_t MonotonicNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

inline uint64_t Ticks() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return MonotonicNs();
#endif
}

// Nanoseconds of a tick, over the life of the object: the longer the run, the better.
class TickCalibration {
 public:
  TickCalibration() : start_ticks_(Ticks()), start_ns_(MonotonicNs()) {}
  // REQUIRES: some time has passed; the first 10 ms are waited for.
  double NsPerTick() const;

 private:
  uint64_t start_ticks_;
  uint64_t start_ns_;
};

}  // namespace cfgtorture::measure

#endif  // CFGTORTURE_HARNESS_MEASURE_TSC_H_
