// harness/run/cells.h: runs the cells of a plan, each in a worker process of its own.
//
// Cells of the engine class `model` run several at a time, first; then tsan, then checked, then native, one at a time,
// since they use all CPUs and what they measure must not be disturbed.
#ifndef CFGTORTURE_HARNESS_RUN_CELLS_H_
#define CFGTORTURE_HARNESS_RUN_CELLS_H_

#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/result/run_result.h"
#include "harness/run/worker_process.h"

namespace cfgtorture::run {

struct CellsOptions {
  std::string worker_folder;  // where cfgtorture-model and its kin lie
  std::string source_folder;  // file names in findings are relative to it
  unsigned model_jobs = 2;    // model cells at a time
  bool share_cells = false;   // where there are fewer model cells than jobs, each is shared out (shares.h)
  bool keep_state = false;    // results hold what a later run needs to go on with them (CellResult::distinct_sketch)
  double silence_s = 20;      // see WorkerProcess::Options
  std::FILE* progress = nullptr;  // null: quiet
  bool progress_is_terminal = false;
  // Called at least once a second while something changes. The result that runs is valid then as it stands; of its
  // cells, these (indices, rising) are not what they were at the last call.
  std::function<void(const std::vector<size_t>& changed)> checkpoint;
};

struct CellsOutcome {
  std::vector<Ending> endings;                // of result.cells; kRunning: was not run
  std::map<std::string, std::string> traces;  // cell id -> rows of a recorded execution
  int signal = 0;                             // SIGINT or SIGTERM: the run was interrupted
};

// A cell that the run has not reached: RunCells() runs those, and only those, of result.cells.
bool IsPending(const CellResult& cell);
// Such a cell. `hazards` are listed as undecided until it has run.
CellResult PendingCell(const CellSpec& spec, const std::vector<std::string>& hazards);

// Runs every pending cell of `result`; one that holds executions already goes on (shares.h). SIGINT and SIGTERM end it
// early: running cells are stopped and keep what they have, the others stay not-run. Findings come back symbolised, one
// a fingerprint within a cell.
CellsOutcome RunCells(RunResult& result, const CellsOptions& options);

}  // namespace cfgtorture::run

#endif  // CFGTORTURE_HARNESS_RUN_CELLS_H_
