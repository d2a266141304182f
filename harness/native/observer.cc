// observer.h for the workers on real threads, but for what lock_events.h hears. What a kernel word found by itself is
// counted in all, with relaxed atomics that libtsan does not see.
#define CFGT_OBSERVED 1
#include "harness/kernel/observer.h"

#include <array>
#include <atomic>

#include "harness/native/violations.h"

namespace cfgtorture::native {
namespace {

struct Slot {
  std::atomic<const char*> text{nullptr};
  std::atomic<Hazard> hazard{};
  std::atomic<uint64_t> count{0};
};

std::array<Slot, 64> g_slots;  // one a text; more than that many texts do not exist

}  // namespace

std::vector<ViolationCount> Violations() {
  std::vector<ViolationCount> counts;
  for (const Slot& slot : g_slots) {
    const uint64_t count = slot.count.load(std::memory_order_relaxed);
    if (count != 0) counts.push_back({slot.hazard.load(std::memory_order_relaxed), slot.text.load(), count});
  }
  return counts;
}

}  // namespace cfgtorture::native

namespace cfgtorture::observer {

void Violation(Hazard hazard, const char* text) {
  for (auto& slot : native::g_slots) {
    const char* there = nullptr;
    if (!slot.text.compare_exchange_strong(there, text) && there != text) continue;
    slot.hazard.store(hazard, std::memory_order_relaxed);
    slot.count.fetch_add(1, std::memory_order_relaxed);
    return;
  }
}

}  // namespace cfgtorture::observer
