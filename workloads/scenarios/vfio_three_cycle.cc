// workloads/scenarios/vfio_three_cycle.cc
//
// Result: buggy convicted (lock-order: a cycle of three; deadlock). Fixed: clean.
//
// MSI set-up holds igate and takes memory_lock; a hot reset holds memory_lock and takes pci_bus_sem; AER walks the bus
// with pci_bus_sem held and tells vfio's user of the error, which took igate. Two of the three hold pci_bus_sem for
// read: to block, they need a fourth who queues for it to write, as a removal does (facts 6, 8.2).
//
// History  "vfio/pci: Use RCU for error/request triggers to avoid circular locking", Williamson, 24 November 2025, in
//          v7.0 (unverified). The fixed side reads the trigger inside an SRCU section, where his is one of RCU.
#include <atomic>

#include "harness/kernel/mutex.h"
#include "harness/kernel/rwsem.h"
#include "harness/kernel/srcu.h"
#include "harness/sdk/program.h"

namespace cfgtorture {

SCENARIO(VfioThreeCycle, .name = "vfio-three-cycle", .summary = "MSI set-up, hot reset and AER: a cycle of three locks",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9",
         .must_find = "lock-order,deadlock", .tag = Tag::kHistoric,
         .history = "fixed by a patch of 24 November 2025, in v7.0 (unverified)") {
  Mutex igate("igate");
  RwSemaphore memory_lock("memory_lock");
  RwSemaphore pci_bus_sem("pci_bus_sem");
  Srcu err_trigger;
  const bool under_igate = s.buggy();

  Actor msi_setup("VFIO_DEVICE_SET_IRQS", -1, [&] {
    igate.lock();
    memory_lock.down_write();
    memory_lock.up_write();
    igate.unlock();
  });
  Actor hot_reset("VFIO_DEVICE_PCI_HOT_RESET", -1, [&] {
    memory_lock.down_write();
    pci_bus_sem.down_read();
    pci_bus_sem.up_read();
    memory_lock.up_write();
  });
  Actor aer("aer_isr", -1, [&] {
    pci_bus_sem.down_read();  // pci_walk_bus()
    if (under_igate) {
      igate.lock();
      igate.unlock();
    } else {
      err_trigger.read_unlock(err_trigger.read_lock());
    }
    pci_bus_sem.up_read();
  });
  Actor removal("pci_remove_bus", -1, [&] {
    pci_bus_sem.down_write();
    pci_bus_sem.up_write();
  });
}

}  // namespace cfgtorture
