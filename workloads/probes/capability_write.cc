// workloads/probes/capability_write.cc: an update of Link Control by the helper against a plain kernel write of it.
//
// Decides   lost-update: the write comes between the helper's read and its write. A lock that helpers alone take does
//           not stop it (facts 3.1); one that every access takes does, if the helper holds it throughout.
// Bridges   none in particular.
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

PROBE(CapabilityWrite, .name = "capability-write", .summary = "an update of Link Control against a kernel write of it",
      .hazards = "lost-update") {
  Device& nic = *s.world.Endpoint(0);
  const auto link_control = static_cast<Offset>(nic.info().pcie + PCI_EXP_LNKCTL);

  Actor aspm("enables L1", -1, [&] { s.caller.capability_update(nic, PCI_EXP_LNKCTL, 0, PCI_EXP_LNKCTL_ASPM_L1); });
  Actor driver("writes", -1, [&] { s.caller.write(nic, link_control, Size::kWord, PCI_EXP_LNKCTL_ES); });
}

}  // namespace cfgtorture
