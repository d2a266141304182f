// The emulated clock runs --time-scale times faster than the real one, so that who sleeps over a recovery time and who
// looks at the clock to see whether it is over agree. A busy wait is the latency of a bridge or a udelay, and is real.
#include "harness/native/clock.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "harness/measure/tsc.h"
#include "harness/native/machine.h"
#include "harness/native/tasks.h"
#include "harness/native/timing.h"

namespace cfgtorture::native {
namespace {

double g_time_scale = 1;
uint64_t g_start_ns = 0;

}  // namespace

void SetEmulatedClock(double time_scale) {
  g_time_scale = time_scale > 0 ? time_scale : 1;
  g_start_ns = measure::MonotonicNs();
}

uint64_t ToReal(uint64_t emulated_ns) { return static_cast<uint64_t>(static_cast<double>(emulated_ns) / g_time_scale); }

}  // namespace cfgtorture::native

namespace cfgtorture::engine {

uint64_t NowNs() {
  return static_cast<uint64_t>(static_cast<double>(measure::MonotonicNs() - native::g_start_ns) * native::g_time_scale);
}

void SleepNs(uint64_t ns) {
  native::Task& self = native::Self();
  const uint64_t until_ns = measure::MonotonicNs() + native::ToReal(ns) + 1;
  timespec until;
  until.tv_sec = static_cast<time_t>(until_ns / 1'000'000'000u);
  until.tv_nsec = static_cast<long>(until_ns % 1'000'000'000u);
  native::EngineScope engine;
  native::OffCpu off(self, native::TaskState::kSleeping);
  // An interrupt meant for the CPU that this task has just given up may end the sleep early: sleep on.
  while (measure::MonotonicNs() < until_ns) {
    syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
  }
  native::CountProgress(self);
}

void DelayNs(uint64_t ns) {
  const uint64_t until_ns = measure::MonotonicNs() + ns;
  do {
    Relax();
  } while (measure::MonotonicNs() < until_ns);
  // Between operations it is no part of the next one; inside one it is, and breaking the chain changes nothing.
  native::BreakChain(native::Self());
}

}  // namespace cfgtorture::engine
