// workloads/probes/transition_user.cc: a change to D3hot against a user's read.
//
// Decides   transition-access by user origin: between the write of PMCSR and the end of the recovery time nobody else
//           may touch the function (spec r5.0 sec 5.9). No D-state change takes the block, and pci_lock is not held
//           over the sleep (C8, C10, C11).
// Bridges   none in particular.
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

PROBE(TransitionUser, .name = "transition-user", .summary = "a change to D3hot against a user's read",
      .hazards = "transition-access") {
  Device& nic = *s.world.Endpoint(0);

  Actor user("reads", -1, [&] {
    uint32_t id;
    for (int i = 0; i < 3; ++i) s.caller.user_read(nic, PCI_VENDOR_ID, Size::kDword, &id);  // one of them in the window
  });
  Actor power("suspends", -1, [&] { s.caller.set_power_state(nic, PowerState::kD3hot); });
}

}  // namespace cfgtorture
