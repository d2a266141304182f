// harness/explore/guided.h: a schedule told by who runs for how many choices, which an execution follows as far as it
// can. Ranks (replayed.h) say exactly what happened; segments can be edited, and still mean something afterwards.
#ifndef CFGTORTURE_HARNESS_EXPLORE_GUIDED_H_
#define CFGTORTURE_HARNESS_EXPLORE_GUIDED_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "harness/explore/explorer.h"

namespace cfgtorture::explore {

// `context` takes the next `choices` choices, or as many as it can before it waits or ends.
struct Segment {
  unsigned context;
  uint64_t choices;
  bool operator==(const Segment&) const = default;
};
using Schedule = std::vector<Segment>;

// Follows a schedule. A segment whose context is not enabled is over. After the last one, whoever runs goes on; who
// cannot leaves to the next context in turn, so that nobody who polls starves the one whom he waits for; the clock
// moves only if nobody else can.
class GuidedExplorer final : public Explorer {
 public:
  void Follow(Schedule schedule) { schedule_ = std::move(schedule); }
  void Begin(uint64_t) override {
    at_ = 0;
    left_ = schedule_.empty() ? 0 : schedule_[0].choices;
    chosen_.clear();
  }
  unsigned Choose(uint64_t enabled, unsigned current) override {
    const unsigned chosen = Next(enabled, current);
    chosen_.push_back(static_cast<uint8_t>(chosen));
    return chosen;
  }
  bool End(uint64_t) override { return false; }

  // Whom each choice of this execution took.
  const std::vector<uint8_t>& chosen() const { return chosen_; }

 private:
  unsigned Next(uint64_t enabled, unsigned current) {
    while (at_ < schedule_.size()) {
      const unsigned context = schedule_[at_].context;
      if (left_ > 0 && (enabled >> context & 1) != 0) {
        --left_;
        return context;
      }
      ++at_;
      left_ = at_ < schedule_.size() ? schedule_[at_].choices : 0;
    }
    if (current < 64 && (enabled >> current & 1) != 0) return current;
    const uint64_t contexts = enabled & ~(uint64_t{1} << kClockStep);
    if (contexts == 0) return kClockStep;
    const uint64_t after = current < 63 ? contexts & (~uint64_t{0} << (current + 1)) : 0;
    return static_cast<unsigned>(std::countr_zero(after != 0 ? after : contexts));
  }

  Schedule schedule_;
  size_t at_ = 0;
  uint64_t left_ = 0;  // choices of the segment
  std::vector<uint8_t> chosen_;
};

// The segments of the first `count` choices.
inline Schedule SegmentsOf(const std::vector<uint8_t>& chosen, size_t count) {
  Schedule schedule;
  for (size_t i = 0; i < count && i < chosen.size(); ++i) {
    if (schedule.empty() || schedule.back().context != chosen[i]) schedule.push_back({chosen[i], 0});
    ++schedule.back().choices;
  }
  return schedule;
}

}  // namespace cfgtorture::explore

#endif  // CFGTORTURE_HARNESS_EXPLORE_GUIDED_H_
