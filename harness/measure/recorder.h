// harness/measure/recorder.h: times the operations of one context of one thread, every one of them.
//
// Chained   where a call follows a call, the end of one is the beginning of the next: one timestamp an operation
//           (design 9). What stands between them, the loop of the workload, is counted to the later one; whoever sleeps
//           or waits on purpose calls BreakChain(). A nested call begins with a timestamp of its own.
// Clock     given by the caller, so that it can leave out what was stolen from the thread by handlers.
// Periods   what was recorded in an earlier period (a warm-up) is dropped by the recording thread at its first
// outermost
//           operation of a later one, so that nobody writes another thread's histograms.
// Cost      one clock reading and one increment an operation; no allocation, no shared write.
// Memory    all zero bytes is an empty recorder.
#ifndef CFGTORTURE_HARNESS_MEASURE_RECORDER_H_
#define CFGTORTURE_HARNESS_MEASURE_RECORDER_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "harness/measure/histogram.h"

namespace cfgtorture::measure {

template <int kOperations>
class Recorder {
 public:
  static constexpr uint32_t kMaxDepth = 8;  // deeper calls are not timed

  template <typename Clock>
  void Begin(int operation, Clock&& clock, uint32_t period = 0) {
    const uint32_t depth = depth_.load(std::memory_order_relaxed);
    if (depth == 0 && period_.load(std::memory_order_relaxed) != period) [[unlikely]]
      StartOver(period);
    if (depth < kMaxDepth) {
      open_[depth] = {operation, depth == 0 && chain_ != 0 ? chain_ : clock()};
    }
    depth_.store(depth + 1, std::memory_order_relaxed);
  }

  template <typename Clock>
  void End(Clock&& clock) {
    const uint32_t depth = depth_.load(std::memory_order_relaxed);
    if (depth == 0) return;
    depth_.store(depth - 1, std::memory_order_relaxed);
    if (depth > kMaxDepth) return;
    const Open& open = open_[depth - 1];
    const uint64_t now = clock();
    latency_[static_cast<size_t>(open.operation)].Record(now > open.start ? now - open.start : 0);
    if (depth == 1) {
      chain_ = now;
      completed_.store(completed_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
  }

  void BreakChain() { chain_ = 0; }

  // Outermost operations. Any thread.
  uint64_t completed() const { return completed_.load(std::memory_order_relaxed); }
  // Those of this period. Any thread.
  uint64_t completed(uint32_t period) const {
    return period_.load(std::memory_order_acquire) == period ? completed() : 0;
  }
  // Any thread: is one open, and which (outermost)? -1 if none.
  int OpenOperation() const { return depth_.load(std::memory_order_relaxed) == 0 ? -1 : open_[0].operation; }
  const Histogram& latency(int operation) const { return latency_[static_cast<size_t>(operation)]; }

 private:
  struct Open {
    int operation;
    uint64_t start;
  };
  void StartOver(uint32_t period) {
    for (Histogram& histogram : latency_) histogram.Clear();
    chain_ = 0;
    completed_.store(0, std::memory_order_relaxed);
    period_.store(period, std::memory_order_release);
  }

  std::atomic<uint32_t> depth_{0};
  std::atomic<uint32_t> period_{0};
  uint64_t chain_ = 0;  // end of the last outermost operation; 0: none that the next may begin with
  std::atomic<uint64_t> completed_{0};
  std::array<Open, kMaxDepth> open_{};
  std::array<Histogram, kOperations> latency_{};
};

}  // namespace cfgtorture::measure

#endif  // CFGTORTURE_HARNESS_MEASURE_RECORDER_H_
