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

// `context` takes the next `choices` choices, or as many as it can before it waits or ends. From kAnswers on it is
// none, but what memory does next, beside that the newest store is read and no other drains (kReadsFrom, kDrains): the
// answer and kAnswers, or kDrainAnswers.
inline constexpr unsigned kAnswers = 64, kDrainAnswers = 128;
inline constexpr uint8_t kUsualAnswer = 255;
inline constexpr uint64_t kUntilItWaits = UINT64_MAX / 2;
struct Segment {
  unsigned context;
  uint64_t choices;
  bool operator==(const Segment&) const = default;
};
using Schedule = std::vector<Segment>;

// How a choice is kept.
inline uint8_t CodeOf(uint64_t enabled, unsigned current, unsigned chosen) {
  if (current < kReadsFrom) return static_cast<uint8_t>(chosen);
  if (chosen == static_cast<unsigned>(std::countr_zero(enabled))) return kUsualAnswer;
  return static_cast<uint8_t>(chosen + (current == kDrains ? kDrainAnswers : kAnswers));
}

// Follows a schedule. What memory is to do, it does at the first question that comes when the segment before is over,
// or while that goes on until its context waits; if no question comes before the next choice, it is left out. A segment
// whose context is not enabled is over. After the last one, whoever runs goes on; who cannot leaves to the next context
// in turn, so that nobody who polls starves the one whom he waits for; the clock moves only if nobody else can.
class GuidedExplorer final : public Explorer {
 public:
  void Follow(Schedule schedule) { schedule_ = std::move(schedule); }
  void Begin(uint64_t) override {
    GoTo(0);
    chosen_.clear();
  }
  unsigned Choose(uint64_t enabled, unsigned current) override {
    const unsigned chosen = current < kReadsFrom ? Next(enabled, current) : Answer(enabled, current);
    chosen_.push_back(CodeOf(enabled, current, chosen));
    return chosen;
  }
  bool End(uint64_t) override { return false; }

  // What each choice of this execution was (CodeOf).
  const std::vector<uint8_t>& chosen() const { return chosen_; }

 private:
  void GoTo(size_t segment) {
    at_ = segment;
    left_ = at_ < schedule_.size() ? schedule_[at_].choices : 0;
  }
  unsigned Answer(uint64_t enabled, unsigned current) {
    const unsigned usual = static_cast<unsigned>(std::countr_zero(enabled));
    size_t at = at_;
    if (at < schedule_.size() && schedule_[at].context < kAnswers && (left_ == 0 || left_ > kUntilItWaits / 2)) ++at;
    if (at >= schedule_.size() || schedule_[at].context < kAnswers) return usual;
    const unsigned first = current == kDrains ? kDrainAnswers : kAnswers, code = schedule_[at].context;
    if (code < first || code >= first + 64 || (enabled >> (code - first) & 1) == 0) return usual;
    GoTo(at + 1);
    return code - first;
  }
  unsigned Next(uint64_t enabled, unsigned current) {
    while (at_ < schedule_.size()) {
      const unsigned context = schedule_[at_].context;
      if (context < kAnswers && left_ > 0 && (enabled >> context & 1) != 0) {
        --left_;
        return context;
      }
      GoTo(at_ + 1);
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
    if (chosen[i] == kUsualAnswer) continue;
    if (schedule.empty() || chosen[i] >= kAnswers || schedule.back().context != chosen[i])
      schedule.push_back({chosen[i], 0});
    ++schedule.back().choices;
  }
  return schedule;
}

}  // namespace cfgtorture::explore

#endif  // CFGTORTURE_HARNESS_EXPLORE_GUIDED_H_
