// workloads/probes/transition_kernel.cc: a change to D3hot against a kernel's read from task context.
//
// Decides   transition-access by kernel origin; as transition_user.cc, by an access that no block ever stops (C24).
// Bridges   none in particular.
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

PROBE(TransitionKernel, .name = "transition-kernel", .summary = "a change to D3hot against a kernel read",
      .hazards = "transition-access") {
  Device& nic = *s.world.Endpoint(0);

  Actor driver("reads", -1, [&] {
    uint32_t id;
    for (int i = 0; i < 3; ++i) s.caller.read(nic, PCI_VENDOR_ID, Size::kDword, &id);  // one of them in the window
  });
  Actor power("suspends", -1, [&] { s.caller.set_power_state(nic, PowerState::kD3hot); });
}

}  // namespace cfgtorture
