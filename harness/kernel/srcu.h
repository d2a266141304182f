// harness/kernel/srcu.h: struct srcu_struct (facts 7.3): readers count themselves in and out on their CPU, under one of
// two indices; synchronize() returns when everybody who was in has left.
//
// Context  a reader: any, hardirq included, if it leaves where it came; it may sleep and migrate. synchronize(): task,
//          sleeps.
// Ordering publish first, then synchronize: whoever is still inside afterwards has seen what was published. Counting
//          is sequentially consistent, as is the look at what was published (the caller's part).
// Departs  synchronize() polls every millisecond, where the kernel's asks a workqueue to call back.
// Source   kernel/rcu/srcutree.c, v6.12.
#ifndef CFGTORTURE_HARNESS_KERNEL_SRCU_H_
#define CFGTORTURE_HARNESS_KERNEL_SRCU_H_

#include <atomic>
#include <cstdint>

#include "harness/kernel/mutex.h"
#include "harness/kernel/percpu.h"
#include "harness/kernel/time.h"

namespace cfgtorture {

class Srcu {
 public:
  // What read_unlock() must be given.
  unsigned read_lock() {
    const unsigned index = index_.load(std::memory_order_relaxed) & 1;
    counts_.this_cpu().entered[index].fetch_add(1, std::memory_order_seq_cst);
    return index;
  }
  void read_unlock(unsigned index) { counts_.this_cpu().left[index].fetch_add(1, std::memory_order_seq_cst); }

  void synchronize() {
    might_sleep("synchronize_srcu");
    gate_.lock();
    const unsigned index = index_.load(std::memory_order_relaxed);
    WaitFor((index + 1) & 1);  // who read the index before the last flip and came in after it
    index_.store(index + 1, std::memory_order_seq_cst);
    WaitFor(index & 1);
    gate_.unlock();
  }

 private:
  struct Counts {
    std::atomic<uint64_t> entered[2] = {};
    std::atomic<uint64_t> left[2] = {};
  };

  void WaitFor(unsigned index) {
    while (!Empty(index)) msleep(1);
  }
  // Who has left is added up first: whoever leaves and whoever enters in between makes it look less empty.
  bool Empty(unsigned index) {
    uint64_t left = 0, entered = 0;
    for (int cpu = 0; cpu < engine::CpuCount(); ++cpu) {
      left += counts_.on(cpu).left[index].load(std::memory_order_seq_cst);
    }
    for (int cpu = 0; cpu < engine::CpuCount(); ++cpu) {
      entered += counts_.on(cpu).entered[index].load(std::memory_order_seq_cst);
    }
    return left == entered;
  }

  PerCpu<Counts> counts_;
  std::atomic<uint32_t> index_{0};  // its lowest bit is where readers enter; guarded by gate_
  Mutex gate_{"srcu_gp_mutex"};
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_SRCU_H_
