// workloads/scenarios/rescan_recursion.cc
//
// Result: buggy convicted (lock-order: a mutex inside itself; deadlock). Fixed: clean.
//
// sysfs removes an SR-IOV physical function: it holds the rescan lock, and the driver's remove switches the virtual
// functions off. Taking the same lock there, to keep hot-plug out, makes the task wait for itself.
//
// History  05703271c3cd (v6.18) took the lock in enabling and disabling SR-IOV; reverted by 2fa119c0e5e5, replaced by
//          a5338e365c45 (v6.19). The same twice more: 815a8d2feb56 (EEH), b28ff7a7c324 (p2sb). The fixed side leaves
//          the lock to the callers that do not hold it.
#include "harness/kernel/mutex.h"
#include "harness/sdk/program.h"

namespace cfgtorture {

SCENARIO(RescanRecursion, .name = "rescan-recursion", .summary = "sysfs remove of a PF takes the rescan lock twice",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9",
         .must_find = "lock-order,deadlock", .tag = Tag::kHistoric,
         .history =
             "since 05703271c3cd (v6.18, \"PCI/IOV: Add PCI rescan-remove locking when enabling/disabling SR-IOV\"); "
             "reverted by 2fa119c0e5e5, fixed by a5338e365c45 (v6.19)") {
  Mutex pci_rescan_remove_lock("pci_rescan_remove_lock");
  const bool inside_driver = s.buggy();
  const auto disable_sriov = [&] {
    if (inside_driver) pci_rescan_remove_lock.lock();
    if (inside_driver) pci_rescan_remove_lock.unlock();
  };

  Actor remove("remove_store", -1, [&] {
    pci_rescan_remove_lock.lock();
    disable_sriov();  // the driver's remove
    pci_rescan_remove_lock.unlock();
  });
  Actor numvfs("sriov_numvfs_store", -1, [&] {
    if (!inside_driver) pci_rescan_remove_lock.lock();
    disable_sriov();
    if (!inside_driver) pci_rescan_remove_lock.unlock();
  });
}

}  // namespace cfgtorture
