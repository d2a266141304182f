// harness/explore/dfs.h: every schedule, those with few preemptions first; says when there are no more.
//
// Algorithm   depth-first search under a bound on preemptions, which grows by one whenever all schedules within it have
//             been run (iterative context bounding, Musuvathi and Qadeer, PLDI 2007). A preemption is a choice of
//             another than the current context where that could have gone on: an interrupt is one.
// Guarantees  when End() has returned false and nothing was cut by the bound, every schedule has been run. Until then,
//             all with at most bound() - 1 preemptions.
// Departs     each round of the bound runs the schedules of the rounds before again, so that no schedule need be kept.
#ifndef CFGTORTURE_HARNESS_EXPLORE_DFS_H_
#define CFGTORTURE_HARNESS_EXPLORE_DFS_H_

#include <cstdint>
#include <vector>

#include "harness/explore/explorer.h"
#include "harness/explore/replayed.h"

namespace cfgtorture::explore {

class DfsExplorer final : public Explorer {
 public:
  // `last_bound`: of preemptions; the search ends after it.
  explicit DfsExplorer(uint32_t first_bound = 0, uint32_t last_bound = UINT32_MAX)
      : first_bound_(first_bound), bound_(first_bound), last_bound_(last_bound) {}

  void Begin(uint64_t) override { at_ = 0; }
  unsigned Choose(uint64_t enabled, unsigned current) override {
    if (at_ == choices_.size()) {
      const bool may_go_on = current < 64 && (enabled >> current & 1) != 0;
      const uint32_t before = choices_.empty() ? 0 : choices_.back().preemptions_after();
      choices_.push_back({enabled, static_cast<uint8_t>(current), may_go_on, 0, before});
    }
    const Choice& choice = choices_[at_++];
    return RankToContext(choice.enabled, choice.current, choice.rank);
  }
  bool End(uint64_t) override {
    ++executions_;
    while (!choices_.empty()) {
      Choice& last = choices_.back();
      ++last.rank;
      if (last.rank < static_cast<uint32_t>(std::popcount(last.enabled))) {
        if (last.preemptions_after() <= bound_) return true;
        cut_ = true;
      }
      choices_.pop_back();
    }
    if (!cut_ || bound_ == last_bound_) return false;
    cut_ = false;
    ++bound_;
    executions_ = 0;
    return true;
  }
  void StartAnew() {
    choices_.clear();
    bound_ = first_bound_;
    cut_ = false;
    executions_ = 0;
  }
  uint32_t bound() const { return bound_; }
  bool cut() const { return cut_; }
  uint64_t executions() const { return executions_; }  // of this round: all within the bound, once it has ended

 private:
  struct Choice {
    uint64_t enabled;
    uint8_t current;
    bool may_go_on;
    uint32_t rank;
    uint32_t preemptions_before;
    uint32_t preemptions_after() const { return preemptions_before + (may_go_on && rank != 0 ? 1 : 0); }
  };

  const uint32_t first_bound_;
  uint32_t bound_;
  const uint32_t last_bound_;
  bool cut_ = false;
  uint64_t executions_ = 0;
  size_t at_ = 0;
  std::vector<Choice> choices_;
};

}  // namespace cfgtorture::explore

#endif  // CFGTORTURE_HARNESS_EXPLORE_DFS_H_
