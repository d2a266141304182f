// workloads/scenarios/cfg_wait_corruption.cc
//
// Result: buggy convicted (data-race; dead-entry). Fixed: clean.
//
// A reader of a blocked function links and unlinks itself under pci_lock; wakers walk under the list's own lock. Two
// locks guard one list: a reader that another function's waker woke early unlinks its stack entry while a walk stands
// on it (facts 2.4).
//
// Historic  since cdcb33f98244 (v4.11); panicked the reporter's hot-plug test; fixed by 2a7e32d0547f (v5.9).
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

SCENARIO(CfgWaitCorruption, .name = "cfg-wait-corruption",
         .summary = "a waiter that another function's unblock woke early leaves a walker on its dead entry",
         .needs_strategy = false, .buggy = "waitqueue-v4.11", .fixed = "waitqueue-v5.9",
         .must_find = "dead-entry,data-race", .tag = Tag::kHistoric,
         .history =
             "since cdcb33f98244 (v4.11, \"PCI: Avoid possible deadlock on pci_lock and p->pi_lock\"); fixed by "
             "2a7e32d0547f (v5.9)") {
  Device& nic = *s.world.Endpoint(0);
  Device& other = *s.world.Endpoint(1);
  s.caller.access_lock(nic);  // both blocked before anyone runs; a block may be released by another context
  s.caller.access_lock(other);

  Actor reader("reader", -1, [&] {
    uint32_t command;
    s.caller.user_read(nic, PCI_COMMAND, Size::kWord, &command);
  });
  Actor unblock_other("unblock other", -1, [&] { s.caller.access_unlock(other); });  // wakes the reader: one queue
  Actor unblock_own("unblock own", -1, [&] { s.caller.access_unlock(nic); });
}

}  // namespace cfgtorture
