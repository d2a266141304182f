// workloads/scenarios/bus_lock_upwards.cc
//
// Result: buggy convicted (lock-order: against the topology; deadlock). Fixed: clean.
//
// pci_bus_lock() goes down: a bridge, then what is below it. A reset that locks its function first and the bridge above
// it then goes up. The two meet half-way. Locks of one class have an order here, their place in the topology, and the
// wrong one is told from the reset alone; control-nested-bus-lock is what must not be told.
//
// History  constructed, from 7e89efc6e9e4 (v6.10), which made a function's reset lock its bridge too, the bridge first.
#include "harness/sdk/program.h"
#include "workloads/scenarios/pci_dev.h"

namespace cfgtorture {

SCENARIO(BusLockUpwards, .name = "bus-lock-upwards",
         .summary = "pci_bus_lock() of a bus against a reset that locks its bridge last", .needs_strategy = false,
         .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "lock-order,deadlock",
         .tag = Tag::kConstructed, .history = "from 7e89efc6e9e4 (v6.10)") {
  PciDev bridge(*s.world.PciBridge(0), s.caller, 0);
  PciDev nic(*s.world.Endpoint(0), s.caller, 1);
  PciDev& first = s.buggy() ? nic : bridge;
  PciDev& last = s.buggy() ? bridge : nic;

  Actor bus("pci_bus_lock", -1, [&] {
    for (PciDev* dev : {&bridge, &nic}) dev->lock();
    for (PciDev* dev : {&nic, &bridge}) dev->unlock();
  });
  Actor reset("pci_reset_function", -1, [&] {
    first.lock();
    last.lock();
    last.unlock();
    first.unlock();
  });
}

}  // namespace cfgtorture
