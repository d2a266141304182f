// workloads/scenarios/control_nested_bus_lock.cc
//
// Result: clean. A negative control: many locks of one class at a time, in the order of the topology.
//
// pci_bus_lock() locks a bridge and then, depth first, everything below it; resets of two subtrees that share a part
// meet. A checker that knows classes alone cries wolf here, as did the lock map that 7e89efc6e9e4 gave the block and
// c9d52fb313d3 took away (facts 2.1, 2.5).
#include "harness/sdk/program.h"
#include "workloads/scenarios/pci_dev.h"

namespace cfgtorture {

SCENARIO(ControlNestedBusLock, .name = "control-nested-bus-lock",
         .summary = "pci_bus_lock() of a bus against a reset of a function on it",
         .hazards = "lock-order,deadlock,context", .needs_strategy = false, .fixed = "waitqueue-v5.9",
         .tag = Tag::kConstructed, .history = "control; a checker's own fault, c9d52fb313d3 (v6.10)") {
  PciDev bridge(*s.world.PciBridge(0), s.caller, 0);
  PciDev first(*s.world.Endpoint(0), s.caller, 1);
  PciDev second(*s.world.Endpoint(1), s.caller, 2);

  Actor bus("pci_bus_lock", -1, [&] {
    for (PciDev* dev : {&bridge, &first, &second}) dev->lock();
    for (PciDev* dev : {&second, &first, &bridge}) dev->unlock();
  });
  Actor function("pci_reset_function", -1, [&] {  // its bridge first, since v6.10
    bridge.lock();
    second.lock();
    second.unlock();
    bridge.unlock();
  });
}

}  // namespace cfgtorture
