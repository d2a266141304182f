// workloads/probes/deadlock.cc: a task blocks a function, and an interrupt on its CPU reads it.
//
// Decides   deadlock: the handler waits for the semaphore that the task under it holds for write (C19, facts 8.1
//           rwsem-in-irq). pci_lock is held with IRQs off, and not while the block lasts.
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
};

PROBE(Deadlock, .name = "deadlock", .summary = "a block, and a read by an interrupt on the blocker's CPU",
      .hazards = "deadlock") {
  Device& nic = *s.world.Endpoint(0);
  Interrupted irq{s.caller, nic};
  const IrqHandler read = [](int, void* data) {
    auto& self = *static_cast<Interrupted*>(data);
    uint32_t id;
    self.caller.read(self.dev, PCI_VENDOR_ID, Size::kDword, &id);
  };
  request_irq(kVector, "counter", read, &irq);
  {
    Actor blocker("blocks", -1, [&] {
      raise_irq(engine::CurrentCpu(), kVector);
      s.caller.access_lock(nic);
      s.caller.access_unlock(nic);
    });
  }
  free_irq(kVector);
}

}  // namespace
}  // namespace cfgtorture
