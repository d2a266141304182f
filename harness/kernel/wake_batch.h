// harness/kernel/wake_batch.h: wake_up_all() as it was from v4.14 to some release between 6.1 and 6.12: after a batch
// of callbacks the waker leaves a bookmark in the list and lets go of the queue's lock for a moment, so as not to keep
// interrupts off for as long as there are waiters. That makes it a writer of the list.
//
// Context  as wake_up_all().
// Source   2554db916586 (v4.14): __wake_up_common_lock(), whose batch was 64.
#ifndef CFGTORTURE_HARNESS_KERNEL_WAKE_BATCH_H_
#define CFGTORTURE_HARNESS_KERNEL_WAKE_BATCH_H_

#include "harness/kernel/wait_queue.h"

namespace cfgtorture {

void wake_up_all_batched(WaitQueueHead& head, unsigned batch);

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_WAKE_BATCH_H_
