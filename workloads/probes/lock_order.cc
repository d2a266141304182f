// workloads/probes/lock_order.cc: an unblock that wakes a waiter, and perf's read in the context switch of that waiter.
//
// Decides   lock-order, from one clean run: the wake-up takes pi_lock and the run queue's lock; the scheduler of a task
//           that goes to sleep holds the run queue's lock while perf's uncore driver reads a register (cdcb33f98244).
//           Whoever wakes inside pci_lock closes the cycle (C6, C21).
// Bridges   none in particular.
#include "harness/kernel/completion.h"
#include "harness/kernel/task.h"
#include "harness/kernel/time.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

PROBE(LockOrder, .name = "lock-order", .summary = "an unblock that wakes, and perf's read in a context switch",
      .hazards = "lock-order") {
  struct Counter {
    Caller& caller;
    Device& uncore;
  } counter{s.caller, *s.world.Endpoint(1)};
  SetSchedulerHook(
      [](void* argument) {
        auto& perf = *static_cast<Counter*>(argument);
        uint32_t value;
        perf.caller.read(perf.uncore, PCI_BASE_ADDRESS_0, Size::kDword, &value);
      },
      &counter);
  Device& nic = *s.world.Endpoint(0);
  Completion asked("asked");
  Actor sleeper("sleeps", -1, [&] { asked.wait_for_completion(); });  // a context switch under every strategy
  asked.complete();
  s.caller.access_lock(nic);

  Actor waiter("waits", -1, [&] {
    uint32_t id;
    s.caller.user_read(nic, PCI_VENDOR_ID, Size::kDword, &id);
  });
  // Long enough for the waiter to fall asleep within the block. Time passes whenever the schedule says so: in steps.
  for (int i = 0; i < 10; ++i) msleep(1);
  s.caller.access_unlock(nic);
}

}  // namespace cfgtorture
