// harness/explore/dpor.h: one execution, or few, for each Mazurkiewicz trace; says when there are no more.
//
// Algorithm   source sets and sleep sets (Abdulla, Aronis, Jonsson, Sagonas, POPL 2014 and JACM 64, 2017:
// "Source-DPOR").
//             After each execution, each pair of racing steps (trace.h) adds to the choice before the first of them a
//             context that can begin the other order, unless one is there.
// Guarantees  when End() has returned false, every trace of the program has been run: each assertion that can fail
// within
//             the program's bounds has failed, each deadlock been met, and the race detector has seen every order of
//             the atomic operations. Traces are those of a fair schedule: an iteration of a spin loop that only reads
//             is not repeated (trace.h), one that writes lets somebody else go first.
// Weak memory which store a load reads (c11) is a choice within a step. An older store than the newest is tried where
//             the newest comes before the load anyway, by whatever orders their steps. Where it does not, the load can
//             go before the store, and to read the older one there is the same execution graph. What a load reads does
//             not merge executions otherwise, so there can be several for one graph.
// Exclusion   a context that is off its CPU because another is in a handler, or has interrupts or preemption off, is
// let
//             in where that section began; and whoever was to begin a section wakes when its CPU does something else.
// Ends        the step in which the program ends depends on every other: whoever could still run then, as a handler
// that
//             is pending or a timer that is due, also runs before it.
// Misses      what a loop does that polls a number of times and then gives up, without others in between: its looks in
//             vain are no events, and by the spin rule (design 3) nobody looks again until something has changed. Under
//             c11, two of 2,700 programs that a reviewer drew: a handler that interrupts a task under `voluntary`, each
//             with stale reads; and a loop that looks at one place twice.
// Departs     no wakeup trees, so an execution may be cut short because all that could go on is asleep (pruned); these
//             are counted apart. Reading a polled place in vain is cut short at once: it is no event.
#ifndef CFGTORTURE_HARNESS_EXPLORE_DPOR_H_
#define CFGTORTURE_HARNESS_EXPLORE_DPOR_H_

#include <cstdint>
#include <span>
#include <vector>

#include "harness/explore/explorer.h"
#include "harness/explore/trace.h"

namespace cfgtorture::explore {

class DporExplorer final : public StepExplorer {
 public:
  void Begin(uint64_t number) override;
  void Context(unsigned context, unsigned cpu) override {
    if (context != 0) trace_.AddContext(context, cpu);
  }
  unsigned Step(const Turn& turn) override;
  unsigned Choose(uint64_t enabled, unsigned current) override;
  void Touched(const Touch& touch) override {
    if (!frozen_) trace_.AddTouch(touch);
  }
  void Learned(uint64_t value) override { trace_.Learn(value); }
  bool Repeats() const override { return repeats_; }
  void SpinEnds(uintptr_t site) override;
  void Asks(uint64_t object) override { asked_ = object; }
  void Ends(uint64_t enabled) override {
    if (!frozen_) trace_.Ends(enabled);
  }
  void Freeze() override { frozen_ = true; }
  bool End(uint64_t choices) override;

  // Did the execution that has ended only repeat what others have shown?
  bool pruned() const { return pruned_; }
  // The program has new scheduling points: what has been explored says nothing. Does so itself when it learns a loop.
  void StartAnew();
  uint64_t starts() const { return starts_; }
  const Trace& trace() const { return trace_; }

 private:
  // A context whose next step has been explored from here.
  struct Sleeper {
    uint8_t context;
    bool section;         // the step begins a section, or is in the middle of one, that keeps others off its CPU
    bool ends;            // the program: so every other step is one that it depends on
    uint32_t begin, end;  // touches in pool_
  };
  struct Node {
    uint32_t step = 0;
    unsigned chosen = 0;
    uint64_t enabled = 0, excluded = 0;
    uint64_t backtrack = 0;
    uint64_t done = 0;            // explored from here, or found useless
    size_t pool = 0;              // touches of what slept when it was reached
    bool data = false;            // of what memory does within a step: every answer is tried
    std::vector<Touch> answered;  // touches of the step under other answers
    std::vector<Sleeper> sleep;
    Trace::Mark mark;  // before its step; of a question of memory, within it
  };

  static uint64_t Bit(unsigned context) { return uint64_t{1} << context; }
  static uint64_t Asleep(const std::vector<Sleeper>& sleep) {
    uint64_t mask = 0;
    for (const Sleeper& sleeper : sleep) mask |= Bit(sleeper.context);
    return mask;
  }
  std::span<const Touch> Touches(const Sleeper& sleeper) const {
    return {pool_.data() + sleeper.begin, sleeper.end - sleeper.begin};
  }
  Node& AddNode(unsigned chosen, uint64_t backtrack, bool data);
  void WakeByLastStep();
  bool Settled(size_t at) const;
  void Reverse(size_t first, size_t second);
  void Retire(Node& node);

  Trace trace_;
  std::vector<Node> nodes_;  // the first depth_ are in use
  size_t depth_ = 0;
  size_t replayed_ = 0;  // nodes of this execution that repeated the last one's choice, or took the new one
  uint64_t starts_ = 0;
  size_t from_ = 0;  // the step of the new choice
  bool repeats_ = false;
  bool frozen_ = false;
  bool pruned_ = false;
  uint64_t asked_ = 0;
  bool in_vain_ = false;  // the new choice only looked, and will look again
  std::vector<Sleeper> sleep_;
  std::vector<Touch> pool_;
  std::vector<Trace::Race> races_;
};

}  // namespace cfgtorture::explore

#endif  // CFGTORTURE_HARNESS_EXPLORE_DPOR_H_
