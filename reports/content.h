// reports/content.h: what a report shows, before it has a format: the tables that every renderer draws.
//
// Pure: a RunResult in, structures out, which point into it. Nothing here knows a strategy, workload or engine by name,
// beyond the three kinds of evidence that never share a column (Evidence).
#ifndef CFGTORTURE_REPORTS_CONTENT_H_
#define CFGTORTURE_REPORTS_CONTENT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/result/printable.h"
#include "harness/result/run_result.h"

namespace cfgtorture::reports {

// What it is about: accesses, and who waits for ever.
inline std::vector<Access> AccessesOf(const Finding& finding) {
  std::vector<Access> all = finding.accesses;
  all.insert(all.end(), finding.waiting.begin(), finding.waiting.end());
  return all;
}

// "0.25 before and 2.1 after"; "" if nobody said.
std::string LoadText(const Environment& environment);

// Explored: schedules of the model; a verdict holds for those. Watched: real threads under a checker; says what it saw.
// Measured: real threads, nothing but the code under test. Figures of two of them never share a column.
enum class Evidence : uint8_t { kExplored, kWatched, kMeasured };
Evidence EvidenceOf(const CellSpec& spec);

enum class Verdict : uint8_t { kNotApplicable, kClean, kNotExercised, kNotRun, kUndecided, kFound };  // worst last
enum class Agreement : uint8_t { kUnjudged, kAgrees, kDisagrees };                                    // worst last
const char* NameOf(Verdict verdict);
Verdict VerdictFrom(const std::string& name);  // as HazardOutcome::verdict has it; kUndecided if it is none

// One hazard under one strategy and program: the worst over the bridges. Found and unjudged: the table leaves it open,
// or says nothing of it.
struct HazardVerdict {
  std::string name;
  Verdict verdict = Verdict::kNotApplicable;
  Agreement agreement = Agreement::kUnjudged;
  Verdict differing = Verdict::kNotApplicable;  // from the table, if it disagrees; ...
  std::string expected;                         // ... what the table wanted
  std::string reason;
  uint64_t hits = 0;
  uint64_t opportunities = 0;
  int fewest_preemptions = -1;  // -1: unknown
  bool beside = false;          // neither the program nor the table asks for it: it happened to be found
};

// One strategy under one program, over its bridges and hazards: found if any hazard was, else clean if any was
// exercised; what differs from the table is told beside that (Difference()).
struct VerdictCell {
  Verdict verdict = Verdict::kNotRun;
  Verdict answer = Verdict::kNotRun;           // to what the program asks: what was found beside that apart
  Agreement agreement = Agreement::kUnjudged;  // of the hazards that the verdict is of; disagrees if any does
  std::vector<std::string> hazards;            // those that the verdict is of
  uint64_t hits = 0;
  uint64_t opportunities = 0;
  uint64_t executions = 0;
  uint64_t distinct = 0;
  bool exhausted = false;
  int fewest_preemptions = -1;  // -1: unknown
  std::string reason;           // why not exercised, not applicable, not run or at odds
  std::vector<const CellResult*> cells;
  std::vector<HazardVerdict> of;  // every hazard that the cell speaks of

  size_t Count(Verdict wanted) const;
  size_t Applicable() const { return of.size() - Count(Verdict::kNotApplicable); }
};

struct VerdictRow {
  std::string strategy;
  std::string summary;
  std::vector<VerdictCell> cells;  // a column each
};

struct VerdictColumn {
  std::string program;
  std::string flavour;
  std::string summary;
};

struct VerdictTable {
  Evidence evidence = Evidence::kExplored;
  std::vector<VerdictColumn> columns;
  std::vector<VerdictRow> rows;
  bool empty() const { return rows.empty(); }
};

// Rows in the order of the run, columns likewise. Empty if the run has no such cell. `accepts`: which cells count; all
// if it is empty.
VerdictTable MakeVerdictTable(const RunResult& result, Evidence evidence, const std::string& kind,
                              const std::function<bool(const CellSpec&)>& accepts = {});

// One column of `table` taken apart: a column for each hazard. Empty if no cell of it speaks of more than one.
VerdictTable ByHazard(const VerdictTable& table, size_t column);

// How often the table agreed, over all cells of the run.
struct AgreementCount {
  uint64_t agree = 0;
  uint64_t disagree = 0;
};
AgreementCount CountAgreement(const RunResult& result);

// What a hazard of a cell says of the expected table.
Agreement AgreementOf(const CellResult& cell, const std::string& hazard);

// The figures of one strategy under one workload. NaN where the run has none. Latencies are those of one operation, the
// same for all rows: percentiles over reads and resets together would say where the resets begin.
struct CostRow {
  std::string strategy;
  std::string setting;  // SettingOf()
  double operations_per_s;
  double p50_ns, p99_ns, p999_ns;
  double irqs_off_max_ns;
  double fairness;
  const CellResult* cell;
  uint64_t calls = 0;  // of that operation
};
struct CostTable {
  std::string workload;
  std::string summary;
  std::string operation;   // whose latencies the rows show: the most frequent one that all rows have
  std::string conditions;  // what was assumed: bridge latencies, scaled recovery times
  std::vector<CostRow> rows;
};
std::vector<CostTable> MakeCostTables(const RunResult& result);

// One cause, told once: the same fingerprint in the cells of one kind, which differ by their bridges.
struct FindingGroup {
  std::string anchor;  // "f12"
  std::string kind;    // one a hazard, strategy, program, flavour and engine
  const Finding* finding;
  std::vector<const CellResult*> cells;
  uint64_t count;  // over all cells
  bool disagrees;
  std::string repeat;  // the command that repeats it, or that likely finds it again
};
// Those at odds with the table first; then by strategy, explored probes before the rest, the simplest of a kind first.
std::vector<FindingGroup> GroupFindings(const RunResult& result);
// Which of them to show in detail where there is room for `max`: those at odds with the table; the simplest of each
// hazard, then of each strategy and hazard, strategies in turn and their rarest hazard first; then more, in turn. At
// most `of_a_kind` of a kind, and one of a cause.
std::vector<bool> Choose(const std::vector<FindingGroup>& findings, size_t max, size_t of_a_kind);
// "93 of 748 findings: ...; not shown: data-race 210, context 12", "" if all are shown.
std::string ChoiceText(const std::vector<FindingGroup>& findings, const std::vector<bool>& chosen);
// What a finding says, without what its hazard and its first access tell anyway.
std::string HeadlineOf(const Finding& finding);
// The frames to show: of several that are one inlined call at one address, the innermost.
std::vector<Frame> FramesOf(const Access& access);
// "task reader on CPU 1", "hardirq on CPU 0"; "" if unknown.
std::string WhoOf(const Access& access);
// "pci_lock, desc->lock", "none"; libtsan and the emulated hardware do not know locks, and that is not none.
std::string LocksOf(const Access& access, Evidence evidence);

// What the run did not do, one line each; cells of one reason share a line.
std::vector<std::string> LeftOut(const RunResult& result);

// It was made to try claims: what became of them is its answer. With a control, claims were merged into another run's.
bool IsAboutClaims(const RunResult& result);

// The answer in one sentence, from the counts of the explored probes; a second one says how far to trust it.
std::string Answer(const RunResult& result);
std::string Trust(const RunResult& result);

// Which row of a table a cell belongs to.
const std::string& RowName(const CellSpec& spec);
// "x86, 2 threads, rt": what it was run under; "run 1a2b3c4d" where a merged result keeps the runs apart.
std::string SettingOf(const CellSpec& spec);
// "1a2b3c4d": which of the runs of a merged result (harness/run/merge.h) the cell is of, where that matters; else "".
std::string RunOf(const CellSpec& spec);
// Neither the table nor the program of `cell` asks for the hazard: if it was found, it happened to be.
bool IsBeside(const RunResult& result, const CellResult& cell, const std::string& hazard);

// Numbers for people: "81.2k", "81,234", "1.25 µs", "–" for NaN.
std::string ShortCount(double value);
std::string ExactCount(uint64_t value);
std::string Nanoseconds(double ns);
std::string Ratio(double value);

// "found 812x, fewest preemptions 1", "clean for 81.2k executions": the figures of a cell in words, hazard by hazard.
std::string Figures(const VerdictCell& cell);
// "found", "clean"; of a cell that speaks of several hazards "found 2 of 7", "clean 5 of 7".
std::string Headline(const VerdictCell& cell);
// Why a finding of the hazard in the cell is no alarm: the table expects it or allows it, the gate's baseline has it,
// or nobody judges findings there; "" if it is one. What a gate calls regressed is one whatever the table allows.
std::string WhyNoAlarm(const RunResult& result, const CellResult& cell, const std::string& hazard);
// "deadlock is clean, expected found": the first hazard that differs from the table; "" if none does.
std::string Difference(const VerdictCell& cell);
// "torn-pair 65.2k×": what was found, the most frequent `max` of several hazards, then "2 more". Last the one hazard
// that the program asks for, if it is clean and what was found stands beside it.
std::vector<std::string> FoundHazards(const VerdictCell& cell, size_t max);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_CONTENT_H_
