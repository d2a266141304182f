// harness/kernel/spin/ttas.h: test and test-and-set (facts 7.3): spins on loads, exchanges only what looks free.
#ifndef CFGTORTURE_HARNESS_KERNEL_SPIN_TTAS_H_
#define CFGTORTURE_HARNESS_KERNEL_SPIN_TTAS_H_

#include <atomic>
#include <cstdint>

#include "harness/kernel/engine.h"

namespace cfgtorture {

class TtasLock {
 public:
  void lock() {
    while (!try_lock()) engine::Relax();
  }
  bool try_lock() {
    return taken_.load(std::memory_order_relaxed) == 0 && taken_.exchange(1, std::memory_order_acquire) == 0;
  }
  void unlock() { taken_.store(0, std::memory_order_release); }

 private:
  std::atomic<uint32_t> taken_{0};
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_SPIN_TTAS_H_
