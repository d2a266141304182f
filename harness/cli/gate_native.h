// harness/cli/gate_native.h: base and change side by side on real threads: pairs of runs, as many as the budget takes.
//
// A lane is a CPU of the host, pinned for its runs alone, and there are at most two. A lane takes a pair, base then
// change or change then base in turn, and then another; lanes work on different cells. Cells are admitted in their
// order as far as the budget lets each have enough pairs, by what pairs have taken so far; what is left out is said.
//
// Screening  each cell is looked at with one pair first, for at most 40 % of the budget; those that seem slower are
//            measured first, since the budget may not take all. That pair decides nothing.
// Rate       first series until 70 % of the budget; the rest for second series of what is suspected, which one cell
//            gets whatever the budget says, for more pairs of what is undecided, and then for more cells.
// Looks twice at what is undecided: after each further pair. What that adds to the error, the second series takes away,
//            whose length is fixed.
#ifndef CFGTORTURE_HARNESS_CLI_GATE_NATIVE_H_
#define CFGTORTURE_HARNESS_CLI_GATE_NATIVE_H_

#include <cstdio>
#include <string>
#include <vector>

#include "ci/gate/native.h"
#include "harness/result/run_result.h"

namespace cfgtorture::cli {

struct NativeSide {
  std::string worker;  // executable
  std::string plugin;  // plain build
};

struct NativePlan {
  NativeSide base, change;
  std::vector<CellSpec> cells;  // the change's; ids, strategies, workloads; the first matter most
  double budget_s = 8;
  ci::NativeRule rule;
  std::FILE* progress = nullptr;
  bool progress_is_terminal = false;
};

struct NativeOutcome {
  std::vector<GateRow> rows;
  std::vector<std::string> left_out;
  int signal = 0;  // SIGINT or SIGTERM
  double wall_s = 0;
};

NativeOutcome CompareNative(const NativePlan& plan);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_GATE_NATIVE_H_
