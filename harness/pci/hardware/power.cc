#include "harness/pci/hardware/power.h"

#include "harness/pci/hardware/access.h"
#include "harness/pci/hardware/monitors.h"
#include "harness/pci/hardware/msix.h"
#include "harness/pci/hardware/notes.h"

namespace cfgtorture::hw {
namespace {

constexpr uint32_t kD0 = 0, kD1 = 1, kD2 = 2, kD3hot = 3;

// A bridge that is not in D0 forwards no configuration request (facts 1, C20).
void SetPowerState(FunctionState& f, uint32_t state) {
  MarkDirty(f);
  if (f.power_state.exchange(static_cast<uint8_t>(state), kRelaxed) == state || state == kD0) return;
  for (const FunctionId id : f.below) {
    MarkDirty(At(id));
    At(id).Set(kUnreachable);
  }
}

template <typename Change>
void ForItAndBelow(FunctionState& f, Change change) {
  change(f);
  for (const FunctionId id : f.below) change(At(id));
}

}  // namespace

bool IsUnready(FunctionState& f) {
  uint64_t until = f.unready_until.load(kRelaxed);
  if (until == 0) return false;
  if (until == kUntilReleased || engine::NowNs() < until) return true;
  // Only this recovery is over: a command that came meanwhile keeps its own.
  f.unready_until.compare_exchange_strong(until, 0, kRelaxed);
  return false;
}

bool IsReachable(const FunctionState& f) {
  for (FunctionId up = f.info.upstream; up != kNoFunction; up = At(up).info.upstream) {
    if (At(up).power_state.load(kRelaxed) != kD0 || IsUnready(At(up))) return false;
  }
  return true;
}

bool SendsRetryStatus(const FunctionState& f) {
  return f.root_port != kNoFunction && f.unready_until.load(kRelaxed) != kUntilReleased;
}

bool RetryUntilReady(FunctionState& f) {
  constexpr unsigned kTries = 4;
  if (g_machine->latencies.retry_ns == 0) return false;
  for (unsigned i = 0; i < kTries; ++i) {
    engine::DelayNs(g_machine->latencies.retry_ns / kTries);
    if (!IsUnready(f)) return true;
  }
  return false;
}

bool ShowsRetryStatus(const FunctionState& f) {
  if (!SendsRetryStatus(f) || f.is_virtual) return false;
  const FunctionState& port = At(f.root_port);
  const unsigned root_control = port.space.pcie + 0x1cu;
  return root_control < 0x100 && (port.Register(root_control) & 0x10);
}

uint32_t LegalPowerState(const FunctionState& f, uint32_t pmcsr) {
  const uint32_t from = f.power_state.load(kRelaxed);
  const uint32_t to = pmcsr & 3;
  const bool supported = to == kD0 || to == kD3hot || (to == kD1 && f.space.has_d1) || (to == kD2 && f.space.has_d2);
  return supported && (to == kD0 || to >= from) ? pmcsr : (pmcsr & ~3u) | from;
}

void PowerStateWritten(FunctionState& f, uint32_t from, uint32_t to, Slot& self, Identity who) {
  if (from == to) return;
  SetPowerState(f, to);
  if (from == kD3hot && to == kD0 && !(f.Register(f.space.pm + 4u) & kNoSoftReset)) {
    ResetRegisters(f, Reset::kFunctionLevel, who);
  }
  const uint64_t recovery = from == kD3hot || to == kD3hot ? kD3hotNs : from == kD2 || to == kD2 ? kD2Ns : 0;
  if (recovery != 0) TransitionBegins(f, engine::NowNs() + recovery, self, who);
  if (engine::Recording()) {
    constexpr const char* kNames[] = {"D0", "D1", "D2", "D3hot"};
    Text text;
    text.Str(f.info.name).Str(": ").Str(kNames[from]).Str(" to ").Str(kNames[to]).Str(", ");
    engine::Note(text.Dec(recovery / 1000).Str(" us").c_str());
  }
}

void FunctionLevelReset(FunctionState& f, Slot& self, Identity who) {
  ResetRegisters(f, Reset::kFunctionLevel, who);
  TransitionBegins(f, engine::NowNs() + kFlrNs, self, who);
  if (engine::Recording()) NoteFunction(f, "function-level reset, 100 ms");
}

void StartBist(FunctionState& f, Slot& self, Identity who) {
  ResetRegisters(f, Reset::kPowerOn, who);
  TransitionBegins(f, engine::NowNs() + kBistNs, self, who);
  if (engine::Recording()) NoteFunction(f, "tests itself, 2 ms");
}

void CutPower(FunctionId function) {
  FunctionState& top = At(function);
  engine::DevicePoint(top.location, /*is_write=*/true);
  Slot& self = CurrentSlot();
  const Identity who = self.Innermost(/*is_write=*/true);
  ForItAndBelow(top, [&](FunctionState& f) {
    if (f.Has(kAbsent)) return;
    MarkDirty(f);
    f.generation.fetch_add(1, kRelaxed);
    f.Set(kCold);
    TransitionBegins(f, kUntilReleased, self, who);
  });
  if (engine::Recording()) NoteFunction(top, "power off: D3cold");
}

void RestorePower(FunctionId function) {
  FunctionState& top = At(function);
  engine::DevicePoint(top.location, /*is_write=*/true);
  Slot& self = CurrentSlot();
  const Identity who = self.Innermost(/*is_write=*/true);
  ForItAndBelow(top, [&](FunctionState& f) {
    if (!f.Has(kCold)) return;
    ResetRegisters(f, Reset::kPowerOn, who);
    f.Clear(kCold);
    TransitionBegins(f, engine::NowNs() + kD3coldNs, self, who);
  });
  if (engine::Recording()) NoteFunction(top, "power on, 100 ms");
}

void BridgeControlWritten(FunctionState& bridge, uint32_t old, uint32_t now, Slot& self, Identity who) {
  if (!((old ^ now) & kBridgeReset)) return;
  const bool held = now & kBridgeReset;
  const uint64_t recovery = bridge.space.pcie != 0 ? kBusResetNs : kConventionalResetNs;
  const uint64_t until = held ? kUntilReleased : engine::NowNs() + recovery;
  BusResetWritten(bridge, held, self, who);
  for (const FunctionId id : bridge.below) {
    FunctionState& f = At(id);
    if (f.Has(kCold)) continue;  // there is nothing to reset
    if (held) ResetRegisters(f, Reset::kPowerOn, who);
    TransitionBegins(f, until, self, who);
  }
  if (engine::Recording()) NoteFunction(bridge, held ? "secondary bus in reset" : "secondary bus out of reset");
}

void ResetRegisters(FunctionState& f, Reset kind, Identity who) {
  MarkDirty(f);
  for (unsigned offset = 0; offset < f.space.bytes; offset += 4) {
    if (kind == Reset::kFunctionLevel && SurvivesFlr(f.space, offset)) continue;
    const uint32_t value = f.space.power_on[offset / 4];
    if (f.Register(offset) != value) StoreRegister(f, offset, value, who);
  }
  f.msi_pending.store(0, kRelaxed);
  ResetMsix(f);
  f.intx.store(0, kRelaxed);
  SetPowerState(f, kD0);
}

}  // namespace cfgtorture::hw
