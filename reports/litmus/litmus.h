// reports/litmus/litmus.h: findings as litmus tests in the form of the kernel's tools/memory-model, for herd7.
//
// What can be said in that form is little, and what cannot is refused in one line: its processes run on CPUs of their
// own, know plain and atomic accesses to memory that is never freed, and spin_lock(). So:
//
// Data race     two accesses of tasks, each under the locks that its task holds there. What else the schedule holds is
//               left out: the detector found that none of it orders the two.
// Lost update   the steps on the register, under their locks, from the helper's read to its write. The register stands
//               as a variable, as if each of its bits kept what is written and reading it had no effect: the latch that
//               addresses it, and all else that a device is, are left out. The test says so.
//
// Locks are spin_lock(), whatever they are: mutual exclusion is all that a test needs of them. Interrupts, wait queues,
// readers that share a lock, and devices have no words there.
//
// Source    tools/memory-model/README, Documentation/litmus-tests.txt of Linux 6.12: form, "Result:" line, DATARACE.
#ifndef CFGTORTURE_REPORTS_LITMUS_LITMUS_H_
#define CFGTORTURE_REPORTS_LITMUS_LITMUS_H_

#include <string>

#include "harness/result/run_result.h"

namespace cfgtorture::reports {

struct Litmus {
  std::string name;     // "data-race+9f3c0a1b2c3d4e5f", fit for a file
  std::string text;     // "" if it cannot be said
  std::string why_not;  // one line
};
Litmus LitmusOf(const CellSpec& spec, const Finding& finding);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_LITMUS_LITMUS_H_
