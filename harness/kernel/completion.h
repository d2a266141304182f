// harness/kernel/completion.h: struct completion: wait until somebody else has done something.
#ifndef CFGTORTURE_HARNESS_KERNEL_COMPLETION_H_
#define CFGTORTURE_HARNESS_KERNEL_COMPLETION_H_

#include <atomic>
#include <cstdint>

#include "harness/kernel/wait_queue.h"

namespace cfgtorture {

class Completion {
 public:
  explicit Completion(const char* name) : queue_(name) {}

  // What the caller did before is visible to whom it releases.
  void complete() {
    done_.fetch_add(1, std::memory_order_release);
    wake_up_all(queue_);
  }
  // Takes one complete(). Task context, sleeps.
  void wait_for_completion() {
    wait_event(queue_, [this] {
      uint32_t done = done_.load(std::memory_order_relaxed);
      while (done != 0) {
        if (done_.compare_exchange_weak(done, done - 1, std::memory_order_acquire, std::memory_order_relaxed)) return true;
      }
      return false;
    });
  }

 private:
  std::atomic<uint32_t> done_{0};
  WaitQueueHead queue_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_COMPLETION_H_
