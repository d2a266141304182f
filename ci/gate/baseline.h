// ci/gate/baseline.h: what a tree says of itself (ci/baseline.json): verdicts and model figures, by toolchain.
//
// Kept in the tree beside the code, so that a change and what it changes here are one commit. A file has one line a
// cell, sorted: its diff is what a reviewer reads. Another compiler makes other instrumented code, and so other
// figures: each has its own part, and none is compared with another's.
#ifndef CFGTORTURE_CI_GATE_BASELINE_H_
#define CFGTORTURE_CI_GATE_BASELINE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "harness/result/run_result.h"

namespace cfgtorture::ci {

struct BaselineCell {
  std::map<std::string, std::string> verdicts;  // hazard -> found, clean, not-exercised, not-applicable
  std::map<std::string, double> figures;        // figures.h
  // How it was looked for, and for how long: what another run says is a change of the code only if it looked alike.
  std::string run = {};     // "random, sc, until found"; "": a baseline of before it was kept
  uint64_t executions = 0;  // its limit; of a run that had none, those that it came to
  bool operator==(const BaselineCell&) const = default;
};
using BaselineCells = std::map<std::string, BaselineCell>;  // by CellSpec::id

struct Baseline {
  // Toolchain -> plan ("quick", "full") -> cells.
  std::map<std::string, std::map<std::string, BaselineCells>> toolchains;
  // Null if there is none.
  const BaselineCells* Find(const std::string& toolchain, const std::string& plan) const;
};

// "g++ 12.2.0, x86_64, RelWithDebInfo".
std::string ToolchainOf(const Environment& environment);

// How the cell was looked for, as a BaselineCell keeps it, without verdicts and figures.
BaselineCell LookOf(const CellResult& cell);

// Cells of the engine class model that were run; an undecided verdict is none.
BaselineCells CellsOf(const RunResult& result);

// Errors: one line with path and what is wrong. Load: NotFound if there is no such file.
absl::StatusOr<Baseline> ParseBaseline(std::string_view text, std::string_view path);
absl::StatusOr<Baseline> LoadBaseline(const std::string& path);
std::string Serialize(const Baseline& baseline);

// What differs, a line each, in words: "+ CELL", "- CELL", "  CELL: FIGURE 12 -> 13 (+8.3%)".
std::vector<std::string> Diff(const BaselineCells& before, const BaselineCells& after);

}  // namespace cfgtorture::ci

#endif  // CFGTORTURE_CI_GATE_BASELINE_H_
