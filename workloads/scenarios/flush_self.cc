// workloads/scenarios/flush_self.cc
//
// Result: buggy convicted (deadlock: a worker waits for itself). Fixed: clean.
//
// A hot-plug port removes what is below it, from work on a queue that all ports shared. What is below is a port too,
// and its remove flushes that queue: the work that it waits for is the one that it runs in (facts 8.2).
//
// History  fixed by c2be6f93b383 (early 2013): a queue a slot.
#include "harness/kernel/completion.h"
#include "harness/sdk/program.h"

namespace cfgtorture {
namespace {

// Of a workqueue, what this is about: flush_workqueue() waits until the work that is queued has ended.
struct Workqueue {
  Completion idle{"flush_workqueue"};
  void Flush() { idle.wait_for_completion(); }
  void WorkEnds() { idle.complete_all(); }
};

SCENARIO(FlushSelf, .name = "flush-self",
         .summary = "hot-plug work removes a nested port, whose remove flushes its queue", .needs_strategy = false,
         .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "deadlock", .tag = Tag::kHistoric,
         .history = "fixed by c2be6f93b383 (2013)") {
  Workqueue upper, lower;
  Workqueue& flushed = s.buggy() ? upper : lower;  // one queue for all slots, or one a slot

  Actor lower_work("pciehp work of the lower port", -1, [&] { lower.WorkEnds(); });
  Actor upper_work("pciehp work of the upper port", -1, [&] {
    flushed.Flush();  // pciehp_remove() of the nested port
    upper.WorkEnds();
  });
}

}  // namespace
}  // namespace cfgtorture
