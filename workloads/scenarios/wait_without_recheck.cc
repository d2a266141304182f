// workloads/scenarios/wait_without_recheck.cc
//
// Result: buggy convicted (owner: two have one block, and the second gives back what is not blocked any more). Fixed:
// clean.
//
// wait_event() looks at the flag without pci_lock. Between its return and the waiter's taking of pci_lock another task
// can block the function again, so pci_wait_cfg() looks again under the lock, and waits again. Without that loop the
// waiter sets a flag that is set already, and two have the function to themselves until the first of them opens both
// windows.
//
// History  constructed, from a question put to the fix (2a7e32d0547f, v5.9): must the loop around wait_event() stay?
//          Zheng, 2 July 2020: it must, since another task can block again first (C25).
#include "harness/kernel/wait_queue.h"
#include "harness/sdk/program.h"

namespace cfgtorture {
namespace {

// As v5.9, but for the loop.
class WaitsOnce final : public Strategy {
 private:
  void wait_cfg(Device& dev) override {
    pci_lock_.unlock_irq();
    wait_event(pci_cfg_wait_, [&dev] { return !dev.block_cfg_access.load(std::memory_order_relaxed); });
    pci_lock_.lock_irq();
  }
};

SCENARIO(WaitWithoutRecheck, .name = "wait-without-recheck",
         .summary = "who waited for a block takes it without looking again under pci_lock", .needs_strategy = false,
         .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "owner", .tag = Tag::kConstructed,
         .history = "from the review of 2a7e32d0547f (v5.9)") {
  Device& nic = *s.world.Endpoint(0);
  WaitsOnce waits_once;
  Caller without(waits_once);
  Caller& caller = s.buggy() ? without : s.caller;
  caller.access_lock(nic);

  Actor reset("reset_store", -1, [&] {
    caller.access_lock(nic);
    caller.access_unlock(nic);
  });
  Actor recovery("ipr_reset_ioa_job", -1, [&] {
    caller.access_unlock(nic);
    caller.access_lock(nic);  // the next attempt
    caller.access_unlock(nic);
  });
}

}  // namespace
}  // namespace cfgtorture
