// harness/kernel/spin/tas.h: test-and-set (facts 7.3): acquire exchange until it was free, release store.
#ifndef CFGTORTURE_HARNESS_KERNEL_SPIN_TAS_H_
#define CFGTORTURE_HARNESS_KERNEL_SPIN_TAS_H_

#include <atomic>
#include <cstdint>

#include "harness/kernel/engine.h"

namespace cfgtorture {

class TasLock {
 public:
  void lock() {
    while (taken_.exchange(1, std::memory_order_acquire) != 0) engine::Relax();
  }
  bool try_lock() { return taken_.exchange(1, std::memory_order_acquire) == 0; }
  void unlock() { taken_.store(0, std::memory_order_release); }

 private:
  std::atomic<uint32_t> taken_{0};
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_SPIN_TAS_H_
