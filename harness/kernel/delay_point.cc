#include "harness/kernel/delay_point.h"

#include <atomic>

#include "harness/kernel/engine.h"

namespace cfgtorture {

DelayAt delay_at[kDelayPoints] = {};

namespace {
std::atomic<uint32_t> passages[kDelayPoints];
}  // namespace

void SetDelay(DelayPoint point, uint64_t ns, uint32_t every) {
  delay_at[static_cast<int>(point)] = {ns, every};
  passages[static_cast<int>(point)].store(0, std::memory_order_relaxed);
}

void Delay(DelayPoint point) {
  const DelayAt& at = delay_at[static_cast<int>(point)];
  if (at.every > 1 && passages[static_cast<int>(point)].fetch_add(1, std::memory_order_relaxed) % at.every != 0) return;
  engine::DelayNs(at.ns);
}

}  // namespace cfgtorture
