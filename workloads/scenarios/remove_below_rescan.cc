// workloads/scenarios/remove_below_rescan.cc
//
// Result: buggy convicted (use-after-remove: a rescan reads through a function that a removal has freed). Fixed: clean.
//
// A rescan walks over what is on a bus, and reads it; a write to a function's remove file takes it off the list and
// frees it. pci_bus_sem guards the list in each step, and nobody holds a reference in between.
//
// The removal is a call from its entry on, waiting for pci_rescan_remove_lock included: so a rescan that reads while it
// waits is the opportunity that the fixed side has as well.
//
// History  fixed by 9d16947b7583 (v3.14): removals and rescans share pci_rescan_remove_lock.
#include "harness/kernel/mutex.h"
#include "harness/kernel/named.h"
#include "harness/kernel/rwsem.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {
namespace {

struct PciBus {
  RwSemaphore pci_bus_sem{"pci_bus_sem"};
  Device* device = nullptr;  // guarded by pci_bus_sem

  Device* First() {
    ReadGuard guard(pci_bus_sem);
    return device;
  }
  Device* Take() {
    WriteGuard guard(pci_bus_sem);
    Device* const taken = device;
    device = nullptr;
    return taken;
  }
};

SCENARIO(RemoveBelowRescan, .name = "remove-below-rescan",
         .summary = "a function is removed while a rescan of its bus reads it", .hazards = "use-after-remove,deadlock",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "use-after-remove",
         .tag = Tag::kHistoric, .history = "fixed by 9d16947b7583 (v3.14)") {
  Device& nic = *s.world.Endpoint(0);
  s.caller.device_add(nic);
  PciBus bus{.device = &nic};
  Name(bus.device, "bus->devices");
  Mutex pci_rescan_remove_lock("pci_rescan_remove_lock");
  const bool locks = !s.buggy();

  Actor rescan("rescan_store", -1, [&] {
    if (locks) pci_rescan_remove_lock.lock();
    uint32_t id;
    if (Device* const dev = bus.First()) s.caller.read(*dev, PCI_VENDOR_ID, Size::kDword, &id);
    if (locks) pci_rescan_remove_lock.unlock();
  });
  Actor remove("remove_store", -1, [&] {
    hw::CallBegin(hw::Call::kDeviceRemove, nic.function, hw::Origin::kKernel);
    if (locks) pci_rescan_remove_lock.lock();
    if (Device* const dev = bus.Take()) s.caller.device_remove(*dev);
    if (locks) pci_rescan_remove_lock.unlock();
    hw::CallEnd();
  });
}

}  // namespace
}  // namespace cfgtorture
