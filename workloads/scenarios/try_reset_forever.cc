// workloads/scenarios/try_reset_forever.cc
//
// Result: buggy convicted (livelock: both ends run, and nobody gets done). Fixed: clean.
//
// The try form of a reset cured the deadlock of vfio-remove-reset: the user gets -EAGAIN where it would have waited for
// a device_lock whose holder waits for the user. A user that simply tries again until it works has brought the cycle
// back. Nobody blocks any more, so no lock checker and no hung-task watchdog sees it; the machine is busy for ever.
//
// History  constructed, from 890ed578df82 (v3.14), which made vfio-pci use the try form. The fixed side gives up.
#include "harness/kernel/completion.h"
#include "harness/kernel/time.h"
#include "harness/sdk/program.h"
#include "workloads/scenarios/pci_dev.h"

namespace cfgtorture {

SCENARIO(TryResetForever, .name = "try-reset-forever",
         .summary = "an unbind waits for a user who tries to reset until it works", .needs_strategy = false,
         .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "livelock", .tag = Tag::kConstructed,
         .history = "from 890ed578df82 (v3.14)") {
  PciDev nic(*s.world.Endpoint(0), s.caller);
  Completion closed("vfio_device_put");
  const bool insists = s.buggy();

  Actor unbind("unbind_store", -1, [&] {
    nic.device_lock.lock();
    closed.wait_for_completion();  // vfio_unregister_group_dev()
    nic.device_lock.unlock();
  });
  Actor user("qemu", -1, [&] {
    bool locked = nic.trylock();  // pci_try_reset_function()
    while (!locked && insists) {
      msleep(1);
      locked = nic.trylock();
    }
    if (locked) nic.unlock();
    closed.complete();  // close()
  });
}

}  // namespace cfgtorture
