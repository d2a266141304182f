// workloads/probes/blocked_access.cc: a block of a function against a user's read of it.
//
// Decides   blocked-access: the user tests the flag, the block returns and its window opens, the user's access arrives
//           (lockless); or the user looks at no flag at all (null).
// Bridges   none in particular.
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

PROBE(BlockedAccess, .name = "blocked-access", .summary = "a block of a function against a user's read of it",
      .hazards = "blocked-access") {
  Device& nic = *s.world.Endpoint(0);

  Actor user("reads", -1, [&] {
    uint32_t id;
    s.caller.user_read(nic, PCI_VENDOR_ID, Size::kDword, &id);
  });
  Actor blocker("blocks", -1, [&] {
    s.caller.access_lock(nic);
    uint32_t command;
    s.caller.read(nic, PCI_COMMAND, Size::kWord, &command, hw::Origin::kOwner);  // the window lasts some time
    s.caller.access_unlock(nic);
  });
}

}  // namespace cfgtorture
