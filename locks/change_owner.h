// locks/change_owner.h: who has a function to himself, for strategies that let nobody else near it meanwhile.
#ifndef CFGTORTURE_LOCKS_CHANGE_OWNER_H_
#define CFGTORTURE_LOCKS_CHANGE_OWNER_H_

#include <atomic>
#include <memory>

#include "harness/kernel/irqflags.h"
#include "harness/pci/device.h"

namespace cfgtorture {

// Says nothing of how one comes to have it: set and cleared by whoever has just blocked the function, or is about to
// unblock it.
class ChangeOwner {
 public:
  ChangeOwner() : tasks_(new std::atomic<engine::TaskId>[static_cast<unsigned>(hw::FunctionCount())]) {
    for (int i = 0; i < hw::FunctionCount(); ++i)
      tasks_[static_cast<unsigned>(i)].store(kNobody, std::memory_order_relaxed);
  }
  // An interrupt is never the owner, although it runs in the name of the task that it interrupted.
  bool IsCurrent(const Device& dev) const {
    return !in_hardirq() && Of(dev).load(std::memory_order_relaxed) == engine::CurrentTask();
  }
  void Set(const Device& dev) { Of(dev).store(engine::CurrentTask(), std::memory_order_relaxed); }
  void Clear(const Device& dev) { Of(dev).store(kNobody, std::memory_order_relaxed); }

 private:
  static constexpr engine::TaskId kNobody = ~engine::TaskId{0};

  std::atomic<engine::TaskId>& Of(const Device& dev) const { return tasks_[static_cast<unsigned>(dev.function)]; }

  std::unique_ptr<std::atomic<engine::TaskId>[]> tasks_;  // only a task itself acts on its own number
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_LOCKS_CHANGE_OWNER_H_
