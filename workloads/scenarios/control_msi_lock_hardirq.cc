// workloads/scenarios/control_msi_lock_hardirq.cc
//
// Result: clean. A negative control: raw locks in hardirq, nested and with interrupts off everywhere.
//
// A handler masks its vector: descriptor lock, msi_lock, pci_lock, all raw. A task on the same CPU masks another one
// the same way, and may be interrupted wherever interrupts are on (facts 3.3). Legal in every flavour.
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
  RawSpinlock desc_lock{"irq_desc"};
  std::atomic<bool> handled{false};
};

SCENARIO(ControlMsiLockHardirq, .name = "control-msi-lock-hardirq",
         .summary = "a handler and a task mask vectors of one function", .hazards = "context,lock-order,data-race",
         .flavours = "preempt,rt", .needs_strategy = false, .fixed = "waitqueue-v5.9", .tag = Tag::kConstructed,
         .history = "control") {
  Interrupted irq{s.caller, *s.world.Endpoint(0)};
  RawSpinlock other_desc("irq_desc");
  const IrqHandler mask = [](int, void* data) {
    auto& self = *static_cast<Interrupted*>(data);
    RawSpinIrqGuard guard(self.desc_lock);
    self.caller.msi_mask(self.dev, 0, true);
    self.handled.store(true, std::memory_order_release);
  };
  request_irq(kVector, "msi", mask, &irq, IrqFlags::kNoThread);
  {
    Actor task("masks vector 1", -1, [&] {
      raise_irq(engine::CurrentCpu(), kVector);
      RawSpinIrqGuard guard(other_desc);
      irq.caller.msi_mask(irq.dev, 1, true);
    });
    Actor reader("lspci", -1, [&] {
      uint32_t id;
      irq.caller.user_read(irq.dev, PCI_VENDOR_ID, Size::kDword, &id);
    });
  }
  smp_cond_load_acquire(irq.handled, [](bool handled) { return handled; });  // it comes, early or late
  free_irq(kVector);
}

}  // namespace
}  // namespace cfgtorture
