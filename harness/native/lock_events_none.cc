#define CFGT_OBSERVED 1
#include "harness/kernel/named.h"
#include "harness/kernel/observer.h"
#include "harness/native/lock_events.h"

namespace cfgtorture::native {

void MapLockTables(Task&) {}
std::vector<LockResult> LockResults(const run::LoadedPlugin&, double) { return {}; }
uint64_t LockEventsDropped() { return 0; }
void TaskEnds(Task&) {}
void ProgramEnds() {}
Judgement JudgementOf(Hazard) { return {}; }
std::vector<Finding> JudgeFindings() { return {}; }
double ObserverNsPerAcquisition(double) { return 0; }

}  // namespace cfgtorture::native

namespace cfgtorture::observer {

LockId LockCreated(const void*, const char*, WaitType, int) { return 0; }
void LockGone(LockId) {}
bool LockWait(LockId, How) { return true; }
void LockAcquired(LockId, How) {}
bool LockReleased(LockId) { return true; }
bool Wakes() { return true; }
void WaitBegin(const void*, const char*) {}
void WaitEnd(const void*) {}
void MightSleep(const char*) {}
void EntryLinked(const void*, const void*) {}
void EntryUnlinked(const void*) {}
void EntryGone(const void*) {}
void QueueGone(const void*) {}
void Blocked(uint32_t) {}
void Unblocked(uint32_t) {}
void ObjectNamed(const void*, size_t, const char*, const char*) {}
void ListNamed(const void*, const char*) {}

}  // namespace cfgtorture::observer
