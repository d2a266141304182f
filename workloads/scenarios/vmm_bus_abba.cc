// workloads/scenarios/vmm_bus_abba.cc
//
// Result: buggy convicted (lock-order; deadlock). Fixed: clean.
//
// A vCPU's config write holds the VMM's PCI bus; if it moves a BAR, it wants the device tree. The API's hot-add holds
// the device tree and wants the bus. The locks are the VMM's own: what a kernel has in pci_lock and device_lock.
//
// History  cloud-hypervisor issue 6775, fixed by 6776 (2024). Its steps were not read: the fixed side is the least that
//          helps, hot-add puts the device on the bus after it has let go of the tree.
#include "harness/kernel/mutex.h"
#include "harness/sdk/program.h"

namespace cfgtorture {

SCENARIO(VmmBusAbba, .name = "vmm-bus-abba", .summary = "a VMM's config write that moves a BAR, against a hot-add",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9",
         .must_find = "lock-order,deadlock", .tag = Tag::kHistoric,
         .history = "cloud-hypervisor issue 6775, fixed by 6776 (2024)") {
  Mutex pci_bus("pci_bus");
  Mutex device_tree("device_tree");
  const bool inside = s.buggy();

  Actor vcpu("vcpu", -1, [&] {
    pci_bus.lock();
    device_tree.lock();  // the write moves a BAR
    device_tree.unlock();
    pci_bus.unlock();
  });
  Actor api("vm.add-device", -1, [&] {
    device_tree.lock();
    if (!inside) device_tree.unlock();
    pci_bus.lock();
    pci_bus.unlock();
    if (inside) device_tree.unlock();
  });
}

}  // namespace cfgtorture
