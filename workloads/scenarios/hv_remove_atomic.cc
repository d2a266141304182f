// workloads/scenarios/hv_remove_atomic.cc
//
// Result: buggy convicted (context: a mutex inside a spinlock). Fixed: clean.
//
// Hyper-V's bus removal walked the children with device_list_lock held, a spinlock, and destroyed each one's slot,
// which takes a mutex. It is found without anybody waiting: the mutex may sleep.
//
// History  fixed by 41608b64b10b (v5.16), which moves the children to a list of its own first; the same kind:
//          7eb6ea414857 (v5.15), an allocation that sleeps under a spinlock.
#include "harness/kernel/mutex.h"
#include "harness/kernel/slab.h"
#include "harness/kernel/spinlock.h"
#include "harness/sdk/program.h"

namespace cfgtorture {
namespace {

struct Child {
  Child* next;
};

SCENARIO(HvRemoveAtomic, .name = "hv-remove-atomic", .summary = "children are removed with a spinlock held",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "context",
         .tag = Tag::kHistoric, .history = "fixed by 41608b64b10b (v5.16); 7eb6ea414857 (v5.15)") {
  Spinlock device_list_lock("hbus->device_list_lock");
  Mutex pci_slot_mutex("pci_slot_mutex");
  Child* children = nullptr;  // guarded by device_list_lock
  const bool moves_first = !s.buggy();
  const auto destroy = [&](Child* child) {
    while (child != nullptr) {
      pci_slot_mutex.lock();  // pci_destroy_slot()
      pci_slot_mutex.unlock();
      Child* const next = child->next;
      kfree(child);
      child = next;
    }
  };
  const auto remove_all = [&] {
    const unsigned long flags = device_list_lock.lock_irqsave();
    Child* const all = children;
    children = nullptr;
    if (!moves_first) destroy(all);
    device_list_lock.unlock_irqrestore(flags);
    if (moves_first) destroy(all);
  };
  {
    Actor scan("new_pcichild_device", -1, [&] {
      auto* const child = kzalloc<Child>(GFP_KERNEL, nullptr);
      SpinIrqGuard<Spinlock> guard(device_list_lock);
      child->next = children;
      children = child;
    });
    Actor removal("hv_pci_bus_exit", -1, remove_all);
  }
  remove_all();  // what came after it
}

}  // namespace
}  // namespace cfgtorture
