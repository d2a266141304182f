// harness/explore/trace.h: the steps of one execution, what each touched, and which happened before which.
//
// A step is what a context does from one scheduling point to the next; but where it waits, without a point, for what
// has come already (a join, a park), a step of its own begins: what it did before is not ordered by that wait. If all
// that it did before was to wait, as who joins several tasks, it waits for all that at once. Two steps depend on each
// other if they touch one object and one of them writes it; happens-before is the least order that holds program order
// and the order of dependent steps (Mazurkiewicz traces).
//
// Spinning    an iteration of a spin loop that only looks at one place, once, and then looks again is no event: its
//             step is erased, so that a lock's waiter counts as blocked, not as reading over and over (the await of
//             GenMC and of Nidhugg). Which loops are so is learned for each from its first repetition. What looks at
//             more is of steps like any other, for others may come in between; and so is the last look of who never
//             gets on.
// Sections    where a section of a CPU begins, a handler or what has interrupts or preemption off, matters to each step
//             of the CPU's other contexts, though they touch nothing in common: if it waits, they are kept from what it
//             may wait for.
// Awaits      a value that once made a context go round again will do so whenever the context has seen the same values
//             before: such a read cannot be moved to before the write that ended the wait. Its order with what that
//             write comes after, as the acquisition before the release, is another matter, and a race of its own.
#ifndef CFGTORTURE_HARNESS_EXPLORE_TRACE_H_
#define CFGTORTURE_HARNESS_EXPLORE_TRACE_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "harness/explore/explorer.h"

namespace cfgtorture::explore {

inline constexpr int kNone = -1;

inline bool Overlap(const Touch& a, const Touch& b) {
  return a.object < b.object + b.size && b.object < a.object + a.size;
}
inline bool Conflict(const Touch& a, const Touch& b) { return (a.write || b.write) && Overlap(a, b); }
inline bool Conflict(std::span<const Touch> some, std::span<const Touch> others) {
  for (const Touch& a : some) {
    for (const Touch& b : others) {
      if (Conflict(a, b)) return true;
    }
  }
  return false;
}

class Trace {
 public:
  struct Step {
    uint64_t enabled = 0, excluded = 0;
    uint64_t history = 0;  // what its context had seen before it, as a hash
    uint32_t touches = 0;  // index of the first; those of a step are adjacent
    int previous = kNone;  // step of the same context
    int next = kNone;      // the same
    int node = kNone;      // the explorer's
    uint8_t context = 0;
    bool held = false;  // goes on with the exclusive section of `previous`
    bool erased = false;
    bool ends = false;     // the program: depends on every other
    bool begins = false;   // a section, which keeps the others of its CPU off it
    bool goes_on = false;  // in the turn of the step before it, from where it need not wait: no choice lies between
  };
  // A pair of dependent steps that could have been the other way round.
  struct Race {
    uint32_t first, second;
  };

  // Where it can be taken back to, while it has not been taken back further.
  struct Mark {
    uint32_t steps = 0, touches = 0, erasures = 0, states = 0;
    uint32_t slots = 0;
  };

  Trace();
  void Begin();
  Mark Now();
  void BackTo(const Mark& mark);
  void AddContext(unsigned context, unsigned cpu);
  // The turn's current context has come to its next step, maybe in the middle of a section.
  void Arrive(const Turn& turn) {
    ContextState& own = contexts_[turn.current];
    own.held = turn.held;
    if (turn.held && own.last != kNone && !steps_[static_cast<size_t>(own.last)].held) {
      steps_[static_cast<size_t>(own.last)].begins = true;
    }
  }
  bool held(unsigned context) const { return contexts_[context].held; }
  void AddStep(uint64_t enabled, uint64_t excluded, unsigned chosen, int node);
  void AddTouch(const Touch& touch);
  void Learn(uint64_t value);
  void SpinEnds(uintptr_t site);
  // The execution has ended: who has looked in vain then did look.
  void KeepLastLooks();
  // The last step was the program's, and each of `enabled` could have taken another one: which is added, without
  // touches, as coming after the end. The other way round, it comes before.
  void Ends(uint64_t enabled);

  size_t size() const { return steps_.size(); }
  const Step& step(size_t i) const { return steps_[i]; }
  const Step& last() const { return steps_.back(); }
  unsigned cpu(unsigned context) const { return cpu_[context]; }
  std::span<const Touch> touches(size_t i) const {
    if (steps_[i].erased) return {};
    const size_t end = i + 1 < steps_.size() ? steps_[i + 1].touches : touches_.size();
    return {touches_.data() + steps_[i].touches, end - steps_[i].touches};
  }
  // The first step of the turn that `i` is in.
  size_t TurnOf(size_t i) const {
    while (steps_[i].goes_on) --i;
    return i;
  }
  // The first step after the turn that `i` is in.
  size_t AfterTurnOf(size_t i) const {
    while (++i < steps_.size() && steps_[i].goes_on) {
    }
    return i;
  }
  // A loop has been learned, or was misjudged: what was explored without the knowledge has to be explored again.
  bool misjudged() const { return misjudged_; }
  void ForgetMisjudged() { misjudged_ = false; }

  // Orders the steps; `races` gets those whose second is at `from` or later. Steps before it were there at the last
  // call.
  void Order(size_t from, std::vector<Race>& races);
  // Is the last store to `object` before the step that goes on now, by more than that step's own accesses? As long as
  // it is not known better, yes.
  bool LastStoreIsBefore(uint64_t object);

  // After Order().
  bool Before(size_t i, size_t j) const { return clocks_[j][Slot(steps_[i].context)] > i; }
  // What can run instead of `first` to have the two the other way round: steps after `first` that do not happen after
  // it, up to `second`, which comes last. It can begin with any of `initials` (of source sets). If a context among them
  // is kept off its CPU by a section that cannot end before `first` does, it is `excluded`, and there is no such way.
  struct Reversed {
    uint64_t initials = 0;
    int excluded = kNone;
  };
  Reversed Reverse(size_t first, size_t second);
  // A number for the trace: the same for all its linearisations. After Order().
  uint64_t Hash() const;

 private:
  static constexpr unsigned kSlots = 64;
  using Clock = std::array<uint32_t, kSlots>;  // of each context, 1 + its latest step that happened before
  // Of a touch: its step, and the touch before it of the same eight bytes.
  struct Link {
    uint32_t step;
    int previous;
  };
  enum class Spin : uint8_t { kUnknown, kLooksOnce, kIsOfSteps };
  struct ContextState {
    int last = kNone;       // step
    int iteration = kNone;  // last step of the iteration before,
    uintptr_t loop = 0;     // and of which loop
    uint64_t history = 0;
    uintptr_t spins_at = 0;  // an iteration ended there, and the next has not begun
    uint64_t expects = 0;    // object that it should begin with: its step has been erased already
    int spun = kNone;        // that one
    bool held = false;       // at the scheduling point where it is
  };

  struct Place {
    uint64_t name = 0;
    int last_touch = kNone;
  };
  static uint64_t PlaceOf(const Touch& touch);
  Place& EntryOf(uint64_t place);
  int LastTouchOf(uint64_t place);
  void Join(Clock& clock, const Clock& other) const {
    for (unsigned s = 0; s < slots_; ++s) clock[s] = std::max(clock[s], other[s]);
  }
  // Eight at a time, which needs no call.
  void Copy(Clock& to, const Clock& from) const {
    for (unsigned s = 0; s < slots_; s += 8) std::memcpy(&to[s], &from[s], 8 * sizeof(to[0]));
  }
  void OrderStep(size_t j, bool ask, std::vector<Race>& races);
  bool ByCpu(const Step& a, const Step& b) const;
  void OrderOnCpu(size_t j, bool ask, std::vector<Race>& races);
  uint64_t Initials(size_t first, size_t second) const;
  int Complete(size_t first, size_t second);
  static unsigned Slot(unsigned context) { return context == kClockStep ? 0 : context + 1; }
  static uint64_t AwaitKey(const Step& step, const Touch& touch, uint64_t value);
  void Looks(ContextState& own, uint64_t object);
  int Trailing(const ContextState& own, int at) const;
  bool LooksTwice(const ContextState& own, uintptr_t site, int look) const;
  void Erase(ContextState& own, int look);
  // Would `waiter`, the touch of `step`, still have waited before `write`?
  enum class Wait { kNo, kYes, kMaybe };
  Wait Waited(const Step& step, const Touch& waiter, const Touch& write) const;

  std::vector<Step> steps_;
  std::vector<Touch> touches_;
  std::vector<Link> links_;    // of touches
  std::vector<Place> places_;  // by hash; a place of the same hash takes the entry
  bool links_tell_ = true;     // which touches overlap: none lies across two places
  std::vector<Clock> clocks_;  // of the first ordered_ steps
  size_t ordered_ = 0;
  std::vector<uint8_t> chosen_;       // by Reverse(), of the steps after the first of the two
  std::vector<uint32_t> erasures_;    // steps, in the order in which they were erased
  std::vector<uint32_t> kept_;        // that KeepLastLooks() has not left erased
  uint32_t unchanged_ = 0;            // so many steps are as erased or not as when they were ordered
  std::vector<ContextState> states_;  // of marks
  std::array<ContextState, 64> contexts_{};
  std::array<uint8_t, 64> cpu_{};
  int end_ = kNone;  // the step that ends the program
  unsigned slots_ = 1;
  uint64_t cpus_ = 0;         // of contexts
  bool shares_cpus_ = false;  // some of them
  bool misjudged_ = false;
  std::unordered_map<uintptr_t, Spin> spins_;
  std::unordered_set<uint64_t> awaits_;   // what a context had seen when it went round again
  std::unordered_set<uint64_t> awaited_;  // objects
};

}  // namespace cfgtorture::explore

#endif  // CFGTORTURE_HARNESS_EXPLORE_TRACE_H_
