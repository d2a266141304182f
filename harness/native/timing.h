// harness/native/timing.h: where the native engine measures: operations, and sections with interrupts off.
#ifndef CFGTORTURE_HARNESS_NATIVE_TIMING_H_
#define CFGTORTURE_HARNESS_NATIVE_TIMING_H_

#include <vector>

#include "harness/measure/histogram.h"
#include "harness/native/machine.h"
#include "harness/pci/hardware/hardware.h"

namespace cfgtorture::native {

// For hw::SetOperationCallbacks().
void OperationBegan(hw::Call call);
void OperationEnded(hw::Call call);

// A new period of measurement begins: what was recorded so far is dropped, by each task at its next operation.
void BeginPeriod();

// The task waits on purpose: its next operation begins when it is called.
void BreakChain(Task& task);

void BeginIrqsOffSection(Task& task);
// `handler`: whose section it was; null for the caller's own, whose call chain is kept if it was the longest.
void EndIrqsOffSection(Task& task, const void* handler = nullptr);

// Maps the task's recorders (zeroed, touched only where used). Once a task, before it starts.
void MapRecorders(Task& task);

// ---- After the tasks have ended, or for a rough idea while they run.
// --------------------------------------------------

uint64_t TotalOperations();                 // outermost ones, all contexts
std::vector<uint64_t> OperationsOfTasks();  // in task context, of the tasks that completed any or hang in one
// Adds all latencies of `call` in ticks to `into`, which stays empty where nobody made the call.
void AddLatencies(hw::Call call, engine::Context context, measure::Histogram& into);
uint64_t LongestIrqsOffTicks();
uint64_t FlaggedIrqsOffSections();
const Task* LongestIrqsOffTask();  // null if there was no section
uint64_t Interrupts();             // handlers run on top of tasks

}  // namespace cfgtorture::native

#endif  // CFGTORTURE_HARNESS_NATIVE_TIMING_H_
