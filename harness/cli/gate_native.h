// harness/cli/gate_native.h: base and change side by side on real threads: pairs of runs, as many as the budget takes.
//
// A lane is a CPU of the host, and there are at most two. It starts two workers, the base's and the change's, for one
// cell, and lets them take turns, a slice of some hundred operations each, while the other stands still; who goes first
// alternates from pair to pair. Two slices are a pair, nine pairs a series. Cells have their turn in the plan's order;
// what the budget had no time for is said.
//
// Order      second series of what is suspected, by workers of their own; first series, until 70 % of the budget; more
//            pairs, by other workers, of what is undecided; then further cells.
// Looks again at what is undecided: at most three times. What that adds to the error, the second series takes away.
// Misses     what the layout of one process does to it: measured, two workers of one build differ by less than 1 %
//            (ci/WHY.md), of which the rule asks 10; and what is suspected is measured with others.
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
  size_t differ = 0;            // of them, the first ones: their machine code does; for people
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
