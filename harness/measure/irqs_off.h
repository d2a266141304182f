// harness/measure/irqs_off.h: the longest time that one thread kept interrupts off.
//
// A section during which the host took the CPU away says nothing about the code under test, so it is flagged and left
// out (design 9). The host is asked for its count of involuntary switches at most once a millisecond, before a section,
// and after a section that would be a new maximum: a switch in between flags the section, though it may have come just
// before it. That discards a few good samples, evenly, and admits no bad one.
#ifndef CFGTORTURE_HARNESS_MEASURE_IRQS_OFF_H_
#define CFGTORTURE_HARNESS_MEASURE_IRQS_OFF_H_

#include <cstdint>

namespace cfgtorture::measure {

class IrqsOffMeter {
 public:
  // `clock` reads ticks, `switches` the thread's involuntary switches so far. `refresh_ticks`: about a millisecond.
  template <typename Clock, typename Switches>
  void Begin(uint64_t refresh_ticks, Clock&& clock, Switches&& switches) {
    start_ = clock();
    if (start_ - asked_ > refresh_ticks) {
      switches_ = switches();
      start_ = asked_ = clock();
    }
  }

  // True if it was the longest so far: the moment to look where it ends.
  template <typename Clock, typename Switches>
  bool End(Clock&& clock, Switches&& switches) {
    const uint64_t now = clock();
    if (now - start_ <= longest_) return false;
    const int64_t count = switches();
    if (count == switches_) {
      longest_ = now - start_;
    } else {
      switches_ = count;
      ++flagged_;
    }
    asked_ = now;
    return longest_ == now - start_;
  }

  // By the same thread: what was is forgotten.
  void StartOver() { longest_ = flagged_ = 0; }

  uint64_t longest_ticks() const { return longest_; }
  uint64_t flagged() const { return flagged_; }

 private:
  uint64_t start_ = 0;
  uint64_t asked_ = 0;
  int64_t switches_ = -1;
  uint64_t longest_ = 0;
  uint64_t flagged_ = 0;
};

}  // namespace cfgtorture::measure

#endif  // CFGTORTURE_HARNESS_MEASURE_IRQS_OFF_H_
