// harness/cli/claim.h: a claim as its file says it (workloads/claims/*.json): who said what, which cells are run, and
// the rules that turn what they measured into an outcome. No outcome stands in a file without a condition.
//
//   {"id": "C99", "who": "...", "where": "...", "statement": "...", "experiment": "...",
//    "cells": {"LABEL": {"strategy": "...", "probe": "...", "executions": 10000}, ...},
//    "decides": [{"outcome": "refuted", "if": ["LABEL found lost-wakeup", ...], "because": "..."}, ...]}
//
// A claim that no experiment decides has "not_tested": "why" in place of the last three. The first rule all of whose
// conditions hold gives the outcome; if there is none, the claim is undecided. A condition is one of
//   LABEL found|clean|not-found|not-exercised HAZARD     the verdict of a cell; not-found: whatever else it is
//   LABEL found-each HAZARD                              found in each of its repetitions: not by chance
//   LABEL FIGURE >=|<= NUMBER                            a figure of a cell
//   LABEL / LABEL FIGURE >=|<= NUMBER                    the ratio of two
// A figure holds only if its whole 95 % interval does, and not if that is so wide that it says nothing. Of real threads
// that ended fewer than 5 operations no figure is known, and a rule that fails by nothing else leaves the claim
// undecided. It is a metric of the cell by its name, or one of wall_s, share-of:HAZARD (of the executions),
// rate-of:HAZARD (a second), wait-share:LOCK (of the tasks' time).
#ifndef CFGTORTURE_HARNESS_CLI_CLAIM_H_
#define CFGTORTURE_HARNESS_CLI_CLAIM_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "harness/cli/selection.h"
#include "harness/result/run_result.h"

namespace cfgtorture::cli {

struct ClaimCell {
  std::string label;
  SelectionOptions selection;  // one strategy, one program
  CellSpec spec;               // engine, explorer, sizes
  unsigned repetitions = 1;
};

struct ClaimCondition {
  std::string text;  // as the file has it
  std::string cell;
  std::string verdict;  // one of the above; "" for a figure
  std::string hazard;
  std::string to;  // the cell under the line; "" for a figure of one
  std::string figure;
  bool at_least = true;
  double bound = 0;
};

struct ClaimRule {
  std::string outcome;  // borne out, refuted, it depends
  std::vector<ClaimCondition> conditions;
  std::string because;
};

struct Claim {
  std::string id, who, where, statement, experiment;
  std::string not_tested;  // why; "" where there are rules
  std::vector<ClaimCell> cells;
  std::vector<ClaimRule> rules;
};

// One JSON object after the other. Errors: one line with file, member, value and what was expected.
absl::StatusOr<std::vector<Claim>> ParseClaims(std::string_view text, const std::string& path);
absl::StatusOr<std::vector<Claim>> LoadClaims(const std::string& path);
// The files of workloads/claims, as they were when this was built; by number.
absl::StatusOr<std::vector<Claim>> BuiltInClaims();

// What was measured: label -> its cells, a repetition each.
using MeasuredCells = std::map<std::string, std::vector<const CellResult*>>;
// All but the ids of the cells.
ClaimResult Decide(const Claim& claim, const MeasuredCells& measured);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_CLAIM_H_
