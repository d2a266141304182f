// Contention as the kernel's tools show it, starvation, and where interrupts were off the longest. What the model's
// clock says stands in tables of its own.
#include "reports/contention.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "reports/html/escape.h"
#include "reports/html/sections.h"
#include "reports/html/table.h"

namespace cfgtorture::reports {
namespace {

using Cells = std::vector<const CellResult*>;

double Real(uint64_t value) { return static_cast<double>(value); }

std::string Where(const CellSpec& spec) {
  return absl::StrCat(RowHead(RowName(spec)), "<td>", Name(spec.program), "</td>", TextCell(SettingOf(spec), 80));
}

const std::vector<HeadCell> kWhere = {{"strategy"}, {"workload"}, {"setting"}};

std::vector<HeadCell> Head(std::vector<HeadCell> more) {
  more.insert(more.begin(), kWhere.begin(), kWhere.end());
  return more;
}

std::string Us(double ns) { return NumberCell(Microseconds(ns), ns); }
std::string Count(uint64_t count) { return NumberCell(ExactCount(count), Real(count)); }

void AppendPoints(std::string& page, const char* what, const Points& points) {
  if (points.empty()) return;
  absl::StrAppend(&page, "<p>", what, "</p><ol>");
  for (const auto& [caller, count] : points) {
    absl::StrAppend(&page, "<li>", ExactCount(count), " <code>", Text(caller, 200), "</code></li>");
  }
  page += "</ol>";
}

struct StatRow {
  const CellResult* cell;
  const LockResult* lock;
};

void AppendLockStat(std::string& page, const Cells& cells, const std::string& modelled) {
  std::vector<StatRow> rows;
  for (const CellResult* cell : cells) {
    for (const LockResult& lock : cell->locks) {
      if (lock.instance.empty()) rows.push_back({cell, &lock});  // an instance is part of its class
    }
  }
  std::stable_sort(rows.begin(), rows.end(), [](const StatRow& a, const StatRow& b) {
    return a.lock->stat.waittime_total_ns > b.lock->stat.waittime_total_ns;
  });
  absl::StrAppend(&page, "<h3>As <code>/proc/lock_stat</code>", modelled,
                  "</h3><p class=\"sub\">Microseconds. Points: "
                  "who waited, and who was waited for, each the four most frequent callers.</p>\n");
  BeginTable(page, absl::StrCat("lock_stat", modelled), "plain stat sortable filterable",
             Head({{"class name"},
                   {"con-bounces", true},
                   {"contentions", true},
                   {"waittime-min", true},
                   {"waittime-max", true},
                   {"waittime-total", true},
                   {"waittime-avg", true},
                   {"acq-bounces", true},
                   {"acquisitions", true},
                   {"holdtime-min", true},
                   {"holdtime-max", true},
                   {"holdtime-total", true},
                   {"holdtime-avg", true},
                   {"points", false, false}}));
  for (const StatRow& row : rows) {
    const LockStat& stat = row.lock->stat;
    absl::StrAppend(&page, "<tr>", Where(row.cell->spec), "<td>", Name(StatNameOf(*row.lock)), "</td>",
                    Count(stat.con_bounces), Count(stat.contentions), Us(stat.waittime_min_ns));
    absl::StrAppend(&page, Us(stat.waittime_max_ns), Us(stat.waittime_total_ns), Us(stat.waittime_avg_ns),
                    Count(stat.acq_bounces), Count(stat.acquisitions), Us(stat.holdtime_min_ns));
    absl::StrAppend(&page, Us(stat.holdtime_max_ns), Us(stat.holdtime_total_ns), Us(stat.holdtime_avg_ns), "<td>");
    const Points waiters = ContentionPoints(*row.lock), holders = ContendedPoints(*row.lock);
    if (!waiters.empty() || !holders.empty()) {
      page += "<details class=\"points\"><summary>callers</summary>";
      AppendPoints(page, "waited", waiters);
      AppendPoints(page, "waited for", holders);
      page += "</details>";
    }
    page += "</td></tr>\n";
  }
  EndTable(page);
}

void AppendPerf(std::string& page, const Cells& cells, const std::string& modelled) {
  struct Row {
    const CellResult* cell;
    PerfRow perf;
  };
  std::vector<Row> rows;
  for (const CellResult* cell : cells) {
    for (PerfRow& perf : PerfRowsOf({cell})) rows.push_back({cell, std::move(perf)});
  }
  if (rows.empty()) {
    absl::StrAppend(&page, "<p>Nobody waited for a lock", modelled, ".</p>\n");
    return;
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.perf.total_ns > b.perf.total_ns; });
  absl::StrAppend(&page, "<h3>As <code>perf lock contention</code>", modelled, "</h3>\n");
  BeginTable(
      page, absl::StrCat("perf lock contention", modelled), "plain where sortable filterable",
      Head({{"contended", true}, {"total wait", true}, {"max wait", true}, {"avg wait", true}, {"type"}, {"caller"}}));
  for (const Row& row : rows) {
    absl::StrAppend(&page, "<tr>", Where(row.cell->spec), Count(row.perf.contended),
                    NumberCell(PerfTime(row.perf.total_ns), row.perf.total_ns));
    absl::StrAppend(&page, NumberCell(PerfTime(row.perf.max_ns), row.perf.max_ns),
                    NumberCell(PerfTime(row.perf.avg_ns()), row.perf.avg_ns()), TextCell(row.perf.type, 40),
                    "<td><code>", Text(row.perf.caller, 200), "</code></td></tr>\n");
  }
  EndTable(page);
}

void AppendStarvation(std::string& page, const Cells& cells, const std::string& modelled) {
  std::string rows;
  for (const CellResult* cell : cells) {
    for (const LockResult& lock : cell->locks) {
      if (!lock.instance.empty() || lock.threads == 0) continue;
      absl::StrAppend(&rows, "<tr>", Where(cell->spec), "<td>", Name(StatNameOf(lock)), "</td>", Count(lock.instances),
                      Count(lock.threads), Count(lock.longest_wait_acquisitions));
      absl::StrAppend(&rows, Count(lock.longest_run), Count(lock.acquisitions_most), Count(lock.acquisitions_fewest),
                      NumberCell(Ratio(lock.fairness_jain), lock.fairness_jain), "</tr>\n");
    }
  }
  if (rows.empty()) return;
  absl::StrAppend(
      &page, "<h3>Starvation and fairness", modelled,
      "</h3><p class=\"sub\">Longest wait: acquisitions by others while one waited. Longest run: by one owner "
      "in a row. Jain's index over the threads that compete: 1 is even.</p>\n");
  BeginTable(page, absl::StrCat("Starvation and fairness of locks", modelled), "plain where sortable filterable",
             Head({{"class name"},
                   {"instances", true},
                   {"threads", true},
                   {"longest wait", true},
                   {"longest run", true},
                   {"most", true},
                   {"fewest", true},
                   {"Jain", true}}));
  page += rows;
  EndTable(page);
}

void AppendAll(std::string& page, const Cells& cells, const std::string& modelled) {
  if (cells.empty()) return;
  AppendLockStat(page, cells, modelled);
  AppendPerf(page, cells, modelled);
  AppendStarvation(page, cells, modelled);
}

}  // namespace

void AppendContention(std::string& page, const RunResult& result, std::vector<Chart>& drawn) {
  Cells watched, modelled;
  for (const CellResult& cell : result.cells) {
    if (cell.locks.empty()) continue;
    (IsModelled(cell) || EvidenceOf(cell.spec) == Evidence::kExplored ? modelled : watched).push_back(&cell);
  }
  page += "<section id=\"contention\" aria-labelledby=\"contention-h\"><h2 id=\"contention-h\">Contention</h2>\n";
  if (watched.empty() && modelled.empty()) {
    page +=
        "<p>No cell of this run watched locks. <code>cfgtorture stress --engine checked</code> does.</p></section>\n";
    return;
  }
  if (!watched.empty()) {
    page +=
        "<p class=\"sub\">Real threads with an observer on every lock: it costs time of its own, so these figures "
        "stand "
        "apart from the cost below.</p>\n";
    std::vector<Chart> charts;
    for (const LockTable& table : MakeLockTables(result)) charts.push_back(MakeContentionChart(table));
    AppendCharts(page, charts, drawn);
    AppendAll(page, watched, "");
  }
  if (!modelled.empty()) {
    page +=
        "<h3>In virtual time (modelled)</h3><p class=\"sub\">By assumed costs of accesses, switches, interrupts and "
        "registers; compare them with no measurement.</p>\n";
    AppendAll(page, modelled, " (modelled)");
  }
  page += "</section>\n";
}

void AppendIrqsOff(std::string& page, const RunResult& result) {
  std::vector<const CellResult*> rows;
  for (const CellResult& cell : result.cells) {
    if (!cell.irqs_off_max.empty() && EvidenceOf(cell.spec) == Evidence::kMeasured) rows.push_back(&cell);
  }
  if (rows.empty()) return;
  std::stable_sort(rows.begin(), rows.end(), [](const CellResult* a, const CellResult* b) {
    return a->irqs_off_max.front().ns > b->irqs_off_max.front().ns;
  });
  page +=
      "<h3>Interrupts off</h3><p class=\"sub\">The longest section of each measured cell, and where it ended. "
      "Sections in which the host took the CPU away are not among them.</p>\n";
  const bool folded = rows.size() > 20;
  if (folded) absl::StrAppend(&page, "<details><summary>", rows.size(), " cells</summary>");
  BeginTable(page, "Longest sections with interrupts off", "plain where sortable filterable",
             Head({{"longest IRQs-off", true}, {"context"}, {"task"}, {"CPU", true}, {"in"}}));
  for (const CellResult* cell : rows) {
    const IrqsOffSection& section = cell->irqs_off_max.front();
    absl::StrAppend(&page, "<tr>", Where(cell->spec), NumberCell(Nanoseconds(section.ns), section.ns),
                    TextCell(section.context, 40), "<td>", Name(section.task), "</td>",
                    NumberCell(absl::StrCat(section.cpu), section.cpu), "<td><code>",
                    section.stack.empty() ? "–" : Text(CallerOf(section.stack), 200), "</code></td></tr>\n");
  }
  EndTable(page);
  if (folded) page += "</details>\n";
}

}  // namespace cfgtorture::reports
