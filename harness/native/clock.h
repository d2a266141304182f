// harness/native/clock.h: the emulated machine's clock: real time, sped up.
#ifndef CFGTORTURE_HARNESS_NATIVE_CLOCK_H_
#define CFGTORTURE_HARNESS_NATIVE_CLOCK_H_

#include <cstdint>

namespace cfgtorture::native {

void SetEmulatedClock(double time_scale);
// Real nanoseconds of `emulated_ns`.
uint64_t ToReal(uint64_t emulated_ns);

}  // namespace cfgtorture::native

#endif  // CFGTORTURE_HARNESS_NATIVE_CLOCK_H_
