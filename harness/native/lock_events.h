// harness/native/lock_events.h: what the observed build's locks report (observer.h), kept per thread, and what the
// judges make of it. Implemented
// three times, chosen at link time: lock_events.cc (checked), lock_names.cc (tsan, where a judge's own memory would
// order what libtsan watches) and lock_events_none.cc (native, whose code reports nothing).
#ifndef CFGTORTURE_HARNESS_NATIVE_LOCK_EVENTS_H_
#define CFGTORTURE_HARNESS_NATIVE_LOCK_EVENTS_H_

#include <cstdint>
#include <vector>

#include "harness/native/machine.h"
#include "harness/result/cell.h"
#include "harness/run/worker.h"

namespace cfgtorture::native {

// Maps the task's tables (zeroed, touched only where used). Once a task, before it starts.
void MapLockTables(Task& task);

// By the task's own thread, at its end.
void TaskEnds(Task& task);
// By the watcher, when the program's own end was reached and its tasks have ended.
void ProgramEnds();

// What the worker's judges say of a hazard so far; nothing where nothing is judged.
struct Judgement {
  uint64_t hits = 0, opportunities = 0;
  bool judged = false;  // by this worker
};
Judgement JudgementOf(Hazard hazard);

// ---- After the tasks have ended.
// --------------------------------------------------

// Classes by wait time, each followed by the instances that were waited for, or used, most.
std::vector<LockResult> LockResults(const run::LoadedPlugin& loaded, double ns_per_tick);
// What the judges found. Frames are return addresses, and name no module.
std::vector<Finding> JudgeFindings();
// Acquisitions and locks that found no room in the tables, and are in no figure.
uint64_t LockEventsDropped();
// What observing costs: nanoseconds that an uncontended acquisition and its release take longer, median of interleaved
// rounds with and without. 0 where nothing observes. Adds a lock of its own: after LockResults().
double ObserverNsPerAcquisition(double ns_per_tick);

}  // namespace cfgtorture::native

#endif  // CFGTORTURE_HARNESS_NATIVE_LOCK_EVENTS_H_
