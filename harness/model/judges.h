// harness/model/judges.h: feeds the pure judges (harness/judge) with the kernel words' events. See judges.cc.
#ifndef CFGTORTURE_HARNESS_MODEL_JUDGES_H_
#define CFGTORTURE_HARNESS_MODEL_JUDGES_H_

#include <cstdint>
#include <string>
#include <vector>

namespace cfgtorture::model {

void JudgesBeginExecution();
void JudgesForgetContext(unsigned context);
std::vector<std::string> HeldLockNames(unsigned context);
// Is it between wanting a lock and having it?
bool IsTakingLock(unsigned context);
std::vector<uint32_t> HeldLockIds(unsigned context);
// "waits for pci_lock" and the like, or "".
std::string WaitsFor(unsigned context);

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_JUDGES_H_
