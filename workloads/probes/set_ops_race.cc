// workloads/probes/set_ops_race.cc: pci_bus_set_ops() against a kernel read.
//
// Decides   data-race on bus->ops: who reads configuration space loads a plain pointer that the swap stores (C14). The
//           ops that are swapped in are those of AER error injection, which answer through the old ones.
// Bridges   none in particular.
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"
#include "workloads/injected_ops.h"

namespace cfgtorture {

PROBE(SetOpsRace, .name = "set-ops-race", .summary = "pci_bus_set_ops() against a kernel read",
      .hazards = "data-race") {
  Device& nic = *s.world.Endpoint(0);
  InjectedOps injected(nic.bus->ops);

  Actor driver("reads", -1, [&] {
    uint32_t id;
    s.caller.read(nic, PCI_VENDOR_ID, Size::kDword, &id);
  });
  Actor swapper("swaps the ops", -1, [&] { s.caller.set_ops(nic, &injected); });
}

}  // namespace cfgtorture
