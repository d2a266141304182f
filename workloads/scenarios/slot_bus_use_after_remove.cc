// workloads/scenarios/slot_bus_use_after_remove.cc
//
// Result: buggy convicted (use-after-free: of the bus). Fixed: clean.
//
// Removal goes over the devices twice: it stops the drivers, then takes the devices away. Nothing keeps a driver from
// binding in between: sysfs re-binds the port's hot-plug driver, whose slot points to the bus below. The second pass
// frees that bus, then unbinds the late driver, which goes through its slot (facts 5, removal).
//
// History  fixed by c7acef99642b (v6.13): a slot holds a reference to its bus.
#include <atomic>

#include "harness/kernel/mutex.h"
#include "harness/kernel/named.h"
#include "harness/kernel/rwsem.h"
#include "harness/kernel/slab.h"
#include "harness/sdk/program.h"

namespace cfgtorture {
namespace {

struct PciBus {
  std::atomic<int> references{1};
  int slots = 0;  // guarded by pci_slot_mutex

  void get() { references.fetch_add(1, std::memory_order_relaxed); }
  void put() {
    if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) kfree(this);
  }
};

struct Port {
  const bool slot_holds_bus;
  Mutex device_lock{"device_lock"};
  RwSemaphore pci_bus_sem{"pci_bus_sem"};
  Mutex pci_slot_mutex{"pci_slot_mutex"};
  PciBus* subordinate = kzalloc<PciBus>(GFP_KERNEL);  // guarded by pci_bus_sem
  PciBus* slot = nullptr;  // the bus that the hot-plug driver's slot is on, while it is bound; guarded by device_lock

  // pciehp_probe() and pciehp_remove(), with device_lock held.
  void Bind() {
    ReadGuard guard(pci_bus_sem);
    if (slot != nullptr || subordinate == nullptr) return;
    slot = subordinate;
    if (slot_holds_bus) slot->get();
    pci_slot_mutex.lock();
    ++slot->slots;
    pci_slot_mutex.unlock();
  }
  void Unbind() {
    if (slot == nullptr) return;
    pci_slot_mutex.lock();
    --slot->slots;
    pci_slot_mutex.unlock();
    if (slot_holds_bus) slot->put();
    slot = nullptr;
  }
};

SCENARIO(SlotBusUseAfterRemove, .name = "slot-bus-use-after-remove",
         .summary = "a driver binds between the two passes of a removal, and outlives its bus", .needs_strategy = false,
         .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "use-after-free", .tag = Tag::kHistoric,
         .history = "fixed by c7acef99642b (v6.13)") {
  Port port{.slot_holds_bus = !s.buggy()};
  Name(port.subordinate, "port->subordinate");
  Name(*port.subordinate, "*port->subordinate");
  Name(port.slot, "slot->bus");

  Actor removal("pci_stop_and_remove_bus_device", -1, [&] {
    port.device_lock.lock();  // first pass: stop
    port.Unbind();
    port.device_lock.unlock();
    port.pci_bus_sem.down_write();  // second pass: the bus below, then the port itself
    PciBus* const bus = port.subordinate;
    port.subordinate = nullptr;
    port.pci_bus_sem.up_write();
    bus->put();
    port.device_lock.lock();
    port.Unbind();  // device_del()
    port.device_lock.unlock();
  });
  Actor binding("bind_store", -1, [&] {
    port.device_lock.lock();
    port.Bind();
    port.device_lock.unlock();
  });
}

}  // namespace
}  // namespace cfgtorture
