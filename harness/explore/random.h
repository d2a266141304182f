// harness/explore/random.h: each step is drawn uniformly from what is enabled.
//
// Guarantees  every schedule has a positive probability; none better. On the bugs of SCTBench (PPoPP 2014) it does as
//             well as schedule bounding.
// Generator   multiplicative congruence modulo 2^64 (L'Ecuyer, Mathematics of Computation 68, 1999), its upper 32 bits,
//             started anew for each execution by splitmix64 (Steele, Lea, Flood, OOPSLA 2014) of seed and number: an
//             execution can be run again without those before it.
// Departs     nothing.
#ifndef CFGTORTURE_HARNESS_EXPLORE_RANDOM_H_
#define CFGTORTURE_HARNESS_EXPLORE_RANDOM_H_

#include <array>
#include <bit>
#include <cstdint>

#include "harness/explore/explorer.h"

namespace cfgtorture::explore {

class RandomExplorer final : public Explorer {
 public:
  explicit RandomExplorer(uint64_t seed = 0) : seed_(seed) {}

  void Begin(uint64_t number) override {
    state_ = Mix(seed_ * 0x9e3779b97f4a7c15 + Mix(number + 1)) | 1;
    Draw();
    ahead_of_ = 0;
  }
  unsigned Choose(uint64_t enabled, unsigned) override { return Next(enabled); }
  // The draw does not depend on what is enabled, which seldom changes between two steps: so the choice is made one step
  // ahead, and is at hand when the processor has to guess where it leads.
  [[gnu::always_inline]] inline unsigned Next(uint64_t enabled) {
    if (enabled != ahead_of_) [[unlikely]] {
      if (enabled >= kSelect.size()) return ChooseOfMany(enabled);
      LookAhead(enabled);
    }
    const unsigned chosen = ahead_;
    Draw();
    ahead_ = candidates_[Rank(count_)];
    return chosen;
  }
  bool End(uint64_t) override { return true; }
  // Any number below `count`, from the same stream.
  uint64_t Below(uint64_t count) {
    const uint64_t drawn = Rank(count);
    Draw();
    ahead_of_ = 0;
    return drawn;
  }

 private:
  // kSelect[mask][rank]: the rank-th bit of a mask of eight. A look-up, because a loop over a random rank is
  // mispredicted at every other step.
  static constexpr auto kSelect = [] {
    std::array<std::array<uint8_t, 8>, 256> select{};
    for (unsigned mask = 0; mask < 256; ++mask) {
      unsigned rank = 0;
      for (uint8_t bit = 0; bit < 8; ++bit) {
        if ((mask >> bit & 1) != 0) select[mask][rank++] = bit;
      }
    }
    return select;
  }();

  static uint64_t Mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  void Draw() { state_ *= 3935559000370003845; }
  uint64_t Rank(uint64_t count) const { return ((state_ >> 32) * count) >> 32; }
  [[gnu::noinline]] void LookAhead(uint64_t enabled) {
    candidates_ = kSelect[enabled].data();
    count_ = static_cast<uint64_t>(std::popcount(enabled));
    ahead_ = candidates_[Rank(count_)];
    ahead_of_ = enabled;
  }
  [[gnu::noinline]] unsigned ChooseOfMany(uint64_t enabled) {
    uint64_t rank = Rank(static_cast<uint64_t>(std::popcount(enabled)));
    while (rank-- != 0) enabled &= enabled - 1;
    Draw();
    ahead_of_ = 0;
    return static_cast<unsigned>(std::countr_zero(enabled));
  }

  uint64_t seed_;
  uint64_t state_ = 0;
  uint64_t ahead_of_ = 0;  // what was enabled when the next choice was made; 0: it has not been
  uint64_t count_ = 0;     // of that; and its table:
  const uint8_t* candidates_ = nullptr;
  unsigned ahead_ = 0;
};

}  // namespace cfgtorture::explore

#endif  // CFGTORTURE_HARNESS_EXPLORE_RANDOM_H_
