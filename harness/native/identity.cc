// Which of the three workers this is: the one thing that they differ in at compile time.
#include "harness/run/worker.h"

namespace cfgtorture::run {

const char* const kWorkerName = CFGT_WORKER_NAME;
const bool kWantsInstrumented = CFGT_WANTS_INSTRUMENTED;

}  // namespace cfgtorture::run
