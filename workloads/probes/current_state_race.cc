// workloads/probes/current_state_race.cc: a change to D0 against an interrupt that rewrites an MSI message.
//
// Decides   data-race on current_state: it is plain, set_power_state() writes it, msi_write() reads it in hardirq, and
// no
//           lock covers both (facts 3.3). The function starts in D3hot, so that until the change is done the message
//           goes to the cache alone and nobody touches a function in transition.
// Bridges   none in particular.
#include "harness/kernel/irq.h"
#include "harness/sdk/program.h"

namespace cfgtorture {
namespace {

constexpr int kVector = 0x31;

struct Interrupted {
  Caller& caller;
  Device& dev;
  RawSpinlock desc_lock{"irq_desc"};
};

PROBE(CurrentStateRace, .name = "current-state-race", .summary = "a change to D0 against a message rewrite in hardirq",
      .hazards = "data-race") {
  Device& nic = *s.world.Endpoint(0);
  Interrupted irq{s.caller, nic};
  const IrqHandler rewrite = [](int, void* data) {
    auto& self = *static_cast<Interrupted*>(data);
    const unsigned long flags = self.desc_lock.lock_irqsave();
    self.caller.msi_write(self.dev, {.address_low = 0xfee00000u, .address_high = 0, .data = 0x41});
    self.desc_lock.unlock_irqrestore(flags);
  };
  request_irq(kVector, "msi", rewrite, &irq, IrqFlags::kNoThread);  // irqchip code
  s.caller.set_power_state(nic, PowerState::kD3hot);
  {
    Actor power("resumes", -1, [&] { s.caller.set_power_state(nic, PowerState::kD0); });
    Actor mover("raises", -1, [&] { raise_irq(engine::CurrentCpu(), kVector); });
  }
  free_irq(kVector);
}

}  // namespace
}  // namespace cfgtorture
