// workloads/scenarios/rwsem_in_irq.cc
//
// Result: buggy convicted (context; deadlock). Fixed: clean.
//
// Accesses hold a semaphore for read, a block holds it for write. A handler on the blocker's CPU reads config space: it
// may not sleep, and the task under it will never run to give the semaphore up (C18, C19).
//
// History  Wilcox's proposal in the thread of October 2019, which Gleixner declined. The fixed side is v5.9's pci_lock.
#include <atomic>

#include "harness/kernel/irq.h"
#include "harness/kernel/time.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {
namespace {

constexpr int kVector = 0x31;

struct Interrupted {
  Caller& caller;
  Device& dev;
  std::atomic<bool> handled{false};
};

SCENARIO(RwsemInIrq, .name = "rwsem-in-irq", .summary = "a block by a task, a read by an interrupt on its CPU",
         .needs_strategy = false, .buggy = "rwsem", .fixed = "waitqueue-v5.9", .must_find = "context,deadlock",
         .may_find = "lock-order", .may_find_why = "a lock that a hardirq takes is held with interrupts on",
         .tag = Tag::kProposed, .history = "proposed by mail, linux-pci, October 2019 (C18)") {
  Device& nic = *s.world.Endpoint(0);
  Interrupted irq{s.caller, nic};
  const IrqHandler read = [](int, void* data) {
    auto& self = *static_cast<Interrupted*>(data);
    uint32_t id;
    self.caller.read(self.dev, PCI_VENDOR_ID, Size::kDword, &id);
    self.handled.store(true, std::memory_order_release);
  };
  request_irq(kVector, "counter", read, &irq);
  {
    Actor blocker("reset_store", -1, [&] {
      raise_irq(engine::CurrentCpu(), kVector);
      s.caller.access_lock(nic);
      s.caller.access_unlock(nic);
    });
  }
  smp_cond_load_acquire(irq.handled, [](bool handled) { return handled; });  // it comes, early or late
  free_irq(kVector);
}

}  // namespace
}  // namespace cfgtorture
