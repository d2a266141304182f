#include "harness/pci/hardware/access.h"

#include "harness/pci/hardware/interrupts.h"
#include "harness/pci/hardware/monitors.h"
#include "harness/pci/hardware/msix.h"
#include "harness/pci/hardware/notes.h"
#include "harness/pci/hardware/power.h"

namespace cfgtorture::hw {
namespace {

enum class Answer { kNormal, kNone, kRetry };

// The monitors see the access, then presence and power say whether it is answered.
Answer Arrives(FunctionState& f, uint16_t reg, unsigned size, bool is_write, Slot& self, Identity who) {
  uint32_t flags = f.flags.load(kRelaxed);
  if (flags != 0) {
    if (flags & kFreed) AccessToFreed(f, reg, self, who);
    if (flags & kAbsent) return Answer::kNone;
    if (flags & kBlocked) AccessWhileBlocked(f, reg, self, who);
  }
  if (f.unready_until.load(kRelaxed) != 0 && IsUnready(f)) {
    AccessInTransition(f, reg, self, who);
    if (reg == 0 && size >= 2 && !is_write && ShowsRetryStatus(f)) return Answer::kRetry;
    if (!SendsRetryStatus(f) || !RetryUntilReady(f)) return Answer::kNone;
    flags = f.flags.load(kRelaxed);
    if (flags & kAbsent) return Answer::kNone;
  }
  if (flags & kUnreachable) {
    if (!IsReachable(f)) return Answer::kNone;
    MarkDirty(f);
    f.Clear(kUnreachable);
  }
  return reg < f.space.bytes ? Answer::kNormal : Answer::kNone;
}

uint32_t ReadFunction(FunctionState& f, uint16_t reg, unsigned size, uint32_t asked, Slot& self, Identity who) {
  const Answer answer = Arrives(f, reg, size, /*is_write=*/false, self, who);
  uint32_t value = Ones(size);
  if (answer == Answer::kNormal) {
    const uint32_t dword = f.registers[reg / 4].load(kRelaxed);
    value = dword >> (8 * (reg & 3)) & Ones(size);
    if (asked != kAllLanes) {
      MergeReads(f, self, who);
    } else if (Bit(who.call()) & kHelperCalls) {
      HelperReads(f, reg / 4, dword, Lanes(reg, size), self, who);
    }
  } else if (answer == Answer::kRetry) {
    value = 0xffff0001u & Ones(size);
  }
  if (engine::Recording()) {
    NoteAccess(self, f, reg, size, false, value, answer == Answer::kNormal ? "" : " (does not answer)");
  }
  return value;
}

void WriteFunction(FunctionState& f, uint16_t reg, uint32_t value, unsigned size, uint32_t asked, Slot& self,
                   Identity who) {
  const Answer answer = Arrives(f, reg, size, /*is_write=*/true, self, who);
  if (engine::Recording()) {
    NoteAccess(self, f, reg, size, true, value & Ones(size), answer == Answer::kNormal ? "" : " (dropped)");
  }
  if (answer != Answer::kNormal) return;

  const unsigned dword = reg / 4u;
  const uint32_t lanes = Lanes(reg, size);
  uint32_t written = (value << (8 * (reg & 3))) & lanes;
  const uint32_t rw = f.space.rw[dword] & lanes;
  const uint32_t clear = f.space.rw1c[dword] & written;
  if (f.space.pm != 0 && dword * 4 == f.space.pm + 4u) written = LegalPowerState(f, written);

  MarkRegisterDirty(f, dword * 4);
  std::atomic<uint32_t>& cell = f.registers[dword];
  uint32_t old = cell.load(kRelaxed);
  uint32_t now;
  // The exchange makes `old` exactly what this write replaced: lost_update.cc relies on it.
  do {
    now = ((old & ~rw) | (written & rw)) & ~clear;
  } while (!cell.compare_exchange_weak(old, now, kRelaxed));
  const Identity changed_before = f.writers[dword].load();
  if (now != old) f.writers[dword].store(who);
  if (Bit(who.call()) & kHelperCalls) {
    HelperWrites(f, dword, old, now, lanes & asked, changed_before, self, who);
  }
  if (lanes & ~asked) MergeWrites(f, dword, old, now, asked, changed_before, self, who);

  // What the hardware does about it. Bits that read as 0 (FLR, BIST) show in `written` only.
  const unsigned offset = dword * 4;
  if (offset == kCommand) {
    CommandWritten(f, old, now);
  } else if (offset == kBistDword) {
    if (f.space.has_bist && (written & kBistStart)) StartBist(f, self, who);
  } else if (f.space.pm != 0 && offset == f.space.pm + 4u) {
    PowerStateWritten(f, old & 3, now & 3, self, who);
  } else if (f.space.pcie != 0 && offset == f.space.pcie + 8u) {
    if (f.space.has_flr && (written & kDeviceControlFlr)) FunctionLevelReset(f, self, who);
  } else if (f.space.has_af_flr && offset == f.space.af + 4u) {
    if (written & 1) FunctionLevelReset(f, self, who);
  } else if (offset == kBridgeControlDword && f.space.header_type == 1) {
    BridgeControlWritten(f, old, now, self, who);
  } else if (f.space.msi_maskable && offset == f.space.msi_mask()) {
    MsiUnmasked(f, old & ~now, self);
  } else if (f.space.msix != 0 && offset == f.space.msix) {
    MsixControlWritten(f, self);
  }
}

}  // namespace

FunctionState* Find(BridgeState& bridge, uint8_t bus, uint8_t devfn) {
  const FunctionId id = bridge.functions[static_cast<size_t>(bus) << 8 | devfn];
  return id == kNoFunction ? nullptr : g_machine->functions[id].get();
}

uint32_t Request(const BridgeState* bridge, FunctionState* f, uint16_t reg, bool is_write, uint32_t value,
                 unsigned size, uint32_t asked, Slot& self, Identity who) {
  if (f == nullptr) {  // master abort: all ones
    if (engine::Recording()) NoteRegister(bridge == nullptr ? "no bridge" : "no function", is_write, Ones(size), size);
    return Ones(size);
  }
  if (!is_write) return ReadFunction(*f, reg, size, asked, self, who);
  WriteFunction(*f, reg, value, size, asked, self, who);
  return 0;
}

void SignalEvent(FunctionId function, unsigned reg, uint16_t bits) {
  FunctionState& f = At(function);
  engine::DevicePoint(f.location + (reg & ~3u), /*is_write=*/true);
  if (f.Has(kAbsent) || reg >= f.space.bytes) return;
  const uint32_t set = uint32_t{bits} << (8 * (reg & 3)) & f.space.rw1c[reg / 4];
  MarkRegisterDirty(f, reg & ~3u);
  f.registers[reg / 4].fetch_or(set, kRelaxed);
  f.writers[reg / 4].store(Identity());
  if (engine::Recording()) NoteAccess(CurrentSlot(), f, reg, 2, true, bits, " (by the device)");
}

void StoreRegister(FunctionState& f, unsigned offset, uint32_t value, Identity who) {
  MarkRegisterDirty(f, offset);
  f.registers[offset / 4].store(value, kRelaxed);
  f.writers[offset / 4].store(who);
}

}  // namespace cfgtorture::hw
