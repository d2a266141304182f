// workloads/probes/intx_user.cc: the INTx helper against a user's write of the same register.
//
// Decides   lost-update: the helper reads Command, the user sets bus master, the helper writes the old word back. Both
//           hold pci_lock across their own work where it exists (facts 3.2), so there it cannot happen.
// Bridges   none in particular.
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

PROBE(IntxUser, .name = "intx-user", .summary = "the INTx helper against a user's write of Command",
      .hazards = "lost-update", .bridges = "x86,ecam,indirect") {
  Device& nic = *s.world.Endpoint(0);
  s.caller.write(nic, PCI_COMMAND, Size::kWord, PCI_COMMAND_INTX_DISABLE);  // masked and not pending: unmasking writes

  Actor helper("unmasks INTx", -1, [&] { s.caller.intx_mask(nic, false); });
  Actor user("sets bus master", -1, [&] {
    s.caller.user_write(nic, PCI_COMMAND, Size::kWord, PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_MASTER);
  });
}

}  // namespace cfgtorture
