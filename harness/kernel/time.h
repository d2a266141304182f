// harness/kernel/time.h: waiting for time to pass, and spinning politely.
#ifndef CFGTORTURE_HARNESS_KERNEL_TIME_H_
#define CFGTORTURE_HARNESS_KERNEL_TIME_H_

#include <cstdint>

#include "harness/kernel/engine.h"
#include "harness/kernel/task.h"

namespace cfgtorture {

// Task context. In atomic context, which is the kernel's "scheduling while atomic", it waits busily.
inline void msleep(unsigned ms) {
  might_sleep("msleep");
  if (in_atomic()) {
    observer::Violation(Hazard::kContext, "scheduling while atomic: msleep()");
    engine::DelayNs(uint64_t{ms} * 1'000'000);
    return;
  }
  engine::SleepNs(uint64_t{ms} * 1'000'000);
}
// Busy wait; any context.
inline void udelay(unsigned us) { engine::DelayNs(uint64_t{us} * 1'000); }

inline void cpu_relax() { engine::Relax(); }

// Spins until predicate(value) holds; returns that value. What its writer released is visible.
template <class T, class Predicate>
T smp_cond_load_acquire(const std::atomic<T>& atom, Predicate predicate) {
  for (;;) {
    const T value = atom.load(std::memory_order_acquire);
    if (predicate(value)) return value;
    cpu_relax();
  }
}

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_TIME_H_
