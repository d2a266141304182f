// reports/pair.h: two results of the same cells beside each other: what has changed in what was found, and by how much
// in what was measured.
#ifndef CFGTORTURE_REPORTS_PAIR_H_
#define CFGTORTURE_REPORTS_PAIR_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/result/run_result.h"
#include "reports/content.h"

namespace cfgtorture::reports {

// A hazard of a cell that both have, whose verdict differs.
struct VerdictChange {
  std::string cell, hazard;
  Verdict before, after;                // kNotRun: one of them does not list it
  std::string text_before, text_after;  // the verdict; "not seen" of a cell that does not list what it did not see
  std::string strength_before, strength_after;
};

// A figure of a cell that both measured. The interval holds what varied within the two runs: 95 %, from their own.
struct RatioRow {
  std::string strategy, setting, figure;
  double before, after;
  double ratio;      // after / before
  double low, high;  // NaN: the run has no interval for it
  bool differs() const { return low > 1 || high < 1; }
};

struct Pair {
  std::vector<std::string> differences;  // "build: a, b": of the runs themselves; empty: they should agree
  bool same_machine = true;
  std::vector<VerdictChange> changes;  // newly found first, then what is found no more, then the rest
  std::vector<std::pair<std::string, std::string>> status;  // of cells that were not done in one of them
  uint64_t same = 0;                                        // verdicts that agree
  size_t paired = 0;                                        // cells
  std::vector<std::string> only_before, only_after;         // cells
  std::vector<RatioRow> ratios;                             // those that differ first, by how much
  // By fingerprint; they point into the two results. Of cells that the other did not run, how many by strategy.
  std::vector<FindingGroup> new_findings, gone;
  std::map<std::string, size_t> not_run_before, not_run_after;
};
Pair MakePair(const RunResult& before, const RunResult& after);

// One line: what a reader has to know first.
std::string AnswerOf(const Pair& pair);
// "12 findings are of cells that were not run in B: rwsem 12", "" if there are none.
std::string NotRunText(const std::map<std::string, size_t>& by_strategy, const char* which);
// "1.25 (1.21 to 1.29)", "1.25, no interval".
std::string RatioText(const RatioRow& row);

}  // namespace cfgtorture::reports

#endif  // CFGTORTURE_REPORTS_PAIR_H_
