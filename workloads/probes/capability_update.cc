// workloads/probes/capability_update.cc: two updates of Link Control, by the helper: ASPM's and the hot-plug driver's.
//
// Decides   lost-update: one helper writes back a bit that the other's has changed since it read (5e70d0acf082, facts
//           3.1, 8.1 pcie-cap-rmw).
// Bridges   none in particular.
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

PROBE(CapabilityUpdate, .name = "capability-update", .summary = "two updates of Link Control, both by the helper",
      .hazards = "lost-update") {
  Device& nic = *s.world.Endpoint(0);

  Actor aspm("enables L1", -1, [&] { s.caller.capability_update(nic, PCI_EXP_LNKCTL, 0, PCI_EXP_LNKCTL_ASPM_L1); });
  Actor sync("synchronises", -1, [&] { s.caller.capability_update(nic, PCI_EXP_LNKCTL, 0, PCI_EXP_LNKCTL_ES); });
}

}  // namespace cfgtorture
