// locks/percpu_rwsem.cc: as rwsem, with readers that count on their own CPU.
//
// Models    Wilcox's proposal (C18) over struct percpu_rw_semaphore (facts 7.3); proposed by nobody, but what one would
//           be told to use for so many readers and so few writers.
// Legal     task context. From hardirq, or under a raw lock, it sleeps (C19).
// Leaves    what rwsem leaves: the address/data pair, read-modify-write.
// Against   what is against rwsem, but for the shared count; instead a writer looks at every CPU.
#include "harness/kernel/percpu_rwsem.h"

#include "harness/sdk/registry.h"
#include "locks/under_semaphore.h"

namespace cfgtorture {
namespace {

const StrategyRegistration kPercpuRwsem{{
    .name = "percpu-rwsem",
    .summary = "as rwsem, but readers count on their own CPU, and a writer adds up",
    .make = Make<UnderSemaphore<PercpuRwSemaphore>>,
}};

}  // namespace
}  // namespace cfgtorture
