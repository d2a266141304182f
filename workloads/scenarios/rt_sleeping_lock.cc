// workloads/scenarios/rt_sleeping_lock.cc
//
// Result: buggy convicted under rt (context: a sleeping lock in hardirq). Fixed: clean.
//
// An interrupt is masked from hardirq, with its descriptor's raw lock held. Under RT a spinlock_t sleeps: it may not be
// taken there, and pci_lock was one (C16, C17).
//
// History  fixed by 511dd98ce8cf (v2.6.35), which makes pci_lock raw.
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
  RawSpinlock desc_lock{"irq_desc"};
};

SCENARIO(RtSleepingLock, .name = "rt-sleeping-lock", .summary = "under rt, an MSI is masked from hardirq",
         .flavours = "rt", .needs_strategy = false, .buggy = "global-spinlock", .fixed = "global-raw-spinlock",
         .must_find = "context", .may_find = "lock-order",
         .may_find_why = "lock_irqsave() of a sleeping lock leaves interrupts on, and a hardirq takes it",
         .tag = Tag::kHistoric, .history = "fixed by 511dd98ce8cf (v2.6.35)") {
  Device& nic = *s.world.Endpoint(0);
  Interrupted irq{s.caller, nic};
  const IrqHandler mask = [](int, void* data) {
    auto& self = *static_cast<Interrupted*>(data);
    RawSpinIrqGuard guard(self.desc_lock);
    self.caller.msi_mask(self.dev, 0, true);
    self.handled.store(true, std::memory_order_release);
  };
  request_irq(kVector, "msi", mask, &irq, IrqFlags::kNoThread);  // irqchip code
  {
    Actor driver("driver", -1, [&] { raise_irq(engine::CurrentCpu(), kVector); });
    Actor reader("lspci", -1, [&] {
      uint32_t id;
      s.caller.read(nic, PCI_VENDOR_ID, Size::kDword, &id);
    });
  }
  smp_cond_load_acquire(irq.handled, [](bool handled) { return handled; });  // it comes, early or late
  free_irq(kVector);
}

}  // namespace
}  // namespace cfgtorture
