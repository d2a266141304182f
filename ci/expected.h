// ci/expected.h: the expected verdicts (expected_verdicts.json, README.md there) as data, and how a run agrees with
// them.
//
// The table is written by hand from the facts; no part of it is derived from what a strategy declares.
#ifndef CFGTORTURE_CI_EXPECTED_H_
#define CFGTORTURE_CI_EXPECTED_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "harness/result/hazard.h"

namespace cfgtorture::ci {

// What the table asks of one hazard in one cell.
enum class Want : uint8_t {
  kNothing,        // the table has no such cell: nothing is expected
  kFound,          // must be found
  kClean,          // must be absent, with opportunities seen
  kNotApplicable,  // cannot occur: must be absent, whether or not it was run
  kMayBeFound,     // a known consequence of what the cell is about: no verdict either way
  kAbsent,         // not what the cell is about: must be absent
};

struct Expectation {
  Want want = Want::kNothing;
  std::string_view reason;  // of the cell, with its source; lives as long as the table
};

enum class Agreement : uint8_t {
  kAgrees,
  kDisagrees,
  kUndecided,  // the run cannot tell: undecided or not run
  kUnjudged,   // nothing was expected, or both are fine
};

struct ExpectedCell {
  std::string strategy;
  std::string probe;
  std::string flavour;               // preempt, rt, voluntary
  std::vector<std::string> bridges;  // where it holds; empty: all
  Want want = Want::kClean;          // kFound, kClean or kNotApplicable
  std::vector<Hazard> hazards;       // what `want` speaks of
  std::vector<Hazard> may_find;      // consequences that carry no verdict
  std::string reason;
};

class Expected {
 public:
  // What a run of `probe` under `strategy` must say of `hazard`. Cost: linear in the table.
  Expectation Of(std::string_view strategy, std::string_view probe, std::string_view bridge, std::string_view flavour,
                 Hazard hazard) const;

  // The same for a workload, whose verdict must agree with the probes or be "not exercised": kMayBeFound where some
  // probe must or may find the hazard in this strategy and flavour, unless another says that it cannot occur on this
  // bridge; else kNotApplicable where one says so, else kAbsent; kNothing for an unknown strategy.
  Expectation InWorkload(std::string_view strategy, std::string_view bridge, std::string_view flavour,
                         Hazard hazard) const;

  // Why a workload need not exercise a hazard that it names; "": it should.
  std::string_view WhyNotExercised(std::string_view workload, Hazard hazard) const;

  // The strategy without which a run proves nothing (exit 3), and the hazards that it must be convicted of.
  const std::string& control() const { return control_; }
  const std::vector<Hazard>& control_hazards() const { return control_hazards_; }

  const std::vector<ExpectedCell>& cells() const { return cells_; }

 private:
  friend absl::StatusOr<Expected> ParseExpected(std::string_view text, std::string_view path);

  std::string control_;
  std::vector<Hazard> control_hazards_;
  struct NotExercised {
    std::string workload;
    std::vector<Hazard> hazards;
    std::string reason;
  };
  std::vector<ExpectedCell> cells_;
  std::vector<NotExercised> not_exercised_;
};

// Does a verdict of a run (found, clean, not-exercised, not-applicable, undecided) agree with what was wanted?
// "not-exercised" never agrees with kClean: a cell without opportunities is not shown as clean.
Agreement Judge(Want want, std::string_view verdict);

// The word for HazardOutcome::expected: "found", "clean", "not-applicable", "absent", "may-be-found", "".
std::string_view NameOf(Want want);

// Errors: one line with path, cell and what was expected. `path` is for messages only.
absl::StatusOr<Expected> ParseExpected(std::string_view text, std::string_view path);
absl::StatusOr<Expected> LoadExpected(const std::string& path);

// The table that this build carries: the text of ci/expected_verdicts.json.
absl::StatusOr<Expected> BuiltInExpected();

}  // namespace cfgtorture::ci

#endif  // CFGTORTURE_CI_EXPECTED_H_
