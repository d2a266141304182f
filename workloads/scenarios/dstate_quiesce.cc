// workloads/scenarios/dstate_quiesce.cc
//
// Result: buggy convicted (transition-access). Fixed: clean.
//
// A change to D3hot writes PMCSR and sleeps 10 ms. Nobody else may touch the function meanwhile (spec r5.0 sec 5.9),
// and neither pci_lock, which is not held over the sleep, nor the block, which nobody takes, keeps a user out (C8, C10,
// C11).
//
// History  open in 6.12; argued in October 2019. The fixed side is ours, after Gleixner's C10: whoever changes the
//          state publishes that, and waits until every access under way has left.
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

SCENARIO(DstateQuiesce, .name = "dstate-quiesce", .summary = "a change to D3hot against a user's read",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "srcu-quiesce", .must_find = "transition-access",
         .tag = Tag::kOpen, .history = "claims C8, C10 and C11, linux-pci, October 2019") {
  Device& nic = *s.world.Endpoint(0);

  Actor user("lspci", -1, [&] {
    uint32_t id;
    for (int i = 0; i < 2; ++i) s.caller.user_read(nic, PCI_VENDOR_ID, Size::kDword, &id);
  });
  Actor power("runtime suspend", -1, [&] { s.caller.set_power_state(nic, PowerState::kD3hot); });
}

}  // namespace cfgtorture
