// workloads/scenarios/irq_unsafe_inside_safe.cc
//
// Result: buggy convicted (lock-order: HARDIRQ-safe, then HARDIRQ-unsafe; deadlock). Fixed: clean.
//
// A handler takes the lock of its descriptor, as everybody does, with interrupts off. A task with that lock held takes
// the capability's, which another task holds with interrupts on: it can be interrupted there, by the handler that waits
// for the first task, which waits for it. Each lock by itself is used as it may be, and the two are nested one way
// only.
//
// History  constructed; fc8c818e7569 (v6.11) is the same with an allocator inside an interrupt's lock.
#include <atomic>

#include "harness/kernel/irq.h"
#include "harness/kernel/spinlock.h"
#include "harness/kernel/time.h"
#include "harness/sdk/program.h"

namespace cfgtorture {
namespace {

constexpr int kVector = 0x31;

struct Port {
  std::atomic<bool> handled{false};
  RawSpinlock desc_lock{"irq_desc"};
  RawSpinlock cap_lock{"pcie_cap_lock"};
};

SCENARIO(IrqUnsafeInsideSafe, .name = "irq-unsafe-inside-safe",
         .summary = "a lock held with interrupts on is waited for inside one that a handler takes",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9",
         .must_find = "lock-order,deadlock", .tag = Tag::kConstructed, .history = "as fc8c818e7569 (v6.11)") {
  Port port;
  const bool irqs_off = !s.buggy();
  const IrqHandler handler = [](int, void* data) {
    auto& self = *static_cast<Port*>(data);
    self.desc_lock.lock();
    self.desc_lock.unlock();
    self.handled.store(true, std::memory_order_release);
  };
  request_irq(kVector, "pme", handler, &port, IrqFlags::kNoThread);
  {
    Actor aspm("aspm", -1, [&] {
      raise_irq(engine::CurrentCpu(), kVector);
      const unsigned long flags = irqs_off ? local_irq_save() : 1;
      port.cap_lock.lock();
      port.cap_lock.unlock();
      local_irq_restore(flags);
    });
    Actor unmask("irq_unmask", -1, [&] {
      RawSpinIrqGuard guard(port.desc_lock);
      port.cap_lock.lock();
      port.cap_lock.unlock();
    });
  }
  smp_cond_load_acquire(port.handled, [](bool handled) { return handled; });  // it comes, early or late
  free_irq(kVector);
}

}  // namespace
}  // namespace cfgtorture
