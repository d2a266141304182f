// harness/pci/hardware/hits.cc: what becomes of a hit: counted, told to the model, or kept for the native worker.
#include <algorithm>
#include <array>
#include <vector>

#include "harness/pci/hardware/monitors.h"

namespace cfgtorture::hw {
namespace {

// Natively hits arise in many threads and in signal handlers: the first of each (hazard, call, other call) is kept as
// plain bytes, claimed by an exchange; nothing allocates before the tasks have ended.
constexpr uint32_t kMaxStored = 64;
constexpr uint32_t kOtherCalls = kCallCount + 1;  // and "unknown"
struct Stored {
  Hazard hazard;
  FunctionId function;
  uint16_t reg;
  Identity who, other;
  Text text;
};
std::array<std::atomic<bool>, size_t{kMonitorCount} * kCallCount * kOtherCalls> g_claimed;
std::array<Stored, kMaxStored> g_stored;
std::atomic<uint32_t> g_stored_count{0};
std::vector<MonitorHit> g_for_callers;
HitCallback g_callback = nullptr;

MonitorHit MakeHit(Hazard hazard, FunctionId function, uint16_t reg, Identity who, Identity other, const Text& text) {
  return MonitorHit{.hazard = hazard,
                    .function = function,
                    .reg = reg,
                    .origin = who.origin(),
                    .call = who.call(),
                    .other_call = other.call(),
                    .other_context = other.slot(),
                    .text = text.c_str()};
}

}  // namespace

void AppendCall(Text& text, Identity who) {
  if (!who) {
    text.Str("the hardware");
    return;
  }
  text.Str(NameOf(who.call())).Str(" of ");
  AppendContext(text, who.slot());
}

void Hit(Slot& self, Hazard hazard, const FunctionState* f, uint16_t reg, Identity who, Identity other,
         const Text& text) {
  self.monitor(hazard).hits.Add(1);
  const FunctionId function = f == nullptr ? kNoFunction : f->info.id;
  if (engine::Recording()) {
    Text note;
    note.Str("! ").Str(NameOf(hazard).data()).Str(": ").Str(text.c_str());
    engine::Note(note.c_str());
  }
  if (g_callback != nullptr) {
    g_callback(MakeHit(hazard, function, reg, who, other, text));
    return;
  }
  const uint32_t other_call = other ? static_cast<uint32_t>(other.call()) : kOtherCalls - 1;
  const size_t key =
      (static_cast<size_t>(hazard) * kCallCount + static_cast<size_t>(who.call())) * kOtherCalls + other_call;
  if (g_claimed[key].load(kRelaxed) || g_claimed[key].exchange(true, kRelaxed)) return;
  const uint32_t at = g_stored_count.fetch_add(1, kRelaxed);
  if (at < kMaxStored) g_stored[at] = {hazard, function, reg, who, other, text};
}

void SetHitCallback(HitCallback callback) { g_callback = callback; }

const MonitorHit* StoredHits(int* count) {
  const uint32_t stored = std::min(g_stored_count.load(kRelaxed), kMaxStored);
  g_for_callers.clear();
  for (uint32_t i = 0; i < stored; ++i) {
    const Stored& hit = g_stored[i];
    g_for_callers.push_back(MakeHit(hit.hazard, hit.function, hit.reg, hit.who, hit.other, hit.text));
  }
  *count = static_cast<int>(stored);
  return g_for_callers.data();
}

void ClearHits() {
  for (std::atomic<bool>& claimed : g_claimed) claimed.store(false, kRelaxed);
  g_stored_count.store(0, kRelaxed);
}

}  // namespace cfgtorture::hw
