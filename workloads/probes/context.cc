// workloads/probes/context.cc: accesses from a hardirq that holds a raw lock, accesses with IRQs off, calls that sleep.
//
// Decides   context: a sleeping lock from hardirq (rwsem, C19); under rt a spinlock from hardirq or inside a raw lock
//           (C16, C17; v3.3's wake-up inside pci_lock). One program, two columns: context in flavour preempt,
//           context-rt in flavour rt.
// Bridges   none in particular.
#include "harness/kernel/irq.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {
namespace {

constexpr int kVector = 0x31;

struct Interrupted {
  Caller& caller;
  Device& dev;
  RawSpinlock desc_lock{"irq_desc"};  // the interrupt core holds it around the calls of an irq_chip
};

void MaskAndUnmask(int, void* data) {
  Interrupted& irq = *static_cast<Interrupted*>(data);
  const unsigned long flags = irq.desc_lock.lock_irqsave();
  irq.caller.msi_mask(irq.dev, 0, true);
  uint32_t command;
  irq.caller.read(irq.dev, PCI_COMMAND, Size::kWord, &command);
  irq.desc_lock.unlock_irqrestore(flags);
}

void Context(Setting& s) {
  Device& nic = *s.world.Endpoint(0);
  Interrupted irq{s.caller, nic};
  request_irq(kVector, "msi", MaskAndUnmask, &irq, IrqFlags::kNoThread);  // irqchip code
  {
    Actor driver("drives", -1, [&] {
      raise_irq(engine::CurrentCpu(), kVector);
      const unsigned long flags = local_irq_save();
      uint32_t command;
      s.caller.read(nic, PCI_COMMAND, Size::kWord, &command);
      local_irq_restore(flags);
      s.caller.capability_update(nic, PCI_EXP_LNKCTL, 0, 0);
      // Interrupts on: what the handler takes too must turn them off itself.
      s.caller.read(nic, PCI_COMMAND, Size::kWord, &command);
      s.caller.write(nic, PCI_COMMAND, Size::kWord, command);
      s.caller.intx_mask(nic, true);
      if (s.caller.access_trylock(nic)) s.caller.access_unlock(nic);
    });
    Actor manager("resets", -1, [&] {
      s.caller.access_lock(nic);
      s.caller.access_unlock(nic);
    });
    Actor user("reads", -1, [&] {
      uint32_t command;
      s.caller.user_read(nic, PCI_COMMAND, Size::kWord, &command);
      s.caller.user_write(nic, PCI_COMMAND, Size::kWord, command);
    });
  }
  free_irq(kVector);
}

PROBE(ContextPreempt, .name = "context", .summary = "accesses from hardirq and with IRQs off, beside calls that sleep",
      .hazards = "context") {
  Context(s);
}

PROBE(ContextRt, .name = "context-rt", .summary = "the same under rt, where a spinlock sleeps", .hazards = "context",
      .flavours = "rt") {
  Context(s);
}

}  // namespace
}  // namespace cfgtorture
