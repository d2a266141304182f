// workloads/scenarios/vfio_remove_reset.cc
//
// Result: buggy convicted (deadlock of a lock with a completion). Fixed: clean.
//
// An unbind holds device_lock, and vfio's remove waits until the last user has closed the device. That user, in its
// reset ioctl, waits for device_lock: it will never come to close anything. A lock-order checker sees one lock and no
// cycle. With the try form the user gets -EAGAIN and goes on (facts 6, remove).
//
// History  fixed by 61cf16d8bd38 and 890ed578df82 (v3.14); d24cdbfd28b7 was a partial fix before them.
#include "harness/kernel/completion.h"
#include "harness/sdk/program.h"
#include "workloads/scenarios/pci_dev.h"

namespace cfgtorture {

SCENARIO(VfioRemoveReset, .name = "vfio-remove-reset",
         .summary = "an unbind waits for the user, the user's reset ioctl for device_lock", .needs_strategy = false,
         .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "deadlock", .tag = Tag::kHistoric,
         .history = "fixed by 61cf16d8bd38 and 890ed578df82 (v3.14)") {
  PciDev nic(*s.world.Endpoint(0), s.caller);
  Completion closed("vfio_device_put");
  const bool try_form = !s.buggy();

  Actor unbind("unbind_store", -1, [&] {
    nic.device_lock.lock();
    closed.wait_for_completion();  // vfio_unregister_group_dev()
    nic.device_lock.unlock();
  });
  Actor user("qemu", -1, [&] {
    if (!try_form) {
      nic.lock();  // pci_reset_function()
      nic.unlock();
    } else if (nic.trylock()) {  // pci_try_reset_function()
      nic.unlock();
    }
    closed.complete();  // close()
  });
}

}  // namespace cfgtorture
