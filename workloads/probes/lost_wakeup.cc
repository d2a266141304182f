// workloads/probes/lost_wakeup.cc: one waiter, one unblocker.
//
// Decides   lost-wakeup: the waiter saw the block, the unblocker clears it and finds the queue empty, the waiter links
//           itself and sleeps. Nobody else will ever wake it (C22, facts 7.2).
// Bridges   none in particular.
#include "harness/kernel/time.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

PROBE(LostWakeup, .name = "lost-wakeup", .summary = "one waiter, one unblocker", .hazards = "lost-wakeup") {
  Device& nic = *s.world.Endpoint(0);
  s.caller.access_lock(nic);

  Actor waiter("waits", -1, [&] {
    uint32_t id;
    s.caller.user_read(nic, PCI_VENDOR_ID, Size::kDword, &id);
  });
  // So that it unblocks early as well as late: time passes whenever the schedule says so.
  for (int i = 0; i < 4; ++i) msleep(1);
  s.caller.access_unlock(nic);
}

}  // namespace cfgtorture
