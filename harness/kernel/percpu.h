// harness/kernel/percpu.h: one T for each CPU, on a cache line of its own.
#ifndef CFGTORTURE_HARNESS_KERNEL_PERCPU_H_
#define CFGTORTURE_HARNESS_KERNEL_PERCPU_H_

#include <memory>

#include "harness/kernel/engine.h"

namespace cfgtorture {

template <class T>
class PerCpu {
 public:
  PerCpu() : slots_(new Slot[static_cast<unsigned>(engine::CpuCount())]) {}

  // The caller's CPU. It stays the caller's while preemption is off; tasks do not migrate, but others may run there.
  T& this_cpu() { return on(engine::CurrentCpu()); }
  T& on(int cpu) { return slots_[static_cast<unsigned>(cpu)].value; }

 private:
  struct alignas(64) Slot {
    T value{};
  };
  std::unique_ptr<Slot[]> slots_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_PERCPU_H_
