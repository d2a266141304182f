// workloads/scenarios/pciehp_reset_abba.cc
//
// Result: buggy convicted (lock-order; deadlock). Fixed: clean.
//
// The hot-plug thread handles an event with reset_lock held for read, and unbinding the driver of what was pulled takes
// its device_lock. A reset of the slot holds device_lock and takes reset_lock for write (facts 5, pciehp).
//
// History  fixed by f5eff5591b8f (v6.4), which releases reset_lock around binding and unbinding.
#include "harness/kernel/rwsem.h"
#include "harness/sdk/program.h"
#include "workloads/scenarios/pci_dev.h"

namespace cfgtorture {

SCENARIO(PciehpResetAbba, .name = "pciehp-reset-abba", .summary = "the hot-plug thread against a reset of its slot",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9",
         .must_find = "lock-order,deadlock", .tag = Tag::kHistoric, .history = "fixed by f5eff5591b8f (v6.4)") {
  PciDev nic(*s.world.Endpoint(0), s.caller);
  RwSemaphore reset_lock("reset_lock");
  const bool released_around_unbind = !s.buggy();

  Actor hotplug("pciehp_ist", -1, [&] {
    reset_lock.down_read();
    if (released_around_unbind) reset_lock.up_read();
    nic.device_lock.lock();  // device_release_driver()
    nic.device_lock.unlock();
    if (released_around_unbind) reset_lock.down_read();
    reset_lock.up_read();
  });
  Actor reset("pci_reset_function", -1, [&] {
    nic.device_lock.lock();
    reset_lock.down_write();  // pciehp_reset_slot()
    reset_lock.up_write();
    nic.device_lock.unlock();
  });
}

}  // namespace cfgtorture
