// harness/kernel/percpu_rwsem.h: struct percpu_rw_semaphore (facts 7.3): readers count on their own CPU, a writer adds
// all up. Task context, sleeps.
//
// Ordering a reader counts, then looks for a block; a writer blocks, then counts readers; each with a full barrier in
//          between (sequentially consistent operations), so that one of the two sees the other.
// Departs  between writers the kernel's reader leaves the barrier out, which an RCU grace period at the next writer
//          makes good; here it never does, as while a writer is about. down_write_trylock() is ours: the kernel has
//          none.
// Source   kernel/locking/percpu-rwsem.c, v6.12.
#ifndef CFGTORTURE_HARNESS_KERNEL_PERCPU_RWSEM_H_
#define CFGTORTURE_HARNESS_KERNEL_PERCPU_RWSEM_H_

#include <atomic>
#include <cstdint>

#include "harness/kernel/irqflags.h"
#include "harness/kernel/observer.h"
#include "harness/kernel/percpu.h"
#include "harness/kernel/wait_queue.h"

namespace cfgtorture {

class PercpuRwSemaphore {
 public:
  explicit PercpuRwSemaphore(const char* name, int subclass = 0)
      : id_(observer::LockCreated(this, name, observer::WaitType::kSleep, subclass)) {}
  ~PercpuRwSemaphore() { observer::LockGone(id_); }
  PercpuRwSemaphore(const PercpuRwSemaphore&) = delete;
  PercpuRwSemaphore& operator=(const PercpuRwSemaphore&) = delete;

  void down_read() {
    might_sleep("down_read");
    if (!observer::LockWait(id_, observer::How::kShared)) return;
    while (!Enter()) {
      wait_event(waiters_, [this] { return !blocked_.load(std::memory_order_acquire); });
    }
    observer::LockAcquired(id_, observer::How::kShared);
  }
  void up_read() {
    if (observer::LockReleased(id_)) Leave();
  }

  void down_write() {
    might_sleep("down_write");
    if (!observer::LockWait(id_, observer::How::kExclusive)) return;
    while (blocked_.exchange(true, std::memory_order_seq_cst)) {
      wait_event(waiters_, [this] { return !blocked_.load(std::memory_order_acquire); });
    }
    wait_event(writer_, [this] { return Readers() == 0; });
    observer::LockAcquired(id_, observer::How::kExclusive);
  }
  bool down_write_trylock() {
    if (blocked_.exchange(true, std::memory_order_seq_cst)) return false;
    if (Readers() != 0) {
      Unblock();
      return false;
    }
    observer::LockAcquired(id_, observer::How::kTryExclusive);
    return true;
  }
  void up_write() {
    if (observer::LockReleased(id_)) Unblock();
  }

 private:
  // Preemption is off between the two: what is undone is undone on the CPU where it was done, so no sum is ever too
  // low.
  bool Enter() {
    preempt_disable();
    readers_.this_cpu().fetch_add(1, std::memory_order_seq_cst);
    const bool entered = !blocked_.load(std::memory_order_seq_cst);
    if (!entered) readers_.this_cpu().fetch_sub(1, std::memory_order_seq_cst);
    preempt_enable();
    if (!entered) wake_up_all(writer_);  // it may have counted this one
    return entered;
  }
  void Leave() {
    preempt_disable();
    readers_.this_cpu().fetch_sub(1, std::memory_order_seq_cst);
    const bool awaited = blocked_.load(std::memory_order_seq_cst);
    preempt_enable();
    if (awaited) wake_up_all(writer_);
  }
  // A reader may leave on another CPU than it entered on: only the sum means anything.
  int64_t Readers() {
    int64_t sum = 0;
    for (int cpu = 0; cpu < engine::CpuCount(); ++cpu) sum += readers_.on(cpu).load(std::memory_order_seq_cst);
    return sum;
  }
  void Unblock() {
    blocked_.store(false, std::memory_order_release);
    wake_up_all(waiters_);
  }

  PerCpu<std::atomic<int64_t>> readers_;
  std::atomic<bool> blocked_{false};               // a writer has it or waits for the last reader
  WaitQueueHead waiters_{"percpu_rwsem waiters"};  // until blocked_ is false
  WaitQueueHead writer_{"percpu_rwsem writer"};    // until there is no reader
  [[no_unique_address]] observer::LockId id_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_PERCPU_RWSEM_H_
