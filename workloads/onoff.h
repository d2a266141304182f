// workloads/onoff.h: virtual CPUs that go away and come back while a workload runs, locktorture's onoff_interval.
//
// Taken down as the kernel's stopper does it: a task of that CPU, interrupts off, that nothing there can preempt. What
// the CPU was about stands still in the middle of whatever it was at: tasks do not move to another CPU, and interrupts
// that are pending for it wait until it is back. So this is more a CPU that its host took away than one that was
// unplugged in good order; a lock that bets on the other's progress shows it.
// CPU 0 stays, as it does on most machines.
#ifndef CFGTORTURE_WORKLOADS_ONOFF_H_
#define CFGTORTURE_WORKLOADS_ONOFF_H_

#include <atomic>
#include <cstdint>
#include <optional>

#include "harness/kernel/irqflags.h"
#include "harness/kernel/time.h"
#include "harness/sdk/program.h"

namespace cfgtorture {

// While it lives. Every `us` the next CPU goes away for as long; 0: none does.
class OnOff {
 public:
  explicit OnOff(uint32_t us) : ns_(uint64_t{us} * 1000) {
    if (us != 0 && engine::CpuCount() > 1) {
      task_ = engine::StartTask(
          "onoff", 0, [](void* self) { static_cast<OnOff*>(self)->Run(); }, this);
    }
  }
  ~OnOff() {
    over_.store(true);
    if (task_.has_value()) engine::JoinTask(*task_);
  }
  OnOff(const OnOff&) = delete;
  OnOff& operator=(const OnOff&) = delete;

 private:
  void Run() {
    for (int next = 0; engine::KeepGoing() && !over_.load(); ++next) {
      engine::SleepNs(ns_);
      back_.store(false);
      const engine::TaskId stopper = engine::StartTask(
          "stopper", 1 + next % (engine::CpuCount() - 1), [](void* self) { static_cast<OnOff*>(self)->Stop(); }, this);
      engine::SleepNs(ns_);
      back_.store(true);
      engine::JoinTask(stopper);
    }
  }

  void Stop() {
    const unsigned long flags = local_irq_save();
    smp_cond_load_acquire(back_, [](bool back) { return back; });
    local_irq_restore(flags);
  }

  const uint64_t ns_;
  std::optional<engine::TaskId> task_;
  std::atomic<bool> over_{false};
  std::atomic<bool> back_{false};
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_WORKLOADS_ONOFF_H_
