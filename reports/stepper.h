// reports/stepper.h: what is so after each step of a finding's schedule, as far as the recorded steps tell: who holds
// which lock, who waits for what, who sleeps, which CPU has interrupts off, what is said of each device.
//
// Facts come from the steps alone (Step::kind, Step::object, the text of devices), so a fact that no step tells is not
// there, and never guessed.
#ifndef CFGTORTURE_REPORTS_STEPPER_H_
#define CFGTORTURE_REPORTS_STEPPER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/result/cell.h"
#include "reports/schedule.h"

namespace cfgtorture::reports {

enum class FactKind : uint8_t { kLock, kWait, kSleep, kInterrupt, kDevice };
inline constexpr size_t kFactKinds = 5;
const char* NameOf(FactKind kind);  // "locks held", for people

// From this row on `about` is `value`; "" ends it.
struct FactChange {
  FactKind kind;
  std::string about;  // "pci_lock"
  std::string value;  // "reader (CPU0)"
};

// Of each row of `grid`: what its step, and those folded into it, change. A change that the rest of the row undoes is
// not told.
std::vector<std::vector<FactChange>> ChangesOf(const Finding& finding, const ScheduleGrid& grid);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_STEPPER_H_
