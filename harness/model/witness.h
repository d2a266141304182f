// harness/model/witness.h: from an execution that shows a finding to the one that is published: simpler, and with the
// orderings that it needs.
//
// Simpler: of a long execution, one of fewer rounds that shows the same; explore/minimise.h on the choices up to the
// finding, then fewer rounds and tasks where the program asks for any. The same finding is the same hazard at the same
// places of the code (of a race: in either order). Orderings: of accesses that conflict and of locks handed over, one
// after the other in the minimised schedule, each pair is run the other way round, the rest as before as far as it
// goes; a load that a weak memory gave an old value gets the newest. Where that turned them round and the finding is
// gone (of anything but a race: the hazard), "A before B, or it does not fail" is kept; the strongest of those that say
// the same.
//
// Bounded     kTries executions and kPoints scheduling points a finding, kCellPoints a cell; of those that are
//             recorded, which takes some twenty times as long, kRecordedPoints a finding: the same on every machine.
// Misses      orderings that cannot be turned round (a woken task after its waker) and those that need two changes.
#ifndef CFGTORTURE_HARNESS_MODEL_WITNESS_H_
#define CFGTORTURE_HARNESS_MODEL_WITNESS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "harness/explore/minimise.h"
#include "harness/model/findings.h"
#include "harness/model/recorder.h"
#include "harness/result/cell.h"

namespace cfgtorture::model {

struct Witnessed {
  Finding finding;
  std::vector<uint32_t> ranks;  // of its execution
  uint64_t trace_hash = 0;
  uint32_t ops = 0;
  uint32_t threads = 0;
};

// A pair whose order may matter: in the log of an execution, `before` came first.
struct OrderedPair {
  Access before, after;  // as told
  // Where they were, to be found again in another execution: the n-th event of its context at this place.
  struct Place {
    unsigned context;
    uintptr_t pc;
    uint64_t lock;  // 0: an access
    uint64_t nth;
    uint64_t order;
    uint64_t choices;
  } first, second;
  uint64_t last() const { return first.order > second.order ? first.order : second.order; }
  // It is not the store itself that must come later, but that it reaches who reads.
  void BecomeArrival() {
    old = true;
    after.what = "arrival at \"" + before.task + "\" of its " + after.what;
  }
  bool old = false;  // the first reads less than the second has written: it comes before that reaches it
};

class Witness {
 public:
  // What it needs of the cell. Run() is one execution that counts nowhere, by whoever chooses.
  struct Cell {
    std::function<void()> run;
    std::function<void(bool on)> record;
    std::function<void(uint32_t ops, uint32_t threads)> resize;
    std::function<void()> tell;  // that this takes long
  };
  explicit Witness(Cell cell) : cell_(std::move(cell)) {}
  // `threads_matter`: they are the program's number of tasks.
  void SetSize(uint32_t ops, uint32_t threads, bool threads_matter) {
    ops_ = ops;
    threads_ = threads;
    threads_matter_ = threads_matter;
  }

  // `ranks`: of the execution that has shown it. Nothing if that schedule, followed up to the finding, does not show it
  // again. Leaves the choices as they were.
  std::optional<Witnessed> Simplify(const BuiltFinding& found, const std::vector<uint32_t>& ranks);

  // Adds the orderings that it needs as it is, such as one that was minimised before, and rows for their accesses.
  // Leaves the choices as they were.
  void Explain(BuiltFinding& found, const std::vector<uint32_t>& ranks);

 private:
  void Run(explore::Explorer& explorer);
  explore::Trial Begin(const BuiltFinding& found, const std::vector<uint32_t>& ranks);
  uint64_t FarEnough(const explore::Trial& first) const;
  void End(explore::Explorer* before);
  explore::Trial Attempt(const explore::Schedule& schedule);
  explore::Trial Listen(explore::Explorer& explorer);
  bool LookInFewerRounds(explore::Trial& best);
  std::optional<Finding> Recorded(const explore::Schedule& schedule);
  bool Confirm(const explore::Schedule& schedule);
  void RunRecorded(const std::function<void()>& run);
  void Shrink(explore::Minimised& minimised);
  std::vector<OrderedPair> Orderings(const explore::Schedule& schedule);
  void AddOrderings(const explore::Schedule& schedule, Finding& finding);

  static constexpr uint64_t kTries = 5000;
  static constexpr uint64_t kPoints = 1'000'000;
  static constexpr uint64_t kCellPoints = 8'000'000;
  static constexpr uint64_t kRecordedPoints = 2'000'000;

  const Cell cell_;
  uint32_t ops_ = 0, threads_ = 0;
  bool threads_matter_ = false;
  uint64_t step_limit_ = 0;  // the cell's
  uint64_t cell_points_ = kCellPoints;
  explore::Budget budget_;
  uint64_t recorded_points_ = 0;  // that are left
  explore::GuidedExplorer guided_;
  BuiltFinding wanted_;
  bool turns_rounds_ = false;  // the program asks KeepGoing()
};

// Of a log of millions each takes seconds, and calls `tell` meanwhile. Pairs of the recorder's execution worth asking
// about, the closest first; at most `limit`.
std::vector<OrderedPair> PairsOf(const Recorder& log, size_t limit, const std::function<void()>& tell);
// The schedule in which second comes before first.
explore::Schedule TurnedRound(const std::vector<uint8_t>& chosen, const OrderedPair& pair);
// Of a pair that was turned round: the first reads less than the second has written before it.
std::optional<OrderedPair> UnseenIn(const Recorder& log, const OrderedPair& pair, const std::function<void()>& tell);
// Is second there without first before it?
bool IsTurnedRound(const Recorder& log, const OrderedPair& pair, const std::function<void()>& tell);

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_WITNESS_H_
