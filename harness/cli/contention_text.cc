#include "harness/cli/contention_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "reports/contention.h"

namespace cfgtorture::cli {
namespace {

using reports::CallerOf;
using reports::IsModelled;
using reports::PerfTime;

// ---- /proc/lock_stat: microseconds with two decimals
// -----------------------------------------------------------------

constexpr const char* kStatColumns[] = {"con-bounces",    "contentions",  "waittime-min",   "waittime-max",
                                        "waittime-total", "waittime-avg", "acq-bounces",    "acquisitions",
                                        "holdtime-min",   "holdtime-max", "holdtime-total", "holdtime-avg"};

std::string StatRow(const std::string& name, const LockStat& stat) {
  const auto us = [](double ns) { return ns / 1000; };
  return absl::StrFormat("%40s: %14d %14d %14.2f %14.2f %14.2f %14.2f %14d %14d %14.2f %14.2f %14.2f %14.2f\n", name,
                         stat.con_bounces, stat.contentions, us(stat.waittime_min_ns), us(stat.waittime_max_ns),
                         us(stat.waittime_total_ns), us(stat.waittime_avg_ns), stat.acq_bounces, stat.acquisitions,
                         us(stat.holdtime_min_ns), us(stat.holdtime_max_ns), us(stat.holdtime_total_ns),
                         us(stat.holdtime_avg_ns));
}

std::string PointLines(const std::string& name, const reports::Points& points) {
  std::string text;
  for (const auto& [caller, count] : points)
    absl::StrAppendFormat(&text, "%40s %14d          %s\n", name, count, caller);
  return text;
}

std::string LockStatTable(const CellResult& cell) {
  std::string text = absl::StrFormat("%40s ", IsModelled(cell) ? "class name (modelled)" : "class name");
  for (const char* column : kStatColumns) absl::StrAppendFormat(&text, " %14s", column);
  const std::string rule(text.size(), '-');
  text = absl::StrCat("lock_stat version 0.4\n", rule, "\n", text, "\n", rule, "\n");
  for (const LockResult& lock : cell.locks) {
    if (!lock.instance.empty()) continue;
    absl::StrAppend(&text, "\n", StatRow(reports::StatNameOf(lock), lock.stat));
    const std::string waiters = PointLines(lock.name, reports::ContentionPoints(lock));
    const std::string holders = PointLines(lock.name, reports::ContendedPoints(lock));
    const std::string line = std::string(25, ' ') + "---------------\n";
    if (!waiters.empty()) absl::StrAppend(&text, line, waiters);
    if (!holders.empty()) absl::StrAppend(&text, line, holders);
  }
  return text;
}

// ---- perf lock contention
// --------------------------------------------------------------------------------------------

std::string PerfTable(const CellResult& cell) {
  const std::vector<reports::PerfRow> rows = reports::PerfRowsOf({&cell});
  std::string text = absl::StrFormat("%10s   %12s   %12s   %12s   %10s   %s%s\n\n", "contended", "total wait",
                                     "max wait", "avg wait", "type", "caller", IsModelled(cell) ? " (modelled)" : "");
  for (const reports::PerfRow& row : rows) {
    absl::StrAppendFormat(&text, "%10d   %12s   %12s   %12s   %10s   %s\n", row.contended, PerfTime(row.total_ns),
                          PerfTime(row.max_ns), PerfTime(row.avg_ns()), row.type, row.caller);
  }
  return text;
}

// ---- What neither of them has
// ----------------------------------------------------------------------------------------

std::string FairnessTable(const CellResult& cell) {
  std::string text = absl::StrFormat("%40s  %9s %8s %13s %12s %12s %12s %6s\n",
                                     IsModelled(cell) ? "class name (modelled)" : "class name", "instances", "threads",
                                     "longest wait", "longest run", "most", "fewest", "Jain");
  for (const LockResult& lock : cell.locks) {
    if (!lock.instance.empty() || lock.threads == 0) continue;
    absl::StrAppendFormat(&text, "%40s: %9d %8d %13d %12d %12d %12d %6.3f\n", reports::StatNameOf(lock), lock.instances,
                          lock.threads, lock.longest_wait_acquisitions, lock.longest_run, lock.acquisitions_most,
                          lock.acquisitions_fewest, lock.fairness_jain);
  }
  return text;
}

}  // namespace

std::string ContentionText(const RunResult& result) {
  std::string text;
  for (const CellResult& cell : result.cells) {
    if (cell.locks.empty()) continue;
    const std::string title = absl::StrCat("\n", cell.spec.id, IsModelled(cell) ? ", modelled" : "");
    absl::StrAppend(&text, title, ": locks, times in microseconds; contention points, then who was waited for\n",
                    LockStatTable(cell));
    absl::StrAppend(&text, title, ": callers that waited\n", PerfTable(cell));
    absl::StrAppend(&text, title,
                    ": starvation (acquisitions by others during one wait, acquisitions by one owner in a row) and "
                    "fairness over the threads that compete\n",
                    FairnessTable(cell));
    for (const IrqsOffSection& section : cell.irqs_off_max) {
      absl::StrAppend(&text, "\nlongest with interrupts off: ", PerfTime(section.ns), ", ", section.context, " of ",
                      section.task, " on CPU", section.cpu, "\n");
      for (const Frame& frame : section.stack) absl::StrAppend(&text, "    ", CallerOf({frame}), "\n");
    }
    if (IsModelled(cell)) {
      absl::StrAppendFormat(&text,
                            "all of this is modelled: %s of virtual time, by assumed costs of accesses, switches, "
                            "interrupts and registers; compare it with no measurement\n",
                            PerfTime(cell.metrics.at("modelled_ns")));
    }
    const auto cost = cell.metrics.find("observer_ns_per_acquisition");
    if (cost != cell.metrics.end()) {
      absl::StrAppendFormat(
          &text, "observing costs %.1f ns an acquisition (median of interleaved rounds, uncontended)\n", cost->second);
    }
    const auto dropped = cell.metrics.find("lock_events_dropped");
    if (dropped != cell.metrics.end() && dropped->second > 0) {
      absl::StrAppendFormat(&text, "%.0f acquisitions found no room in the tables and are not in them\n",
                            dropped->second);
    }
  }
  return text;
}

std::string PerfCsv(const RunResult& result) {
  std::string text = "# output: contended, total wait, max wait, avg wait, type, caller\n";
  std::vector<const CellResult*> cells;
  cells.reserve(result.cells.size());
  for (const CellResult& cell : result.cells) cells.push_back(&cell);
  for (const reports::PerfRow& row : reports::PerfRowsOf(cells)) {
    // A comma in a caller, of a template's arguments, would be a column.
    std::string caller = row.caller;
    std::replace(caller.begin(), caller.end(), ',', ';');
    absl::StrAppendFormat(&text, "%d, %.0f, %.0f, %.0f, %s, %s\n", row.contended, row.total_ns, row.max_ns,
                          row.avg_ns(), row.type, caller);
  }
  return text;
}

}  // namespace cfgtorture::cli
