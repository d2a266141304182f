// harness/run/now.h: the time by which commands and workers are timed.
#ifndef CFGTORTURE_HARNESS_RUN_NOW_H_
#define CFGTORTURE_HARNESS_RUN_NOW_H_

#include <ctime>

namespace cfgtorture::run {

// Seconds of the monotonic clock.
inline double Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace cfgtorture::run

#endif  // CFGTORTURE_HARNESS_RUN_NOW_H_
