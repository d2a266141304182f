// locks/rwsem.cc: accesses hold one semaphore for read; blocks, D-state changes and bus-ops changes hold it for write.
//
// Models    Wilcox's proposal, linux-pci thread of October 2019 (C18); never merged.
// Legal     task context. From hardirq, or under a raw lock, it sleeps (C19).
// Leaves    the address/data pair (readers run side by side, so the ops bring their own lock); read-modify-write: two
//           readers' helpers lose each other's updates.
// Against   callers hold raw locks with IRQs off (Gleixner): an interrupt on the writer's CPU waits for ever. A block
// is
//           machine-wide, and only the task that took it may release it. One shared count moves on every access.
#include "harness/kernel/rwsem.h"

#include "harness/sdk/registry.h"
#include "locks/under_semaphore.h"

namespace cfgtorture {
namespace {

const StrategyRegistration kRwsem{{
    .name = "rwsem",
    .summary = "accesses read, blocks and D-state and bus-ops changes write one semaphore",
    .make = Make<UnderSemaphore<RwSemaphore>>,
}};

}  // namespace
}  // namespace cfgtorture
