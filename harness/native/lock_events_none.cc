#define CFGT_OBSERVED 1
#include "harness/kernel/observer.h"
#include "harness/native/lock_events.h"

namespace cfgtorture::native {

void MapLockTables(Task&) {}
std::vector<LockResult> LockResults(const run::LoadedPlugin&, double) { return {}; }
uint64_t LockEventsDropped() { return 0; }
double ObserverNsPerAcquisition(double) { return 0; }

}  // namespace cfgtorture::native

namespace cfgtorture::observer {

LockId LockCreated(const void*, const char*, WaitType, int) { return 0; }
void LockWait(LockId, How) {}
void LockAcquired(LockId, How) {}
void LockReleased(LockId) {}
void WaitBegin(const void*, const char*) {}
void WaitEnd(const void*) {}

}  // namespace cfgtorture::observer
