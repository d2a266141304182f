// harness/explore/distinct.h: how many different schedules were seen, in fixed memory.
//
// HyperLogLog (Flajolet, Fusy, Gandouet, Meunier, AofA 2007) with 4096 registers: standard error 1.6 %; linear counting
// while registers are still empty, so small counts are all but exact. Counters of disjoint or overlapping sets merge
// into the counter of their union, which is how processes and resumed runs are added up.
#ifndef CFGTORTURE_HARNESS_EXPLORE_DISTINCT_H_
#define CFGTORTURE_HARNESS_EXPLORE_DISTINCT_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

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

  void Merge(const DistinctCounter& other) {
    for (size_t i = 0; i < registers_.size(); ++i) registers_[i] = std::max(registers_[i], other.registers_[i]);
  }

  // The registers as text of at most 4096 characters: one each, "(N)" for N empty ones; "" if nothing was added.
  std::string Text() const {
    std::string text;
    size_t empty = 0;
    for (const uint8_t value : registers_) {
      if (value == 0) {
        ++empty;
        continue;
      }
      AppendEmpty(text, empty);
      empty = 0;
      text += kDigits[value];
    }
    if (!text.empty()) AppendEmpty(text, empty);
    return text;
  }
  // Adds what Text() wrote. False, and nothing is added: it is not such a text.
  bool MergeText(std::string_view text) {
    if (text.empty()) return true;
    DistinctCounter read;
    size_t at = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '(') {
        size_t count = 0;
        while (++i < text.size() && text[i] >= '0' && text[i] <= '9' && count <= kRegisters)
          count = count * 10 + static_cast<size_t>(text[i] - '0');
        if (i >= text.size() || text[i] != ')') return false;
        at += count;
        continue;
      }
      const size_t digit = kDigits.find(text[i]);
      if (digit == std::string_view::npos || at >= kRegisters) return false;
      read.registers_[at++] = static_cast<uint8_t>(digit);
    }
    if (at != kRegisters) return false;
    Merge(read);
    return true;
  }

 private:
  static void AppendEmpty(std::string& text, size_t count) {
    if (count > 3) {
      text += "(" + std::to_string(count) + ")";
    } else {
      text.append(count, kDigits[0]);
    }
  }

  static constexpr unsigned kBits = 12;
  static constexpr size_t kRegisters = size_t{1} << kBits;
  // A rank is at most 64 - kBits + 1 = 53.
  static constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::array<uint8_t, kRegisters> registers_{};
};

}  // namespace cfgtorture::explore

#endif  // CFGTORTURE_HARNESS_EXPLORE_DISTINCT_H_
