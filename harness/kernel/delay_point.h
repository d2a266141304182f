// harness/kernel/delay_point.h: places in the kernel's words where a delay can be injected, as fault injection does.
//
// What such a delay does: it holds a window open that is too short to be met by chance. The reporter of 2019 made his
// panic easy to reproduce by 300 ms in front of the wake callback (C3). Off unless asked for: then a passage costs the
// reading of one word.
#ifndef CFGTORTURE_HARNESS_KERNEL_DELAY_POINT_H_
#define CFGTORTURE_HARNESS_KERNEL_DELAY_POINT_H_

#include <cstdint>

namespace cfgtorture {

enum class DelayPoint : uint8_t {
  kWakeCallback,  // wake_up_all(), after an entry was found and before its callback is called
  kConfigAccess,  // before bus->ops is called: whatever lock the strategy guards an access with is held longer
};
inline constexpr int kDelayPoints = 2;

// One passage in `every` takes `ns`; 0 ns: none. Before tasks start.
void SetDelay(DelayPoint point, uint64_t ns, uint32_t every);

struct DelayAt {
  uint64_t ns;
  uint32_t every;
};
extern DelayAt delay_at[kDelayPoints];  // constant while tasks run

void Delay(DelayPoint point);

// Any context.
inline void PassDelayPoint(DelayPoint point) {
  if (delay_at[static_cast<int>(point)].ns != 0) [[unlikely]]
    Delay(point);
}

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_DELAY_POINT_H_
