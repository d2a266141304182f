// harness/model/judges.h: feeds the pure judges (harness/judge) with the kernel words' events. See judges.cc.
#ifndef CFGTORTURE_HARNESS_MODEL_JUDGES_H_
#define CFGTORTURE_HARNESS_MODEL_JUDGES_H_

#include <cstdint>
#include <string>
#include <vector>

namespace cfgtorture::model {

void JudgesBeginExecution();
void JudgesForgetContext(unsigned context);
// A task or an interrupt's handler ends: it may hold nothing.
void JudgesContextEnds(unsigned context);
// The init task returns: nothing may be left.
void JudgesProgramEnds();
// Interrupts of the current CPU are about to come on, whatever is held.
void JudgesIrqsComeOn(uintptr_t pc);
// Does the current context hold anything?
bool HoldsLocks();
std::vector<std::string> HeldLockNames(unsigned context);
// Is it between wanting a lock and having it?
bool IsTakingLock(unsigned context);
// REQUIRES: IsTakingLock().
const char* WantedLock(unsigned context);
std::vector<uint32_t> HeldLockIds(unsigned context);
// "waits for pci_lock" and the like, or "".
std::string WaitsFor(unsigned context);

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_JUDGES_H_
