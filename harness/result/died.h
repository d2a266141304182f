// harness/result/died.h: has a worker died of what it ran?
#ifndef CFGTORTURE_HARNESS_RESULT_DIED_H_
#define CFGTORTURE_HARNESS_RESULT_DIED_H_

#include <string>

#include "harness/result/cell.h"
#include "harness/result/hazard.h"

namespace cfgtorture {

// It crashed, or it hung. A time-out without that is of one that was getting on, on a host that had no time for it:
// what it has found counts, and all else is undecided.
inline bool Died(const CellResult& cell) {
  if (cell.status != "timeout") return cell.status == "crashed";
  const auto crash = cell.hazards.find(std::string(NameOf(Hazard::kCrash)));
  return crash != cell.hazards.end() && crash->second.verdict == "found";
}

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_RESULT_DIED_H_
