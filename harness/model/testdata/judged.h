// harness/model/testdata/judged.h: programs that break one rule of the judges each, beside one that does not.
#ifndef CFGTORTURE_HARNESS_MODEL_TESTDATA_JUDGED_H_
#define CFGTORTURE_HARNESS_MODEL_TESTDATA_JUDGED_H_

#include "harness/model/testdata/program_list.h"

namespace cfgtorture {

void TimerTakesWhatATaskHolds();
void TimerAgainstIrqsave();
void IrqsComeOnWithALockHeld();
void EndsWithALockHeld();
void HandlerReturnsWithALockHeld();
void HandlerKeepsASleeperOff();
void ReleasesAnothersLock();
void InitEndsWithALockHeld();
void EndsWithInterruptsOff();
void EndsWithPreemptionOff();
void InitEndsWithInterruptsOff();
void HandlerReturnsWithInterruptsOff();
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

inline constexpr Program kJudgedPrograms[] = {
    {"timer-takes-what-a-task-holds", TimerTakesWhatATaskHolds},
    {"timer-against-irqsave", TimerAgainstIrqsave},
    {"irqs-come-on-with-a-lock-held", IrqsComeOnWithALockHeld},
    {"ends-with-a-lock-held", EndsWithALockHeld},
    {"handler-returns-with-a-lock-held", HandlerReturnsWithALockHeld},
    {"handler-keeps-a-sleeper-off", HandlerKeepsASleeperOff},
    {"releases-anothers-lock", ReleasesAnothersLock},
    {"init-ends-with-a-lock-held", InitEndsWithALockHeld},
    {"ends-with-interrupts-off", EndsWithInterruptsOff},
    {"ends-with-preemption-off", EndsWithPreemptionOff},
    {"init-ends-with-interrupts-off", InitEndsWithInterruptsOff},
    {"handler-returns-with-interrupts-off", HandlerReturnsWithInterruptsOff},
    {"frees-a-held-lock", FreesAHeldLock},
    {"frees-an-awaited-lock", FreesAnAwaitedLock},
    {"frees-a-released-lock", FreesAReleasedLock},
    {"leaves-a-function-blocked", LeavesAFunctionBlocked},
    {"another-unblocks", AnotherUnblocks},
    {"leaves-a-linked-entry", LeavesALinkedEntry},
    {"links-twice", LinksTwice},
    {"queue-ends-with-a-waiter", QueueEndsWithAWaiter},
    {"parent-child-and-another-between", ParentChildAndAnotherBetween},
    {"tries-what-it-reads", TriesWhatItReads},
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_MODEL_TESTDATA_JUDGED_H_
