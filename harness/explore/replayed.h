// harness/explore/replayed.h: the choices of a token, again. Choices are ranks: 0 is "whoever ran goes on" where that
// is possible, then the enabled contexts in ascending order; so long runs of one context are long runs of zeros.
#ifndef CFGTORTURE_HARNESS_EXPLORE_REPLAYED_H_
#define CFGTORTURE_HARNESS_EXPLORE_REPLAYED_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "harness/explore/explorer.h"

namespace cfgtorture::explore {

// The rank of `chosen` among `enabled`, and back. RankToContext returns 64 if there is no such rank.
inline uint32_t ContextToRank(uint64_t enabled, unsigned current, unsigned chosen) {
  const bool may_go_on = current < 64 && (enabled >> current & 1) != 0;
  if (may_go_on && chosen == current) return 0;
  uint64_t below = enabled & ((uint64_t{1} << chosen) - 1);
  if (may_go_on) below &= ~(uint64_t{1} << current);
  return static_cast<uint32_t>(std::popcount(below)) + (may_go_on ? 1 : 0);
}
inline unsigned RankToContext(uint64_t enabled, unsigned current, uint32_t rank) {
  if (current < 64 && (enabled >> current & 1) != 0) {
    if (rank == 0) return current;
    enabled &= ~(uint64_t{1} << current);
    --rank;
  }
  while (rank-- != 0 && enabled != 0) enabled &= enabled - 1;
  return enabled == 0 ? 64 : static_cast<unsigned>(std::countr_zero(enabled));
}

class ReplayedExplorer final : public Explorer {
 public:
  explicit ReplayedExplorer(std::vector<uint32_t> ranks) : ranks_(std::move(ranks)) {}

  void Begin(uint64_t) override {
    next_ = 0;
    diverged_ = false;
  }
  unsigned Choose(uint64_t enabled, unsigned current) override {
    const uint32_t rank = next_ < ranks_.size() ? ranks_[next_] : 0;
    ++next_;
    unsigned chosen = RankToContext(enabled, current, rank);
    if (chosen >= 64) {  // more contexts were enabled when the token was made
      diverged_ = true;
      chosen = RankToContext(enabled, current, 0);
    }
    return chosen;
  }
  bool End(uint64_t) override { return false; }

  // Did the execution offer other choices than those that the token was made from?
  bool diverged() const { return diverged_ || next_ != ranks_.size(); }
  uint64_t asked() const { return next_; }

 private:
  const std::vector<uint32_t> ranks_;
  size_t next_ = 0;
  bool diverged_ = false;
};

}  // namespace cfgtorture::explore

#endif  // CFGTORTURE_HARNESS_EXPLORE_REPLAYED_H_
