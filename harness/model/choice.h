// harness/model/choice.h: where every choice enters the model. No wall clock, hash order, pointer order or thread_local
// may reach one.
#ifndef CFGTORTURE_HARNESS_MODEL_CHOICE_H_
#define CFGTORTURE_HARNESS_MODEL_CHOICE_H_

#include <cstdint>
#include <vector>

#include "harness/explore/random.h"
#include "harness/explore/replayed.h"

namespace cfgtorture::model {

class Choice {
 public:
  // `random` is asked directly, without a virtual call, unless `other` is set.
  void Use(explore::RandomExplorer* random, explore::Explorer* other) {
    random_ = random;
    other_ = other;
  }
  explore::Explorer& explorer() { return other_ != nullptr ? *other_ : *random_; }
  // Keeps the ranks of the next execution's choices, for a token; null: does not.
  void Record(std::vector<uint32_t>* ranks) { ranks_ = ranks; }

  void Begin(uint64_t number) {
    hash_ = 0xcbf29ce484222325;
    count_ = 0;
    explorer().Begin(number);
  }
  // REQUIRES: `enabled` is not empty.
  [[gnu::always_inline]] inline unsigned Pick(uint64_t enabled, unsigned current) {
    if ((enabled & (enabled - 1)) == 0) return static_cast<unsigned>(std::countr_zero(enabled));
    const unsigned chosen =
        other_ == nullptr ? random_->Choose(enabled, current) : other_->Choose(enabled, current);
    hash_ = (hash_ ^ chosen) * 0x100000001b3;
    ++count_;
    if (ranks_ != nullptr) [[unlikely]] ranks_->push_back(explore::ContextToRank(enabled, current, chosen));
    return chosen;
  }
  uint64_t hash() const { return hash_; }  // of the choices of this execution
  uint64_t count() const { return count_; }

 private:
  explore::RandomExplorer* random_ = nullptr;
  explore::Explorer* other_ = nullptr;
  std::vector<uint32_t>* ranks_ = nullptr;
  uint64_t hash_ = 0;
  uint64_t count_ = 0;
};

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_CHOICE_H_
