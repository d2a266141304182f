// harness/native/window.h: the part of a cell that is measured: after the warm-up, less the pauses of --stutter, cut
// into equal slices whose rates tell how sure the mean is.
#ifndef CFGTORTURE_HARNESS_NATIVE_WINDOW_H_
#define CFGTORTURE_HARNESS_NATIVE_WINDOW_H_

#include <cstdint>
#include <vector>

#include "harness/measure/confidence.h"

namespace cfgtorture::native {

// What is counted while tasks run.
struct Counts {
  uint64_t operations = 0;
  uint64_t interrupts = 0;
};

// Told by the thread that watches; clocks are given, so that its test needs none.
class Window {
 public:
  static constexpr uint64_t kSlices = 20;

  // `counts` so far are the warm-up's.
  void Open(uint64_t now_ns, uint64_t length_ns, Counts counts) {
    slice_ns_ = length_ns / kSlices;
    open_ = true;
    Go(now_ns, counts);
  }
  // Running again after a pause.
  void Resume(uint64_t now_ns, Counts counts) {
    if (open_) Go(now_ns, counts);
  }
  // A pause, or the end: the slice that it cuts short has no rate of its own, but its operations and time count.
  void Pause(uint64_t now_ns, Counts counts) {
    if (!running_) return;
    Tally(now_ns, counts);
    running_ = false;
  }
  void Look(uint64_t now_ns, Counts counts) {
    if (!running_ || slice_ns_ == 0 || now_ns - slice_began_ns_ < slice_ns_) return;
    const double seconds = static_cast<double>(now_ns - slice_began_ns_) * 1e-9;
    operations_.push_back(static_cast<double>(counts.operations - slice_.operations) / seconds);
    interrupts_.push_back(static_cast<double>(counts.interrupts - slice_.interrupts) / seconds);
    Tally(now_ns, counts);
    slice_ = counts;
    slice_began_ns_ = now_ns;
  }

  // When Look() has something to do; 0: never.
  uint64_t NextNs() const { return running_ && slice_ns_ != 0 ? slice_began_ns_ + slice_ns_ : 0; }

  double seconds() const { return static_cast<double>(ns_) * 1e-9; }
  const Counts& total() const { return total_; }
  measure::Interval operations_per_s() const { return Rate(total_.operations, operations_); }
  measure::Interval interrupts_per_s() const { return Rate(total_.interrupts, interrupts_); }

 private:
  void Go(uint64_t now_ns, Counts counts) {
    running_ = true;
    slice_began_ns_ = tallied_ns_ = now_ns;
    slice_ = tallied_ = counts;
  }
  void Tally(uint64_t now_ns, Counts counts) {
    ns_ += now_ns - tallied_ns_;
    total_.operations += counts.operations - tallied_.operations;
    total_.interrupts += counts.interrupts - tallied_.interrupts;
    tallied_ns_ = now_ns;
    tallied_ = counts;
  }
  // The mean is that of all that was counted; the slices say how sure it is.
  measure::Interval Rate(uint64_t count, const std::vector<double>& slices) const {
    measure::Interval interval = measure::Confidence95(slices);
    interval.mean = ns_ == 0 ? 0 : static_cast<double>(count) / seconds();
    return interval;
  }

  bool open_ = false;
  bool running_ = false;
  uint64_t slice_ns_ = 0;
  uint64_t slice_began_ns_ = 0, tallied_ns_ = 0;
  Counts slice_, tallied_;
  uint64_t ns_ = 0;
  Counts total_;
  std::vector<double> operations_, interrupts_;  // a second, a slice each
};

}  // namespace cfgtorture::native

#endif  // CFGTORTURE_HARNESS_NATIVE_WINDOW_H_
