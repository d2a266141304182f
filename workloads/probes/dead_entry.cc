// workloads/probes/dead_entry.cc: one waiter, two unblockers, one of them of another function.
//
// Decides   dead-entry and data-race (facts 2.4): the unblock of the other function wakes the waiter early, for the
// queue
//           is global; the waiter finds its own function open, unlinks its stack entry and returns, while the unblocker
//           of that function still walks the queue. Neither unblocker can do it alone.
// Bridges   none in particular.
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

PROBE(DeadEntry, .name = "dead-entry", .summary = "one waiter, two unblockers, one of another function",
      .hazards = "dead-entry,data-race") {
  Device& nic = *s.world.Endpoint(0);
  Device& other = *s.world.Endpoint(1);
  s.caller.access_lock(nic);

  Actor waiter("waits", -1, [&] {
    uint32_t id;
    s.caller.user_read(nic, PCI_VENDOR_ID, Size::kDword, &id);
  });
  Actor unblocker("unblocks other", -1, [&] {
    s.caller.access_lock(other);
    s.caller.access_unlock(other);
  });
  s.caller.access_unlock(nic);
}

}  // namespace cfgtorture
