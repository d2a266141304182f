// harness/result/run_result.h: the whole result of one run, and its file (result.schema.json describes it).
//
// All that is ever shown is rendered from this. A partial result, of an interrupted run, is as valid as a whole one.
#ifndef CFGTORTURE_HARNESS_RESULT_RUN_RESULT_H_
#define CFGTORTURE_HARNESS_RESULT_RUN_RESULT_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "harness/result/catalogue.h"
#include "harness/result/cell.h"
#include "harness/result/text_file.h"

namespace cfgtorture {

inline constexpr std::string_view kResultSchema = "cfgtorture-result-1";

struct Tool {
  std::string version;
  std::string build_id;  // of the code under test and the tool: equal ids replay each other's tokens
};

struct Environment {
  std::string os;            // "Debian GNU/Linux 12 (bookworm)"
  std::string kernel;        // "Linux 6.1.0-18-amd64"
  std::string architecture;  // "x86_64"
  std::string cpu_model;
  uint32_t cpus = 0;  // that this process may use
  uint64_t memory_bytes = 0;
  std::string compiler;
  std::string build_type;
  std::string started_utc;  // ISO 8601
  // How many ran or wanted to in the last minute, before the first cell and after the last; -1: nobody said.
  double load_before = -1;
  double load_after = -1;
};

// A hazard of a cell whose verdict is not the one of the table.
struct Disagreement {
  std::string cell;  // CellSpec::id
  std::string hazard;
  std::string verdict;   // of this run
  std::string expected;  // of the table
  std::string reason;    // of the table
};

// The strategy that must be convicted, or the run proves nothing. Empty strategy: this run has none.
struct Control {
  std::string strategy;
  std::vector<std::string> must_find;  // hazards
  std::vector<std::string> missing;    // those that no cell of it found
};

struct Summary {
  std::string outcome = "incomplete";  // holds, differs, found, regressed, moved, failed, undecided, interrupted;
                                       // incomplete: still running
  int exit_status = 4;
  std::string text;                       // one line: why this outcome
  std::map<std::string, uint64_t> cells;  // status -> how many
  uint64_t findings = 0;
  double wall_s = 0;
  Control control;
  std::vector<Disagreement> disagreements;
  std::vector<std::string> left_out;  // what this run did not do, one line each
};

// What a program is without one order, lock, wake-up or IRQs-off section of its own (cfgtorture audit).
struct AuditRow {
  std::string kind, what;  // as AuditSite
  std::string instead;     // the order in its place, "none" for a fence; "left out"
  std::string file, function;
  int line = 0;
  std::vector<std::string> programs;  // that pass the place: "STRATEGY/PROGRAM"
  std::string verdict;                // needed, spare (not needed within this bound), undecided
  std::string reason;                 // spare: why it stays, "" if nobody has said; undecided: why
  uint64_t executions = 0;            // of all programs
  // Needed: what came of it, in the simplest schedule seen.
  std::string hazard, title, shown_by, token;
  int preemptions = -1;
  uint64_t executions_to_first = 0;
  std::vector<Step> schedule;
};

// What an experiment has shown of a claim: a verdict of a cell, a figure, or a ratio of two.
struct ClaimFigure {
  std::string what;                // the condition that it decides: "A found lost-wakeup"
  std::string text;                // what was measured
  std::vector<std::string> cells;  // ids; of a ratio two
  std::string token;               // of the simplest finding, "" if there is none
};

// A statement of somebody's, and what became of it when it was tried (cfgtorture claims).
struct ClaimResult {
  std::string id, who, where, statement, experiment;
  std::string outcome;  // borne out, refuted, it depends, undecided, not tested
  std::string because;
  std::vector<ClaimFigure> figures;
  std::vector<std::string> cells;  // ids
};

// What a gate says of one verdict, figure or measurement (ci/gate/gate.h); without cell and what: of a part as a whole.
struct GateRow {
  std::string part;           // verdicts, figures, cells, determinism, native
  std::string cell;           // CellSpec::id; of a mean over cells their strategy
  std::string what;           // hazard, figure, operation
  std::string outcome;        // holds, regressed, moved, undecided, failed
  std::string before, after;  // of the baseline, or the base's build; of this run. "": none
  double change = 0;          // of after to before, less 1
  double low = 0, high = 0;   // its interval, of what was measured; both 0: none
  double threshold = 0;       // that it was held against
  std::string text;           // why
  std::string decide;         // what would decide it, or is to be done; "" if it holds
};

struct RunResult {
  std::string schema{kResultSchema};
  Tool tool;
  Environment environment;
  std::vector<std::string> command;  // the words of the command line
  uint64_t seed = 1;
  Catalogue catalogue;              // of the plug-in, for the one-line summaries
  std::vector<CellResult> cells;    // in the order of the plan
  std::vector<AuditRow> audit;      // by place; of `cfgtorture audit` alone
  std::vector<ClaimResult> claims;  // of `cfgtorture claims` alone
  std::vector<GateRow> gate;        // of `cfgtorture gate` alone
  Summary summary;
  // Of a merged result, the runs that it is made of (harness/run/merge.h); they are of one machine and day each, and
  // have none themselves.
  std::vector<RunResult> runs;
};

void to_json(Json& json, const RunResult& result);
void from_json(const Json& json, RunResult& result);

// One line for people: the command with its words quoted where a shell needs it.
std::string CommandLine(const std::vector<std::string>& words);

// JSON text, indented by one space. Bytes that are not UTF-8 are replaced.
std::string Serialize(const RunResult& result);

// The text that Serialize() makes, of a result that changes a few cells at a time: the others' text is kept. A long run
// writes itself down every second, and with 1,600 cells that is 24 MB.
class ResultText {
 public:
  // `changed`: cells whose fields may differ from the last call's; new ones at the end need not be named.
  std::string Of(const RunResult& result, const std::vector<size_t>& changed);

 private:
  std::vector<std::string> cells_;
};

// Errors: one line with path and what is wrong. Another schema is refused by name.
absl::StatusOr<RunResult> Parse(std::string_view text, std::string_view path);
// Load: of a folder, which --out named, its result.json.
absl::StatusOr<RunResult> Load(const std::string& path);

// As SaveText() does.
absl::Status Save(const RunResult& result, const std::string& path);

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_RESULT_RUN_RESULT_H_
