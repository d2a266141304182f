// reports/contention.h: what locks cost, as the kernel's tools show it: the columns of /proc/lock_stat and of
// `perf lock contention`, by their names.
#ifndef CFGTORTURE_REPORTS_CONTENTION_H_
#define CFGTORTURE_REPORTS_CONTENTION_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/result/run_result.h"

namespace cfgtorture::reports {

// Figures of virtual time, which are nobody's measurement.
bool IsModelled(const CellResult& cell);

// The first frame that is no word of the kernel: who took the lock, as perf shows it. Without symbols, module+offset.
std::string CallerOf(const std::vector<Frame>& stack);

// "pci_lock", "pci_bus_sem-R".
std::string StatNameOf(const LockResult& lock);

// Callers with their counts, the largest first, at most four: sites that differ in what lies above the caller are one.
using Points = std::vector<std::pair<std::string, uint64_t>>;
Points ContentionPoints(const LockResult& lock);  // who waited
Points ContendedPoints(const LockResult& lock);   // who was waited for

struct PerfRow {
  uint64_t contended = 0;
  double total_ns = 0, max_ns = 0;
  std::string type, caller;
  double avg_ns() const { return contended == 0 ? 0 : total_ns / static_cast<double>(contended); }
};
// By caller and type, most wait first: perf's default order.
std::vector<PerfRow> PerfRowsOf(const std::vector<const CellResult*>& cells);

std::string Microseconds(double ns);  // "12.34", as lock_stat has it
std::string PerfTime(double ns);      // "12.34 us", as perf has it

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_CONTENTION_H_
