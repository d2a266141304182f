// harness/kernel/bug.h: BUG_ON(): the kernel stops itself over a condition that must not be.
#ifndef CFGTORTURE_HARNESS_KERNEL_BUG_H_
#define CFGTORTURE_HARNESS_KERNEL_BUG_H_

#include "harness/kernel/engine.h"
#include "harness/kernel/observer.h"

namespace cfgtorture {

// A finding (assertion), and the end of the execution: the task that hit it would not come back, and with it whatever
// it holds. `text` is a literal. Any context.
inline void BugOn(bool condition, const char* text) {
  if (!condition) return;
  observer::Violation(Hazard::kAssertion, text);
  engine::EndExecution(text);
}
#define BUG_ON(condition) ::cfgtorture::BugOn((condition), "kernel BUG: " #condition)

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_BUG_H_
