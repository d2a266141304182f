// workloads/scenarios/rescan_double_add.cc
//
// Result: buggy convicted (assertion: one function, two objects). Fixed: clean.
//
// A host bridge's probe scans its bus while somebody writes to the bus's rescan file. Both look whether the function is
// on the list, both find that it is not, both add it. pci_bus_sem guards each step on the list, and not the two as one.
//
// History  fixed by 1d59d474e1cb (v6.12): the probe holds the rescan lock too.
#include "harness/kernel/mutex.h"
#include "harness/kernel/named.h"
#include "harness/kernel/observer.h"
#include "harness/kernel/rwsem.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {
namespace {

struct PciBus {
  RwSemaphore pci_bus_sem{"pci_bus_sem"};
  int devices = 0;  // of that slot; guarded by pci_bus_sem

  // pci_scan_single_device()
  void Scan(Caller& caller, Device& dev) {
    {
      ReadGuard guard(pci_bus_sem);  // pci_get_slot()
      if (devices != 0) return;
    }
    uint32_t id;
    caller.read(dev, PCI_VENDOR_ID, Size::kDword, &id);
    if (id == ~0u) return;
    WriteGuard guard(pci_bus_sem);  // pci_device_add()
    if (++devices > 1) observer::Violation(Hazard::kAssertion, "a function was added twice");
  }
};

SCENARIO(RescanDoubleAdd, .name = "rescan-double-add", .summary = "a host bridge's probe against a rescan of its bus",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "assertion",
         .tag = Tag::kHistoric, .history = "fixed by 1d59d474e1cb (v6.12)") {
  Device& nic = *s.world.Endpoint(0);
  PciBus bus;
  Name(bus.devices, "bus->devices");
  Mutex pci_rescan_remove_lock("pci_rescan_remove_lock");
  const bool probe_locks = !s.buggy();

  Actor probe("pci_host_probe", -1, [&] {
    if (probe_locks) pci_rescan_remove_lock.lock();
    bus.Scan(s.caller, nic);
    if (probe_locks) pci_rescan_remove_lock.unlock();
  });
  Actor rescan("rescan_store", -1, [&] {
    pci_rescan_remove_lock.lock();
    bus.Scan(s.caller, nic);
    pci_rescan_remove_lock.unlock();
  });
}

}  // namespace
}  // namespace cfgtorture
