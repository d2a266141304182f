#include "harness/pci/hardware/msix.h"

#include "harness/pci/hardware/access.h"
#include "harness/pci/hardware/monitors.h"
#include "harness/pci/hardware/notes.h"
#include "harness/pci/hardware/power.h"

namespace cfgtorture::hw {
namespace {

constexpr uint32_t kEnable = 1u << 31, kFunctionMask = 1u << 30;  // of Message Control, in the capability's dword
constexpr uint32_t kEntryMask = 1;
constexpr uint32_t kMemorySpace = 2;  // of Command

bool Answers(FunctionState& f) {
  return !f.Has(kAbsent) && !f.Has(kCold) && f.power_state.load(kRelaxed) == 0 && !IsUnready(f) && IsReachable(f) &&
         (f.Register(kCommand) & kMemorySpace) != 0;
}

// The word of the table at `offset`, or null.
std::atomic<uint32_t>* Word(FunctionState& f, uint64_t offset, unsigned size) {
  const uint64_t entry = offset / 16;
  if (size != 4 || offset % 4 != 0 || entry >= f.info.msix_vectors) return nullptr;
  return &f.msix[entry].words[offset % 16 / 4];
}

void Send(FunctionState& f, unsigned index, Slot& self) {
  const MsixEntry& entry = f.msix[index];
  const uint32_t cpu = entry.words[0].load(kRelaxed) >> 12 & 0xff;
  const uint32_t vector = entry.words[2].load(kRelaxed) & 0xff;
  if (engine::Recording()) {
    Text text;
    text.Str(f.info.name).Str(": MSI-X ").Dec(index).Str(" to CPU ").Dec(cpu).Str(" vector ").Hex(vector, 2);
    engine::Note(text.c_str());
  }
  MessageSampled(f, index, cpu, vector, self);
  if (cpu < static_cast<uint32_t>(engine::CpuCount())) {
    engine::RaiseIrq(static_cast<int>(cpu), static_cast<int>(vector));
  }
}

bool IsOn(const FunctionState& f) { return (f.Register(f.space.msix) & (kEnable | kFunctionMask)) == kEnable; }

void SendIfPending(FunctionState& f, unsigned index, Slot& self) {
  MsixEntry& entry = f.msix[index];
  if (!IsOn(f) || (entry.words[3].load(kRelaxed) & kEntryMask) != 0 || !entry.pending.exchange(false, kRelaxed)) return;
  Send(f, index, self);
}

void NoteWord(const FunctionState& f, uint64_t offset, bool is_write, uint32_t value) {
  constexpr const char* kWords[] = {"address", "upper address", "data", "vector control"};
  Text text;
  text.Str(f.info.name).Str(" MSI-X ").Dec(static_cast<uint32_t>(offset / 16)).Str(" ").Str(kWords[offset % 16 / 4]);
  NoteRegister(text.c_str(), is_write, value, 4);
}

}  // namespace

uint32_t MsixRead(FunctionState& f, uint64_t offset, unsigned size) {
  engine::DevicePoint(f.info.msix_table + offset, /*is_write=*/false);
  const std::atomic<uint32_t>* const word = Word(f, offset, size);
  const uint32_t value = word == nullptr || !Answers(f) ? Ones(size) : word->load(kRelaxed);
  if (engine::Recording() && word != nullptr) NoteWord(f, offset, false, value);
  return value;
}

void MsixWrite(FunctionState& f, uint64_t offset, uint32_t value, unsigned size) {
  engine::DevicePoint(f.info.msix_table + offset, /*is_write=*/true);
  std::atomic<uint32_t>* const word = Word(f, offset, size);
  if (word == nullptr || !Answers(f)) return;
  if (engine::Recording()) NoteWord(f, offset, true, value);
  MarkDirty(f);
  f.msix_dirty.store(true, kRelaxed);
  word->store(value, kRelaxed);
  if (offset % 16 == 12) SendIfPending(f, static_cast<unsigned>(offset / 16), CurrentSlot());
}

void MsixControlWritten(FunctionState& f, Slot& self) {
  for (unsigned i = 0; i < f.info.msix_vectors; ++i) SendIfPending(f, i, self);
}

void SignalMsix(FunctionId function, unsigned index) {
  FunctionState& f = At(function);
  if (index >= f.info.msix_vectors) return;
  engine::DevicePoint(f.info.msix_table + uint64_t{index} * 16, /*is_write=*/false);
  if (!Answers(f) || (f.Register(f.space.msix) & kEnable) == 0) return;
  Slot& self = CurrentSlot();
  MessageOpportunity(f, self);
  MarkDirty(f);
  f.msix_dirty.store(true, kRelaxed);
  f.msix[index].pending.store(true, kRelaxed);
  SendIfPending(f, index, self);
}

void ResetMsix(FunctionState& f) {
  for (unsigned i = 0; i < f.info.msix_vectors; ++i) {
    for (unsigned word = 0; word < 4; ++word) f.msix[i].words[word].store(word == 3 ? kEntryMask : 0, kRelaxed);
    f.msix[i].pending.store(false, kRelaxed);
  }
}

}  // namespace cfgtorture::hw
