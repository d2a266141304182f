// workloads/scenarios/bus_sem_read_twice.cc
//
// Result: buggy convicted (lock-order: a fair semaphore is read twice; deadlock). Fixed: clean.
//
// pci_walk_bus() holds pci_bus_sem for read and calls back. A callback that looks a device up takes it for read again.
// That works until a writer queues in between: the semaphore is fair, so that the second read waits for the writer, and
// the writer for the first.
//
// History  constructed; 815a8d2feb56 (v7.0) is the same with a mutex: an event handler's look-up took its lock again.
#include "harness/kernel/rwsem.h"
#include "harness/sdk/program.h"

namespace cfgtorture {

SCENARIO(BusSemReadTwice, .name = "bus-sem-read-twice",
         .summary = "a walk over a bus calls back into a look-up on it, and a device is added", .needs_strategy = false,
         .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "lock-order,deadlock",
         .tag = Tag::kConstructed, .history = "as 815a8d2feb56 (v7.0), with a semaphore") {
  RwSemaphore pci_bus_sem("pci_bus_sem");
  const bool looks_up_locked = s.buggy();  // pci_get_slot(), or a list that is passed down

  Actor walk("pci_walk_bus", -1, [&] {
    ReadGuard guard(pci_bus_sem);
    if (!looks_up_locked) return;
    ReadGuard again(pci_bus_sem);
  });
  Actor add("pci_device_add", -1, [&] { WriteGuard guard(pci_bus_sem); });
}

}  // namespace cfgtorture
