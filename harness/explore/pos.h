// harness/explore/pos.h: partial order sampling: a random priority for each event, not for each context.
//
// Algorithm   POS (Yuan, Yang, Gu, CAV 2018): the enabled event with the highest priority runs; then it, and each
// pending
//             event that touches the same object, is given a new priority.
// Guarantees  the probability of a partial order is that of its events' orders, whatever the number of independent
//             events between: better than random.h where contexts seldom meet, and no depth to choose.
// Departs     what an event will touch is known only where its context stands before an atomic operation; other steps
// meet
//             nobody. Reads of one object count as racing.
#ifndef CFGTORTURE_HARNESS_EXPLORE_POS_H_
#define CFGTORTURE_HARNESS_EXPLORE_POS_H_

#include <array>
#include <bit>
#include <cstdint>

#include "harness/explore/explorer.h"
#include "harness/explore/random.h"

namespace cfgtorture::explore {

class PosExplorer final : public StepExplorer {
 public:
  explicit PosExplorer(uint64_t seed) : random_(seed) {}

  void Begin(uint64_t number) override {
    random_.Begin(number);
    for (unsigned i = 0; i < priority_.size(); ++i) priority_[i] = Draw(i);
    next_.fill(0);
  }
  void Context(unsigned, unsigned) override {}
  unsigned Step(const Turn& turn) override {
    if (turn.current < 64) next_[turn.current] = turn.next;
    unsigned best = static_cast<unsigned>(std::countr_zero(turn.enabled));
    for (uint64_t rest = turn.enabled & (turn.enabled - 1); rest != 0; rest &= rest - 1) {
      const unsigned candidate = static_cast<unsigned>(std::countr_zero(rest));
      if (priority_[candidate] > priority_[best]) best = candidate;
    }
    const uint64_t object = next_[best];
    next_[best] = 0;
    priority_[best] = Draw(best);
    if (object != 0) {
      for (unsigned i = 0; i < next_.size(); ++i) {
        if (next_[i] == object) priority_[i] = Draw(i);
      }
    }
    return best;
  }
  unsigned Choose(uint64_t enabled, unsigned current) override { return random_.Choose(enabled, current); }
  void Touched(const Touch&) override {}
  void Learned(uint64_t) override {}
  void SpinEnds(uintptr_t) override {}
  void Freeze() override {}
  bool End(uint64_t) override { return true; }

 private:
  uint64_t Draw(unsigned context) { return (random_.Below(uint64_t{1} << 24) + 1) << 8 | context; }

  RandomExplorer random_;
  std::array<uint64_t, 64> priority_{};
  std::array<uint64_t, 64> next_{};  // object that each context touches next
};

}  // namespace cfgtorture::explore

#endif  // CFGTORTURE_HARNESS_EXPLORE_POS_H_
