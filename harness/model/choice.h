// harness/model/choice.h: where every choice enters the model. No wall clock, hash order, pointer order or thread_local
// may reach one.
#ifndef CFGTORTURE_HARNESS_MODEL_CHOICE_H_
#define CFGTORTURE_HARNESS_MODEL_CHOICE_H_

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "harness/explore/explorer.h"
#include "harness/explore/random.h"
#include "harness/explore/replayed.h"

namespace cfgtorture::model {

// Asks the explorer that wants to know each step; ends the execution if that has seen enough (machine.cc).
unsigned ChooseStep(uint64_t enabled, unsigned current);
// From here on it wants to know each step (the same).
void WatchSteps();

class Choice {
 public:
  // Random choices, drawn from `seed`, made without a virtual call; unless Use() names another explorer.
  void Seed(uint64_t seed) { random_ = explore::RandomExplorer(seed); }
  void Use(explore::Explorer* other) {  // null: random again
    other_ = other;
    steps_ = step_explorer_ = other_ != nullptr ? other_->AsStepExplorer() : nullptr;
    Alert();
  }
  explore::StepExplorer* steps() const { return steps_; }  // null: whoever chooses need not know, or knows already
  bool repeats() const { return steps_ != step_explorer_; }
  explore::Explorer* other() const { return other_; }
  explore::Explorer& explorer() { return other_ != nullptr ? *other_ : random_; }
  // Keeps the ranks of the next execution's choices, for a token; null: does not. An execution that repeats the one
  // before finds those that it repeats there.
  void Record(std::vector<uint32_t>* ranks) {
    ranks_ = ranks;
    Alert();
  }
  // Keeps the product of the numbers of choices of the next executions (explore/tree_size.h).
  void Measure(bool on) {
    measuring_ = on;
    Alert();
  }
  double log2_product() const {
    double sum = 0;
    for (size_t i = 2; i < measured_.size(); ++i)
      sum += static_cast<double>(measured_[i]) * std::log2(static_cast<double>(i));
    return sum;
  }

  void Begin(uint64_t number) {
    hash_ = 0xcbf29ce484222325;
    if (measuring_) measured_ = {};
    made_ = 0;
    explorer().Begin(number);
    if (step_explorer_ != nullptr) steps_ = step_explorer_->Repeats() ? nullptr : step_explorer_;
    if (ranks_ != nullptr && !repeats()) ranks_->clear();
  }
  // REQUIRES: `enabled` is not empty.
  [[gnu::always_inline]] inline unsigned Pick(uint64_t enabled, unsigned current) {
    if ((enabled & (enabled - 1)) == 0) [[unlikely]]
      return plain_random_ ? static_cast<unsigned>(std::countr_zero(enabled)) : NoChoice(enabled, current);
    const unsigned chosen = plain_random_ ? random_.Next(enabled) : Chosen(enabled, current);
    hash_ = (hash_ ^ chosen) * 0x1000193;  // the 32-bit prime of FNV: it fits into the instruction
    return chosen;
  }
  uint64_t hash() const { return hash_; }  // of the choices of this execution
  uint64_t made() const { return made_; }  // choices of this execution, where they are not simply random

 private:
  void Alert() { plain_random_ = other_ == nullptr && ranks_ == nullptr && !measuring_; }
  [[gnu::noinline, gnu::cold]] unsigned NoChoice(uint64_t enabled, unsigned current) {
    if (current < explore::kReadsFrom && !repeats()) {
      if (steps_ != nullptr) return ChooseStep(enabled, current);
      explorer().Only(enabled, current);
    }
    return static_cast<unsigned>(std::countr_zero(enabled));
  }
  [[gnu::noinline, gnu::cold]] unsigned Chosen(uint64_t enabled, unsigned current) {
    if (repeats()) {
      const unsigned chosen = step_explorer_->Choose(enabled, current);
      ++made_;
      if (!step_explorer_->Repeats()) {
        steps_ = step_explorer_;
        WatchSteps();
        if (ranks_ != nullptr) {
          ranks_->resize(made_ - 1);
          ranks_->push_back(explore::ContextToRank(enabled, current, chosen));
        }
      }
      return chosen;
    }
    const unsigned chosen = steps_ != nullptr && current < explore::kReadsFrom ? ChooseStep(enabled, current)
                                                                               : explorer().Choose(enabled, current);
    ++made_;
    if (ranks_ != nullptr) ranks_->push_back(explore::ContextToRank(enabled, current, chosen));
    if (measuring_) ++measured_[static_cast<size_t>(std::popcount(enabled))];
    return chosen;
  }

  bool plain_random_ = true;  // nobody else chooses, and nobody listens
  explore::RandomExplorer random_;
  explore::Explorer* other_ = nullptr;
  explore::StepExplorer* step_explorer_ = nullptr;  // other_, if it is one
  explore::StepExplorer* steps_ = nullptr;          // the same, unless it repeats an execution
  std::vector<uint32_t>* ranks_ = nullptr;
  uint64_t hash_ = 0;
  bool measuring_ = false;
  std::array<uint64_t, 65> measured_{};  // choices among so many
  uint64_t made_ = 0;
};

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_CHOICE_H_
