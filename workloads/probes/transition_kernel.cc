// workloads/probes/transition_kernel.cc: a change to D3hot against a kernel's read from task context.
//
// Decides   transition-access by kernel origin; as transition_user.cc, by an access that no block ever stops (C24).
// Bridges   none in particular.
#include <atomic>

#include "harness/kernel/time.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

PROBE(TransitionKernel, .name = "transition-kernel", .summary = "a change to D3hot against a kernel read",
      .hazards = "transition-access") {
  Device& nic = *s.world.Endpoint(0);

  std::atomic<bool> suspended{false};

  Actor driver("reads", -1, [&] {
    uint32_t id;
    do {  // until the change is over, however long it takes to begin: then one of them met its 10 ms of recovery
      s.caller.read(nic, PCI_VENDOR_ID, Size::kDword, &id);
      msleep(4);
    } while (!suspended.load(std::memory_order_relaxed));
  });
  Actor power("suspends", -1, [&] {
    s.caller.set_power_state(nic, PowerState::kD3hot);
    suspended.store(true, std::memory_order_relaxed);
  });
}

}  // namespace cfgtorture
