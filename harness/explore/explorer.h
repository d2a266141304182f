// harness/explore/explorer.h: what runs next. An explorer answers three questions; one algorithm a file.
//
// `enabled` is a mask of what may take the next step: contexts (tasks, one hardirq and one softirq a CPU) by number,
// and kClockStep, the step of the explore clock to its next deadline. It has at least two bits when Choose() is called.
#ifndef CFGTORTURE_HARNESS_EXPLORE_EXPLORER_H_
#define CFGTORTURE_HARNESS_EXPLORE_EXPLORER_H_

#include <cstdint>

namespace cfgtorture::explore {

inline constexpr unsigned kClockStep = 63;

class Explorer {
 public:
  virtual ~Explorer() = default;
  // Execution `number` begins; numbers need not be consecutive, and the same number means the same choices.
  virtual void Begin(uint64_t number) = 0;
  // One of the bits of `enabled`. `current` is what ran last and need not be enabled.
  virtual unsigned Choose(uint64_t enabled, unsigned current) = 0;
  // There is no choice: `enabled` has one bit. For who keeps account of what has run.
  virtual void Only(uint64_t /*enabled*/, unsigned /*current*/) {}
  // The execution ended after `choices` choices. False: nothing is left to explore.
  virtual bool End(uint64_t choices) = 0;
};

}  // namespace cfgtorture::explore

#endif  // CFGTORTURE_HARNESS_EXPLORE_EXPLORER_H_
