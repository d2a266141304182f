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
  // Random choices, drawn from `seed`, made without a virtual call; unless Use() names another explorer.
  void Seed(uint64_t seed) { random_ = explore::RandomExplorer(seed); }
  void Use(explore::Explorer* other) {  // null: random again
    other_ = other;
    plain_random_ = other_ == nullptr && ranks_ == nullptr;
  }
  explore::Explorer& explorer() { return other_ != nullptr ? *other_ : random_; }
  // Keeps the ranks of the next execution's choices, for a token; null: does not.
  void Record(std::vector<uint32_t>* ranks) {
    ranks_ = ranks;
    plain_random_ = other_ == nullptr && ranks_ == nullptr;
  }

  void Begin(uint64_t number) {
    hash_ = 0xcbf29ce484222325;
    explorer().Begin(number);
  }
  // REQUIRES: `enabled` is not empty.
  [[gnu::always_inline]] inline unsigned Pick(uint64_t enabled, unsigned current) {
    if ((enabled & (enabled - 1)) == 0) [[unlikely]] {
      if (!plain_random_) [[unlikely]]
        NoChoice(enabled, current);
      return static_cast<unsigned>(std::countr_zero(enabled));
    }
    const unsigned chosen = plain_random_ ? random_.Choose(enabled, current) : Chosen(enabled, current);
    hash_ = (hash_ ^ chosen) * 0x1000193;  // the 32-bit prime of FNV: it fits into the instruction
    return chosen;
  }
  uint64_t hash() const { return hash_; }  // of the choices of this execution

 private:
  [[gnu::noinline, gnu::cold]] void NoChoice(uint64_t enabled, unsigned current) { explorer().Only(enabled, current); }
  [[gnu::noinline, gnu::cold]] unsigned Chosen(uint64_t enabled, unsigned current) {
    const unsigned chosen = explorer().Choose(enabled, current);
    if (ranks_ != nullptr) ranks_->push_back(explore::ContextToRank(enabled, current, chosen));
    return chosen;
  }

  bool plain_random_ = true;  // nobody else chooses, and nobody listens
  explore::RandomExplorer random_;
  explore::Explorer* other_ = nullptr;
  std::vector<uint32_t>* ranks_ = nullptr;
  uint64_t hash_ = 0;
};

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_CHOICE_H_
