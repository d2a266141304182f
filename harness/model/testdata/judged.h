// harness/model/testdata/judged.h: programs that break one rule of the judges each, beside one that does not.
#ifndef CFGTORTURE_HARNESS_MODEL_TESTDATA_JUDGED_H_
#define CFGTORTURE_HARNESS_MODEL_TESTDATA_JUDGED_H_

namespace cfgtorture {

void TimerTakesWhatATaskHolds();
void TimerAgainstIrqsave();
void IrqsComeOnWithALockHeld();
void EndsWithALockHeld();
void HandlerReturnsWithALockHeld();
void ReleasesAnothersLock();
void InitEndsWithALockHeld();
void FreesAHeldLock();
void FreesAnAwaitedLock();
void FreesAReleasedLock();
void LeavesAFunctionBlocked();
void AnotherUnblocks();
void LeavesALinkedEntry();
void LinksTwice();
void QueueEndsWithAWaiter();
void ParentChildAndAnotherBetween();
void TriesWhatItReads();

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_MODEL_TESTDATA_JUDGED_H_
