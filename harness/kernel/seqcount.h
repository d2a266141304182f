// harness/kernel/seqcount.h: seqcount_t (facts 7.3): readers look without a lock, and look again if a writer was about.
//
// Context  a writer is alone already and cannot be preempted, nor interrupted by a reader: that one would spin for ever
//          on the CPU of the writer that it waits for.
// Readers  without side effects: what they did in vain is done again. Plain data that they read races, as it does in
//          the kernel, where it is marked.
#ifndef CFGTORTURE_HARNESS_KERNEL_SEQCOUNT_H_
#define CFGTORTURE_HARNESS_KERNEL_SEQCOUNT_H_

#include <atomic>
#include <cstdint>

#include "harness/kernel/task.h"
#include "harness/kernel/time.h"

namespace cfgtorture {

class SeqCount {
 public:
  uint32_t read_begin() const {
    uint32_t sequence;
    while (((sequence = sequence_.load(std::memory_order_acquire)) & 1) != 0) cpu_relax();
    return sequence;
  }
  // Was a writer about since read_begin() returned `begin`?
  bool read_retry(uint32_t begin) const {
    std::atomic_thread_fence(std::memory_order_acquire);
    return sequence_.load(std::memory_order_relaxed) != begin;
  }
  void write_begin() {
    sequence_.store(sequence_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
  }
  void write_end() { sequence_.store(sequence_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

 private:
  std::atomic<uint32_t> sequence_{0};
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_SEQCOUNT_H_
