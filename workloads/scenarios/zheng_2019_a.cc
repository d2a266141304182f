// workloads/scenarios/zheng_2019_a.cc
//
// Result: buggy convicted (lost-wakeup). Fixed: clean.
//
// The repair of December 2019 links the waiter under the queue's lock, after pci_lock was dropped, and does not look at
// the flag again. An unblock between the two finds an empty queue; the waiter then sleeps until some other function is
// unblocked (C22, facts 7.2).
//
// History  Zheng's third patch, linux-pci, December 2019; in June 2020 the thread held that it "probably works". Merged
//          was 2a7e32d0547f (v5.9), whose wait_event() looks again.
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

SCENARIO(Zheng2019A, .name = "zheng-2019-a", .summary = "a waiter that links itself too late, and one unblock",
         .needs_strategy = false, .buggy = "waitqueue-2019-a", .fixed = "waitqueue-v5.9", .must_find = "lost-wakeup",
         .tag = Tag::kProposed, .history = "patch v3 by mail, linux-pci, December 2019; instead 2a7e32d0547f (v5.9)") {
  Device& nic = *s.world.Endpoint(0);
  s.caller.access_lock(nic);

  Actor reader("reader", -1, [&] {
    uint32_t id;
    s.caller.user_read(nic, PCI_VENDOR_ID, Size::kDword, &id);
  });
  Actor unblock("unblock", -1, [&] { s.caller.access_unlock(nic); });
}

}  // namespace cfgtorture
