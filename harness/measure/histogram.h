// harness/measure/histogram.h: a log-linear histogram of fixed memory, recorded into by one thread.
//
// Buckets are HdrHistogram's (Gil Tene, hdrhistogram.org) with two significant digits: values below 256 exactly, then
// 128 buckets an octave, so that a bucket is at most 1/128 of its value wide. Debian has no C package of it, and we
// need no more than this.
//
// Cost      an increment of one bucket; no allocation, no shared write, no branch that depends on the value's history.
// Threads   one recorder; anybody may read at any time (relaxed counters), exactly only after the recorder has stopped.
// Memory    all zero bytes is an empty histogram, so zeroed pages need no construction.
#ifndef CFGTORTURE_HARNESS_MEASURE_HISTOGRAM_H_
#define CFGTORTURE_HARNESS_MEASURE_HISTOGRAM_H_

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace cfgtorture::measure {

class Histogram {
 public:
  static constexpr int kSubBucketBits = 7;
  static constexpr uint64_t kSubBuckets = uint64_t{1} << kSubBucketBits;
  static constexpr int kValueBits = 40;  // larger values count as the largest: 2^40 ticks are some six minutes
  static constexpr uint64_t kLargest = (uint64_t{1} << kValueBits) - 1;
  static constexpr size_t kBuckets = (kValueBits - kSubBucketBits + 1) * kSubBuckets;

  void Record(uint64_t value) {
    if (value > max_.load(std::memory_order_relaxed)) max_.store(value, std::memory_order_relaxed);
    Increment(buckets_[IndexOf(value)], 1);
  }

  // By the recorder.
  void Clear() {
    if (Empty()) return;  // its pages may be untouched
    for (auto& bucket : buckets_) bucket.store(0, std::memory_order_relaxed);
    max_.store(0, std::memory_order_relaxed);
  }

  // Adds the counts of `other`, which may still be recorded into.
  void Add(const Histogram& other) {
    if (other.Empty()) return;
    for (size_t i = 0; i < kBuckets; ++i) Increment(buckets_[i], other.buckets_[i].load(std::memory_order_relaxed));
    const uint64_t max = other.Max();
    if (max > Max()) max_.store(max, std::memory_order_relaxed);
  }

  uint64_t Count() const {
    uint64_t count = 0;
    for (const auto& bucket : buckets_) count += bucket.load(std::memory_order_relaxed);
    return count;
  }

  bool Empty() const { return Max() == 0 && buckets_[0].load(std::memory_order_relaxed) == 0; }

  // Exact, and not the end of a bucket.
  uint64_t Max() const { return max_.load(std::memory_order_relaxed); }

  // The highest value that is equivalent to the one at rank ceil(fraction * count); 0 if nothing was recorded.
  uint64_t AtFraction(double fraction) const;

  // The same in fewer bins, four an octave (values below 8 exactly): the largest value of each bin that is not empty,
  // and its count. Its buckets lie within one bin each, so nothing is counted anew.
  std::vector<std::pair<uint64_t, uint64_t>> Coarse() const;

  static constexpr size_t IndexOf(uint64_t value) {
    if (value > kLargest) value = kLargest;
    const int width = static_cast<int>(std::bit_width(value));
    const int shift = width > kSubBucketBits + 1 ? width - kSubBucketBits - 1 : 0;
    return static_cast<size_t>(static_cast<uint64_t>(shift) * kSubBuckets + (value >> shift));
  }
  // The largest value of a bucket.
  static constexpr uint64_t LargestOf(size_t index) {
    if (index < 2 * kSubBuckets) return index;
    const uint64_t shift = index / kSubBuckets - 1;
    return ((index - shift * kSubBuckets + 1) << shift) - 1;
  }

 private:
  // Not a read-modify-write: there is one writer.
  static void Increment(std::atomic<uint64_t>& counter, uint64_t by) {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::atomic<uint64_t> max_{0};
  std::array<std::atomic<uint64_t>, kBuckets> buckets_{};
};

}  // namespace cfgtorture::measure

#endif  // CFGTORTURE_HARNESS_MEASURE_HISTOGRAM_H_
