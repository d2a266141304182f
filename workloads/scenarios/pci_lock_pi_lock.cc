// workloads/scenarios/pci_lock_pi_lock.cc
//
// Result: buggy convicted (lock-order, without anybody blocking). Fixed: clean.
//
// An unblock wakes its waiters inside pci_lock, and a wake-up takes pi_lock and the run queue's lock. The scheduler of
// a task that goes to sleep holds the run queue's lock while perf reads an uncore counter through config space, which
// takes pci_lock (facts 2.4, C6).
//
// History  fb51ccbf217c (v3.3) to v4.10, lockdep's report; fixed by cdcb33f98244 (v4.11), which wakes after the unlock
//          and so made cfg-wait-corruption possible.
#include "harness/kernel/task.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

SCENARIO(PciLockPiLock, .name = "pci-lock-pi-lock",
         .summary = "an unblock that wakes inside pci_lock, and perf's read in a context switch",
         .needs_strategy = false, .buggy = "waitqueue-v3.3", .fixed = "waitqueue-v4.11", .must_find = "lock-order",
         .may_find = "deadlock", .may_find_why = "what that order comes to, if the two meet", .tag = Tag::kHistoric,
         .history = "fixed by cdcb33f98244 (v4.11)") {
  struct Counter {
    Caller& caller;
    Device& uncore;
  } counter{s.caller, *s.world.Endpoint(1)};
  const SchedulerHook perf_reads = [](void* argument) {
    auto& perf = *static_cast<Counter*>(argument);
    uint32_t value;
    perf.caller.read(perf.uncore, PCI_BASE_ADDRESS_0, Size::kDword, &value);
  };
  SetSchedulerHook(perf_reads, &counter);
  Device& nic = *s.world.Endpoint(0);
  s.caller.access_lock(nic);

  Actor reader("reader", -1, [&] {  // sleeps if it comes before the unblock
    uint32_t id;
    s.caller.user_read(nic, PCI_VENDOR_ID, Size::kDword, &id);
  });
  Actor unblock("unblock", -1, [&] { s.caller.access_unlock(nic); });
}

}  // namespace cfgtorture
