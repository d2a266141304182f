// harness/explore/minimise.h: from a schedule that shows a finding to a simpler one that shows it too.
//
// Algorithm   delta debugging (Zeller, Hildebrandt, IEEE TSE 28, 2002) over the segments of the schedule, leaving them
//             out and then letting them run until they wait; one segment after another until nothing helps: leave it
//             out, let it run until it waits, join it with the next of its context, there or here (the moves of Jalbert
//             and Sen's Tinertia, FSE 2010); then a walk of moves drawn from a fixed seed, among schedules with as many
//             preemptions, and all that again once it meets a better one. A pure structure: it asks `attempt` what a
//             schedule does.
// Guarantees  each step lowers the cost, so it ends, and never returns what costs more than it was given. `complete`:
//             no single move from here lowers it. The same input gives the same output.
// Departs     1-minimal under these moves, which need not be the fewest preemptions there are: dfs with a bound tells.
// Bounded     by a number of tries and of scheduling points, not by time: what it finds must not depend on the machine.
#ifndef CFGTORTURE_HARNESS_EXPLORE_MINIMISE_H_
#define CFGTORTURE_HARNESS_EXPLORE_MINIMISE_H_

#include <compare>
#include <cstdint>
#include <functional>

#include "harness/explore/guided.h"

namespace cfgtorture::explore {

// What a person has to follow, the worst first. Up to the finding.
struct Cost {
  uint64_t preemptions = 0;  // and interrupts
  uint64_t clock_steps = 0;
  uint64_t answers = 0;   // of weak memory: older stores read, stores that drain
  uint64_t switches = 0;  // segments
  uint64_t points = 0;
  auto operator<=>(const Cost&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 misreads it
};

struct Trial {
  bool found = false;
  Cost cost;
  Schedule taken;       // until the finding
  uint64_t points = 0;  // that it took to try
};

struct Budget {
  uint64_t tries = 0;
  uint64_t points = 0;
  uint64_t tried = 0;  // so far; tries are none where the points have run out
};

struct Minimised {
  Trial best;
  bool complete = false;
};

// `best` shows the finding. `confirm` is asked about each schedule that would replace it, and may take longer. Takes
// what it uses off `budget`.
Minimised Minimise(Trial best, const std::function<Trial(const Schedule&)>& attempt,
                   const std::function<bool(const Schedule&)>& confirm, Budget& budget);

}  // namespace cfgtorture::explore

#endif  // CFGTORTURE_HARNESS_EXPLORE_MINIMISE_H_
