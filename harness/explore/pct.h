// harness/explore/pct.h: probabilistic concurrency testing: priorities, and a few places where one is lowered.
//
// Algorithm   PCT (Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010): every context gets a random priority, the
//             highest that is enabled runs; at kDepth - 1 random choices whoever runs falls below all others.
// Guarantees  a bug of depth d <= kDepth among n contexts and k choices shows with a probability of 1 / (n k^(d-1)) at
//             least, an eighth of it here.
// Departs     the number of choices k is not known beforehand: each execution draws it from eight powers of two,
// instead
//             of learning it from those before, so that an execution depends on seed and number alone. Twice k choices
//             on, the rest is drawn as random.h draws, because a poller of high priority starves the one it waits for
//             (a fair suffix, as Coyote's); and the clock is given a new priority whenever it has stepped.
//             What memory does (kReadsFrom, kDrains) has no priorities: it is drawn, and is no choice of the k.
#ifndef CFGTORTURE_HARNESS_EXPLORE_PCT_H_
#define CFGTORTURE_HARNESS_EXPLORE_PCT_H_

#include <array>
#include <bit>
#include <cstdint>

#include "harness/explore/explorer.h"
#include "harness/explore/random.h"

namespace cfgtorture::explore {

class PctExplorer final : public Explorer {
 public:
  static constexpr unsigned kDepth = 3;

  explicit PctExplorer(uint64_t seed) : random_(seed) {}

  void Begin(uint64_t number) override {
    random_.Begin(number);
    step_ = 0;
    length_ = uint64_t{16} << random_.Below(8);
    for (uint64_t& at : falls_) at = random_.Below(length_);
    for (unsigned i = 0; i < priority_.size(); ++i) priority_[i] = Draw(i);
  }

  unsigned Choose(uint64_t enabled, unsigned current) override {
    if (current >= kReadsFrom) return random_.Choose(enabled, current);
    const uint64_t step = step_++;
    if (step >= 2 * length_) return random_.Choose(enabled, current);
    for (unsigned i = 0; i < falls_.size(); ++i) {
      if (falls_[i] == step) priority_[current] = i;  // below every drawn one
    }
    unsigned best = static_cast<unsigned>(std::countr_zero(enabled));
    for (uint64_t rest = enabled & (enabled - 1); rest != 0; rest &= rest - 1) {
      const unsigned candidate = static_cast<unsigned>(std::countr_zero(rest));
      if (priority_[candidate] > priority_[best]) best = candidate;
    }
    if (best == kClockStep) priority_[best] = Draw(best);
    return best;
  }
  bool End(uint64_t) override { return true; }

 private:
  // Above kDepth, and no two alike.
  uint64_t Draw(unsigned context) { return (random_.Below(uint64_t{1} << 24) + 1) << 8 | context; }

  RandomExplorer random_;
  uint64_t step_ = 0;
  uint64_t length_ = 0;
  std::array<uint64_t, kDepth - 1> falls_{};
  std::array<uint64_t, 64> priority_{};
};

}  // namespace cfgtorture::explore

#endif  // CFGTORTURE_HARNESS_EXPLORE_PCT_H_
