// The answer, contention, interrupts off and agreement, as text: the most telling rows; the page has all.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "reports/agreement.h"
#include "reports/contention.h"
#include "reports/markdown/escape.h"
#include "reports/markdown/sections.h"
#include "reports/overview.h"

namespace cfgtorture::reports::markdown {
namespace {

constexpr size_t kMaxRows = 20;

std::string Names(const std::vector<std::string>& names) {
  return absl::StrJoin(names, ", ", [](std::string* out, const std::string& name) { *out += Name(name); });
}

std::string Where(const CellSpec& spec) { return Text(absl::StrCat(spec.program, ", ", SettingOf(spec)), 160); }

void AppendMore(std::string& page, size_t rows) {
  if (rows > kMaxRows) absl::StrAppend(&page, rows - kMaxRows, " more rows are in report.html.\n\n");
}

void AppendLocks(std::string& page, const std::vector<const CellResult*>& cells, const char* of) {
  if (cells.empty()) return;
  struct Stat {
    const CellResult* cell;
    const LockResult* lock;
  };
  struct Perf {
    const CellResult* cell;
    PerfRow row;
  };
  std::vector<Stat> stats;
  std::vector<Perf> perfs;
  for (const CellResult* cell : cells) {
    for (const LockResult& lock : cell->locks) {
      if (lock.instance.empty()) stats.push_back({cell, &lock});
    }
    for (PerfRow& row : PerfRowsOf({cell})) perfs.push_back({cell, std::move(row)});
  }
  std::stable_sort(stats.begin(), stats.end(), [](const Stat& a, const Stat& b) {
    return a.lock->stat.waittime_total_ns > b.lock->stat.waittime_total_ns;
  });
  std::stable_sort(perfs.begin(), perfs.end(),
                   [](const Perf& a, const Perf& b) { return a.row.total_ns > b.row.total_ns; });
  absl::StrAppend(&page, "As /proc/lock\\_stat", of, ", microseconds:\n\n");
  TextTable table({"strategy", "setting", "class name", "contentions", "waittime-max", "waittime-total", "waittime-avg",
                   "acquisitions", "holdtime-max", "holdtime-total", "holdtime-avg"});
  for (size_t i = 0; i < stats.size() && i < kMaxRows; ++i) {
    const LockStat& stat = stats[i].lock->stat;
    table.Add({Name(RowName(stats[i].cell->spec)), Where(stats[i].cell->spec), Name(StatNameOf(*stats[i].lock)),
               absl::StrCat(stat.contentions), Microseconds(stat.waittime_max_ns), Microseconds(stat.waittime_total_ns),
               Microseconds(stat.waittime_avg_ns), absl::StrCat(stat.acquisitions), Microseconds(stat.holdtime_max_ns),
               Microseconds(stat.holdtime_total_ns), Microseconds(stat.holdtime_avg_ns)});
  }
  table.AppendTo(page);
  AppendMore(page, stats.size());
  if (perfs.empty()) return;
  absl::StrAppend(&page, "As perf lock contention", of, ":\n\n");
  TextTable perf({"strategy", "setting", "contended", "total wait", "max wait", "avg wait", "type", "caller"});
  for (size_t i = 0; i < perfs.size() && i < kMaxRows; ++i) {
    const PerfRow& row = perfs[i].row;
    perf.Add({Name(RowName(perfs[i].cell->spec)), Where(perfs[i].cell->spec), absl::StrCat(row.contended),
              PerfTime(row.total_ns), PerfTime(row.max_ns), PerfTime(row.avg_ns()), Text(row.type, 40),
              Text(row.caller, 200)});
  }
  perf.AppendTo(page);
  AppendMore(page, perfs.size());
}

}  // namespace

void AppendAnswer(std::string& page, const RunResult& result) {
  const std::vector<Advice> all = MakeAdvice(result);
  const Overview overview = MakeOverview(result);
  for (const Advice& advice : all) {
    absl::StrAppend(&page, "- **", Text(advice.use), "** (", Text(advice.of), "): ", Text(advice.sentence, 1200), "\n");
    if (!advice.about.empty()) absl::StrAppend(&page, "  ", Name(advice.strategy), ": ", Text(advice.about), ".\n");
    absl::StrAppend(&page, "  Rests on: ", Text(advice.evidence, 1200), ".\n");
  }
  if (!all.empty()) page += "\n";
  if (overview.rows.empty()) return;
  std::vector<std::string> head = {"strategy", "convicted", "by"};
  if (overview.measured()) head.insert(head.end(), {"measured operations/s", "p99.9", "longest IRQs-off", "fairness"});
  TextTable table(head);
  for (const OverviewRow& row : overview.rows) {
    std::vector<std::string> by;
    for (const std::string& probe : row.convicted) {
      const bool all_guilty =
          std::find(overview.all_guilty.begin(), overview.all_guilty.end(), probe) != overview.all_guilty.end();
      if (row.control || !all_guilty) by.push_back(probe);
    }
    std::vector<std::string> cells = {
        absl::StrCat(Name(row.strategy), row.control ? " (control)" : ""),
        row.probes == 0 ? "not explored"
                        : absl::StrCat(row.convicted.size(), " of ", row.probes,
                                       row.unknown > 0 ? absl::StrCat(", ", row.unknown, " without a verdict") : ""),
        Names(by)};
    if (overview.measured()) {
      cells.insert(cells.end(), {ShortCount(row.cost.operations_per_s), Nanoseconds(row.cost.p999_ns),
                                 Nanoseconds(row.cost.irqs_off_max_ns), Ratio(row.cost.fairness)});
    }
    table.Add(std::move(cells));
  }
  table.AppendTo(page);
  if (!overview.all_guilty.empty()) {
    absl::StrAppend(&page, Names(overview.all_guilty), " convict every strategy, and are not listed again.\n\n");
  }
  const std::vector<HazardRow> hazards = MakeHazardRows(result);
  if (hazards.empty()) return;
  TextTable by_hazard({"hazard", "found in", "clean in", "no verdict"});
  for (const HazardRow& row : hazards) {
    const auto names = [](const std::vector<std::string>& list) {
      return list.size() > 6 ? absl::StrCat(list.size()) : list.empty() ? "–" : Names(list);
    };
    by_hazard.Add({Name(row.hazard), names(row.found), names(row.clean), names(row.unknown)});
  }
  by_hazard.AppendTo(page);
}

void AppendContention(std::string& page, const RunResult& result) {
  std::vector<const CellResult*> watched, modelled;
  for (const CellResult& cell : result.cells) {
    if (cell.locks.empty()) continue;
    (IsModelled(cell) || EvidenceOf(cell.spec) == Evidence::kExplored ? modelled : watched).push_back(&cell);
  }
  if (watched.empty() && modelled.empty()) page += "No cell of this run watched locks.\n\n";
  AppendLocks(page, watched, "");
  AppendLocks(page, modelled, " (modelled, in virtual time: compare it with no measurement)");
}

void AppendIrqsOff(std::string& page, const RunResult& result) {
  std::vector<const CellResult*> cells;
  for (const CellResult& cell : result.cells) {
    if (!cell.irqs_off_max.empty() && EvidenceOf(cell.spec) == Evidence::kMeasured) cells.push_back(&cell);
  }
  if (cells.empty()) return;
  std::stable_sort(cells.begin(), cells.end(), [](const CellResult* a, const CellResult* b) {
    return a->irqs_off_max.front().ns > b->irqs_off_max.front().ns;
  });
  page += "**Interrupts off**, the longest section of each measured cell:\n\n";
  TextTable table({"strategy", "setting", "longest IRQs-off", "context", "in"});
  for (size_t i = 0; i < cells.size() && i < kMaxRows; ++i) {
    const IrqsOffSection& section = cells[i]->irqs_off_max.front();
    table.Add({Name(RowName(cells[i]->spec)), Where(cells[i]->spec), Nanoseconds(section.ns), Text(section.context, 40),
               section.stack.empty() ? "–" : Text(CallerOf(section.stack), 200)});
  }
  table.AppendTo(page);
  AppendMore(page, cells.size());
}

void AppendAgreement(std::string& page, const RunResult& result) {
  const AgreementMatrix matrix = MakeAgreementMatrix(result);
  if (matrix.rows.empty()) return;
  absl::StrAppend(&page,
                  "## Agreement of the engines\n\nOf what the engine of a row convicts where that of the column was "
                  "exercised, so much the other convicts too; in ",
                  matrix.differ, " of ", matrix.rows.size(),
                  " questions one convicts and another, exercised, does not.\n\n");
  std::vector<std::string> head = {"engine"};
  for (const std::string& engine : matrix.engines) head.push_back(Name(engine));
  TextTable table(head);
  for (size_t row = 0; row < matrix.engines.size(); ++row) {
    std::vector<std::string> cells = {Name(matrix.engines[row])};
    for (size_t column = 0; column < matrix.engines.size(); ++column) {
      const AgreementMatrix::Share& share = matrix.shares[row][column];
      cells.push_back(row == column || share.of == 0 ? "–" : absl::StrCat(share.both, " of ", share.of));
    }
    table.Add(std::move(cells));
  }
  table.AppendTo(page);
}

}  // namespace cfgtorture::reports::markdown
