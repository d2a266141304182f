// workloads/probes/intx_kernel.cc: the INTx helper against a kernel's write of the same register.
//
// Decides   lost-update where kernel accessors skip the lock that the helper holds: x86 as shipped. It is one write,
// not
//           a driver's read and write pair, which no strategy protects (facts 3.2).
// Bridges   none in particular.
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

PROBE(IntxKernel, .name = "intx-kernel", .summary = "the INTx helper against a kernel write of Command",
      .hazards = "lost-update", .bridges = "x86,ecam,indirect") {
  Device& nic = *s.world.Endpoint(0);
  s.caller.write(nic, PCI_COMMAND, Size::kWord, PCI_COMMAND_INTX_DISABLE);  // masked and not pending: unmasking writes

  Actor helper("unmasks INTx", -1, [&] { s.caller.intx_mask(nic, false); });
  Actor driver("sets bus master", -1,
               [&] { s.caller.write(nic, PCI_COMMAND, Size::kWord, PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_MASTER); });
}

}  // namespace cfgtorture
