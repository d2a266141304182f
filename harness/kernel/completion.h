// harness/kernel/completion.h: struct completion: wait until somebody else has done something.
//
// The count and the queue are guarded by one raw lock, which a waiter takes before it returns: so it may lie on the
// waiter's stack although complete() still touches it after the count has gone up.
// Source   kernel/sched/completion.c, v6.12.
#ifndef CFGTORTURE_HARNESS_KERNEL_COMPLETION_H_
#define CFGTORTURE_HARNESS_KERNEL_COMPLETION_H_

#include <cstdint>

#include "harness/kernel/raw_spinlock.h"
#include "harness/kernel/task.h"

namespace cfgtorture {

class Completion {
 public:
  explicit Completion(const char* name) : name_(name), lock_(name) {}
  Completion(const Completion&) = delete;
  Completion& operator=(const Completion&) = delete;

  // Lets one waiter go, now or later. What the caller did before is visible to it. Any context.
  void complete();
  // Lets everybody go, now and from now on. Any context.
  void complete_all();
  // Task context, sleeps.
  void wait_for_completion();

 private:
  static constexpr uint32_t kForAll = UINT32_MAX;

  struct Waiter {  // on its owner's stack
    TaskStruct* task;
    bool queued = false;
    Waiter* next = nullptr;
  };

  void Append(Waiter& waiter);
  void Remove(Waiter& waiter);
  void WakeFirst();

  const char* const name_;
  RawSpinlock lock_;
  uint32_t done_ = 0;        // guarded by lock_, as are the waiters
  Waiter* first_ = nullptr;  // in the order of their coming
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_COMPLETION_H_
