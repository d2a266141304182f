// harness/cli/audit_plan.h: from the places that a program has passed to the cells that run it without one of them, and
// from those cells to rows. Pure: results in, specifications and rows out.
//
// A place of an order is a line of source: all that the compiler has made of it is weakened together. A place of a lock
// or of interrupts off is the line that calls the kernel's word for it; of a wake-up, the line outside the kernel's
// words.
#ifndef CFGTORTURE_HARNESS_CLI_AUDIT_PLAN_H_
#define CFGTORTURE_HARNESS_CLI_AUDIT_PLAN_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "harness/result/run_result.h"

namespace cfgtorture::cli {

struct Place {
  std::string kind, what;  // as AuditSite
  std::string file, function;
  int line = 0;
  std::map<size_t, std::set<std::string>> chains;  // by cell: its places in the object, as a mutation names them

  bool is_order() const { return kind != "lock" && kind != "irqs-off" && kind != "wake-up"; }
};

// Of the cells that listed, by file, line and kind.
std::vector<Place> PlacesOf(const std::vector<CellResult>& cells);

// What is tried first in a place's stead: "relaxed", "none" for a fence, "left out".
std::string WeakestFor(const Place& place);
// What lies between that and what is there, from the strongest on. Under "sc" memory every operation is sequentially
// consistent, whatever its order says: then the steps down from seq_cst say nothing about it.
std::vector<std::string> BetweenFor(const Place& place, const std::string& memory);

// The cell `base`, of index `cell`, with `instead` in the place's stead. Stops at the first finding if `base` has none.
CellSpec Without(const CellResult& base, size_t cell, const Place& place, const std::string& instead);

// One attempt: cells, beside those that they are to be compared with.
struct Attempt {
  size_t place;
  std::string instead;
  std::vector<std::pair<size_t, size_t>> cells;  // mutated, base
};
// Needed if a mutated cell shows what its base does not; the simplest finding speaks.
AuditRow RowOf(const Place& place, const Attempt& attempt, const std::vector<CellResult>& cells);

// Why a spare order or lock stays: a file of JSON, [{"function", "kind", "what", "instead", "reason"}, ...]. What is
// left out matches anything, but for function and reason. Errors name file and entry.
struct SpareReason {
  std::string function, kind, what, instead, reason;
  bool used = false;
};
absl::StatusOr<std::vector<SpareReason>> LoadReasons(const std::string& path);
// Gives each spare row its reason.
void Explain(std::vector<AuditRow>& rows, std::vector<SpareReason>& reasons);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_AUDIT_PLAN_H_
