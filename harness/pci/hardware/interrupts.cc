#include "harness/pci/hardware/interrupts.h"

#include <algorithm>

#include "harness/pci/hardware/access.h"
#include "harness/pci/hardware/monitors.h"
#include "harness/pci/hardware/notes.h"
#include "harness/pci/hardware/power.h"

namespace cfgtorture::hw {
namespace {

constexpr uint64_t kAsserted = uint64_t{1} << 63;

void SetPending(FunctionState& f, uint32_t set, uint32_t clear) {
  MarkDirty(f);
  f.msi_pending.fetch_or(set, kRelaxed);
  const uint32_t now = f.msi_pending.fetch_and(~clear, kRelaxed) & ~clear;
  StoreRegister(f, f.space.msi_mask() + 4, now, Identity());
}

// The device reads its own address and data, and that message leaves it.
void Send(FunctionState& f, unsigned index, uint32_t enabled_vectors, Slot& self) {
  const uint32_t address = f.Register(f.space.msi + 4u);
  const uint32_t data_dword = f.Register(f.space.msi_data());
  const uint32_t cpu = address >> 12 & 0xff;
  const uint32_t vector = ((data_dword & ~(enabled_vectors - 1)) | index) & 0xff;
  if (engine::Recording()) {
    Text text;
    text.Str(f.info.name).Str(": MSI ").Dec(index).Str(" to CPU ").Dec(cpu).Str(" vector ").Hex(vector, 2);
    engine::Note(text.c_str());
  }
  MessageSampled(f, index, cpu, vector, self);
  if (cpu < static_cast<uint32_t>(engine::CpuCount())) {
    engine::RaiseIrq(static_cast<int>(cpu), static_cast<int>(vector));
  }
}

// Message Control: how many vectors software has enabled; 0 if MSI is off.
uint32_t EnabledVectors(const FunctionState& f) {
  const uint32_t control = f.Register(f.space.msi) >> 16;
  return (control & 1) ? std::min(1u << (control >> 4 & 7), uint32_t{f.space.msi_vectors}) : 0;
}

}  // namespace

void SignalMsi(FunctionId function, unsigned index) {
  FunctionState& f = At(function);
  if (f.space.msi == 0) return;
  engine::DevicePoint(f.location + f.space.msi + 4u, /*is_write=*/false);
  if (f.Has(kAbsent) || f.power_state.load(kRelaxed) != 0 || IsUnready(f)) return;
  const uint32_t enabled = EnabledVectors(f);
  if (index >= enabled) return;
  Slot& self = CurrentSlot();
  MessageOpportunity(f, self);
  if (f.space.msi_maskable && (f.Register(f.space.msi_mask()) >> index & 1)) {
    SetPending(f, 1u << index, 0);
    return;
  }
  Send(f, index, enabled, self);
}

void MsiUnmasked(FunctionState& f, uint32_t unmasked, Slot& self) {
  const uint32_t enabled = EnabledVectors(f);
  for (uint32_t bits = unmasked & f.msi_pending.load(kRelaxed); bits != 0; bits &= bits - 1) {
    const unsigned index = static_cast<unsigned>(__builtin_ctz(bits));
    SetPending(f, 0, 1u << index);
    if (index < enabled) Send(f, index, enabled, self);
  }
}

void SignalIntx(FunctionId function, bool asserted, int cpu, int vector) {
  FunctionState& f = At(function);
  engine::DevicePoint(f.location + kCommand, /*is_write=*/true);
  if (f.Has(kAbsent) || f.Has(kCold)) return;
  MarkRegisterDirty(f, kCommand);
  std::atomic<uint32_t>& command = f.registers[kCommand / 4];
  uint32_t before;
  if (asserted) {
    f.intx.store(kAsserted | static_cast<uint64_t>(cpu) << 32 | static_cast<uint32_t>(vector), kRelaxed);
    before = command.fetch_or(kStatusIntx, kRelaxed);
  } else {
    f.intx.store(0, kRelaxed);
    before = command.fetch_and(~kStatusIntx, kRelaxed);
  }
  if (engine::Recording()) NoteFunction(f, asserted ? "INTx asserted" : "INTx dropped");
  if (asserted && !(before & kCommandIntxDisable)) engine::RaiseIrq(cpu, vector);
}

void CommandWritten(FunctionState& f, uint32_t old, uint32_t now) {
  if (!(old & ~now & kCommandIntxDisable)) return;
  const uint64_t intx = f.intx.load(kRelaxed);
  if (intx & kAsserted) engine::RaiseIrq(static_cast<int>(intx >> 32 & 0xffff), static_cast<int>(intx & 0xffff));
}

}  // namespace cfgtorture::hw
