// harness/explore/distinct.h: how many different schedules were seen, in fixed memory.
//
// HyperLogLog (Flajolet, Fusy, Gandouet, Meunier, AofA 2007) with 4096 registers: standard error 1.6 %; linear counting
// while registers are still empty, so small counts are all but exact.
#ifndef CFGTORTURE_HARNESS_EXPLORE_DISTINCT_H_
#define CFGTORTURE_HARNESS_EXPLORE_DISTINCT_H_

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace cfgtorture::explore {

class DistinctCounter {
 public:
  void Add(uint64_t hash) {
    hash = (hash ^ (hash >> 32)) * 0x9fb21c651e98df25;  // FNV's upper bits are weak
    hash ^= hash >> 28;
    const uint8_t rank = static_cast<uint8_t>(std::countl_zero((hash << kBits) | (uint64_t{1} << (kBits - 1))) + 1);
    uint8_t& register_ = registers_[hash >> (64 - kBits)];
    if (rank > register_) register_ = rank;
  }
  uint64_t Estimate() const {
    constexpr double kCount = 1 << kBits;
    double sum = 0;
    unsigned empty = 0;
    for (uint8_t value : registers_) {
      sum += std::ldexp(1.0, -value);
      empty += value == 0;
    }
    const double raw = 0.7213 / (1 + 1.079 / kCount) * kCount * kCount / sum;
    if (raw <= 2.5 * kCount && empty != 0)
      return static_cast<uint64_t>(std::llround(kCount * std::log(kCount / empty)));
    return static_cast<uint64_t>(std::llround(raw));
  }

 private:
  static constexpr unsigned kBits = 12;
  std::array<uint8_t, 1 << kBits> registers_{};
};

}  // namespace cfgtorture::explore

#endif  // CFGTORTURE_HARNESS_EXPLORE_DISTINCT_H_
