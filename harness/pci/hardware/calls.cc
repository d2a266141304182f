#include "harness/pci/hardware/calls.h"

#include "harness/pci/hardware/monitors.h"
#include "harness/pci/hardware/notes.h"
#include "harness/pci/hardware/state.h"
#include "harness/pci/hardware/text.h"

namespace cfgtorture::hw {
namespace {

constexpr uint32_t kWords = kSlots / 64;

std::array<Slot, kSlots> g_slots;
// Slots that have been used since the last reset: what the scans visit.
std::array<std::atomic<uint64_t>, kWords> g_used;
std::atomic<bool> g_any_used = false;
OperationCallback g_operation_begin = nullptr;
OperationCallback g_operation_end = nullptr;

uint32_t CurrentIndex() {
  const engine::Context context = engine::CurrentContext();
  if (context == engine::Context::kTask) {
    const engine::TaskId task = engine::CurrentTask();
    CFGT_HW_ASSERT(task < kMaxTasks);
    return task;
  }
  const int cpu = engine::CurrentCpu();
  CFGT_HW_ASSERT(cpu >= 0 && static_cast<uint32_t>(cpu) < kMaxCpus);
  return kMaxTasks + static_cast<uint32_t>(cpu) + (context == engine::Context::kHardirq ? kMaxCpus : 0);
}

void FirstUse(Slot& slot, uint32_t index) {
  slot.index = index;
  slot.used = true;
  g_used[index / 64].fetch_or(uint64_t{1} << (index % 64), kRelaxed);
  g_any_used.store(true, kRelaxed);
}

// CurrentSlot() itself is not inlined: position-independent code may have another one put in its place.
inline Slot& Here() {
  const uint32_t index = CurrentIndex();
  Slot& slot = g_slots[index];
  if (!slot.used) [[unlikely]] {
    FirstUse(slot, index);
  }
  return slot;
}

template <typename Visit>
void ForEachUsed(Visit visit) {
  for (uint32_t word = 0; word < kWords; ++word) {
    for (uint64_t bits = g_used[word].load(kRelaxed); bits != 0; bits &= bits - 1) {
      visit(g_slots[word * 64 + static_cast<uint32_t>(__builtin_ctzll(bits))]);
    }
  }
}

// Contexts but `self` with a matching call; the innermost match of the last one goes to *found, if not null.
template <typename Matches>
uint32_t CountOthers(const Slot& self, Identity* found, Matches matches) {
  uint32_t count = 0;
  ForEachUsed([&](Slot& other) {
    if (&other == &self) return;
    for (uint32_t d = other.depth.load(kRelaxed); d-- > 0;) {
      const Identity who = other.calls[d].load();
      if (!matches(who, other.targets[d].load(kRelaxed))) continue;
      if (found != nullptr) *found = who;
      ++count;
      return;  // a context counts once
    }
  });
  return count;
}

}  // namespace

Slot& CurrentSlot() { return Here(); }

Slot& SlotAt(uint32_t index) { return g_slots[index]; }

uint32_t OthersOnFunction(const Slot& self, FunctionId function, CallMask calls, OriginMask origins, Identity* found) {
  return CountOthers(self, found, [=](Identity who, uint32_t target) {
    return (target & 0xffff) == function && (calls & Bit(who.call())) && (origins & Bit(who.origin()));
  });
}

uint32_t OthersOnBridge(const Slot& self, BridgeId bridge, CallMask calls) {
  return CountOthers(self, nullptr, [=](Identity who, uint32_t target) {
    return target >> 16 == bridge && (calls & Bit(who.call()));
  });
}

void CallBegin(Call call, FunctionId function, Origin origin) {
  Slot& self = Here();
  const uint32_t depth = self.depth.load(kRelaxed);
  CFGT_HW_ASSERT(depth < kMaxDepth);
  const Identity who = Identity::Of(self.index, call, origin, ++self.sequence);
  FunctionState* const f = function == kNoFunction ? nullptr : &At(function);
  const uint32_t bridge_id = f == nullptr ? kNoFunction : f->info.bridge;
  self.targets[depth].store(function | bridge_id << 16, kRelaxed);
  self.calls[depth].store(who);
  self.depth.store(depth + 1, kRelaxed);
  if (engine::Recording()) [[unlikely]]
    NoteCall(call, function);
  if (f != nullptr) {
    if (const uint32_t flags = f->flags.load(kRelaxed); flags != 0) {
      if (flags & kBlocked) CallMeetsBlock(self, *f, who);
      if (flags & kUpdating) CallMeetsUpdate(self, *f, who);
      if (flags & (kRemoving | kFreed)) CallMeetsRemoval(self, *f, who);
    }
    if (f->unready_until.load(kRelaxed) != 0) CallMeetsTransition(self, *f, who);
    if (Bit(call) & kTouchingCalls) {
      const BridgeState& bridge = BridgeAt(f->info.bridge);
      CallMeetsPair(self, bridge.window.open);
      CallMeetsPair(self, bridge.mailbox.open);
      if (&bridge == g_machine->cf8_bridge) CallMeetsPair(self, g_machine->cf8.open);
    }
    if (call == Call::kDeviceRemove) RemovalBegins(self, *f, who);
  }
  if (g_operation_begin != nullptr) g_operation_begin(call);
}

void CallEnd() {
  Slot& self = Here();
  const uint32_t depth = self.depth.load(kRelaxed);
  CFGT_HW_ASSERT(depth > 0);
  const Identity who = self.calls[depth - 1].load();
  if (g_operation_end != nullptr) g_operation_end(who.call());
  if (self.open_latch != nullptr) CloseLatch(self, who);
  if ((Bit(who.call()) & kHelperCalls) || self.merging != kNoFunction) UpdateEnds(self, who);
  if (who.call() == Call::kDeviceRemove) RemovalEnds(self.InnermostFunction());
  self.depth.store(depth - 1, kRelaxed);
}

void ResetCalls() {
  if (!g_any_used.load(kRelaxed)) return;
  g_any_used.store(false, kRelaxed);
  ForEachUsed([](Slot& slot) {
    slot.depth.store(0, kRelaxed);
    slot.sequence = 0;
    slot.used = false;
    slot.open_latch = nullptr;
    slot.freed_reported = 0;
    slot.next_read = 0;
    slot.merging = kNoFunction;
    for (OwnRead& read : slot.reads) read.who = Identity();
  });
  for (std::atomic<uint64_t>& word : g_used) word.store(0, kRelaxed);
}

void ClearCounters() {
  for (Slot& slot : g_slots) {
    for (CounterPair& pair : slot.monitors) pair.hits.Clear(), pair.opportunities.Clear();
    for (CounterPair& pair : slot.transitions) pair.hits.Clear(), pair.opportunities.Clear();
  }
}

MonitorCount Monitor(Hazard hazard) {
  MonitorCount sum;
  if (static_cast<int>(hazard) >= kMonitorCount) return sum;
  for (const Slot& slot : g_slots) {
    const CounterPair& pair = slot.monitors[static_cast<size_t>(hazard)];
    sum.hits += pair.hits.Get();
    sum.opportunities += pair.opportunities.Get();
  }
  return sum;
}

MonitorCount TransitionMonitor(Origin origin) {
  MonitorCount sum;
  for (const Slot& slot : g_slots) {
    const CounterPair& pair = slot.transitions[static_cast<size_t>(origin)];
    sum.hits += pair.hits.Get();
    sum.opportunities += pair.opportunities.Get();
  }
  return sum;
}

void SetOperationCallbacks(OperationCallback begin, OperationCallback end) {
  g_operation_begin = begin;
  g_operation_end = end;
}

const char* NameOf(Call call) {
  switch (call) {
    case Call::kRead:
      return "read";
    case Call::kWrite:
      return "write";
    case Call::kUserRead:
      return "user_read";
    case Call::kUserWrite:
      return "user_write";
    case Call::kAccessLock:
      return "access_lock";
    case Call::kAccessTrylock:
      return "access_trylock";
    case Call::kAccessUnlock:
      return "access_unlock";
    case Call::kIntxMask:
      return "intx_mask";
    case Call::kCapabilityUpdate:
      return "capability_update";
    case Call::kMsiMask:
      return "msi_mask";
    case Call::kMsiWrite:
      return "msi_write";
    case Call::kSetPowerState:
      return "set_power_state";
    case Call::kReset:
      return "reset";
    case Call::kSetOps:
      return "set_ops";
    case Call::kDeviceAdd:
      return "device_add";
    case Call::kDeviceRemove:
      return "device_remove";
  }
  return "?";
}

void AppendContext(Text& text, uint32_t slot) {
  if (slot < kMaxTasks) {
    text.Str("task ").Dec(slot);
  } else if (slot < kMaxTasks + kMaxCpus) {
    text.Str("softirq of CPU ").Dec(slot - kMaxTasks);
  } else {
    text.Str("hardirq of CPU ").Dec(slot - kMaxTasks - kMaxCpus);
  }
}

}  // namespace cfgtorture::hw
