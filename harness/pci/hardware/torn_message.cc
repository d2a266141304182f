// harness/pci/hardware/torn_message.cc
//
// Fires        when the device samples an MSI address and data that name a vector that this interrupt does not own at
//              that moment. Two halves of two legal messages may name one that it does, and are then no tear
//              (facts 3.3).
// Opportunity  the device has something to signal while another context's msi_write is under way on it, masked or not.
#include "harness/pci/hardware/monitors.h"

namespace cfgtorture::hw {
namespace {

constexpr uint32_t Packed(uint32_t cpu, uint32_t vector) { return (cpu << 8 | (vector & 0xff)) + 1; }

// The cells of one interrupt's vectors, or null if the function has no such interrupt.
std::atomic<uint32_t>* Owned(FunctionState& f, unsigned index) {
  return index < f.interrupts ? &f.vectors[size_t{index} * FunctionState::kVectorsPerIndex] : nullptr;
}

bool Exchange(std::atomic<uint32_t>* cells, uint32_t from, uint32_t to) {
  for (unsigned i = 0; i < FunctionState::kVectorsPerIndex; ++i) {
    uint32_t expected = from;
    if (cells[i].compare_exchange_strong(expected, to, kRelaxed)) return true;
  }
  return false;
}

}  // namespace

void VectorAssigned(FunctionId function, unsigned index, int cpu, int vector) {
  FunctionState& f = At(function);
  std::atomic<uint32_t>* cells = Owned(f, index);
  if (cells == nullptr) return;
  MarkDirty(f);
  f.vectors_dirty.store(true, kRelaxed);
  // More than kVectorsPerIndex at a time means that somebody forgets to release them.
  CFGT_HW_ASSERT(Exchange(cells, 0, Packed(static_cast<uint32_t>(cpu), static_cast<uint32_t>(vector))));
}

void VectorReleased(FunctionId function, unsigned index, int cpu, int vector) {
  FunctionState& f = At(function);
  if (std::atomic<uint32_t>* cells = Owned(f, index)) {
    Exchange(cells, Packed(static_cast<uint32_t>(cpu), static_cast<uint32_t>(vector)), 0);
  }
}

void MessageOpportunity(FunctionState& f, Slot& self) {
  self.monitor(Hazard::kTornMessage)
      .opportunities.Add(OthersOnFunction(self, f.info.id, Bit(Call::kMsiWrite), kAnyOrigin));
}

void MessageSampled(FunctionState& f, unsigned index, uint32_t cpu, uint32_t vector, Slot& self) {
  const std::atomic<uint32_t>* cells = Owned(f, index);
  for (unsigned i = 0; i < FunctionState::kVectorsPerIndex; ++i) {
    if (cells[i].load(kRelaxed) == Packed(cpu, vector)) return;
  }
  Identity writer;
  OthersOnFunction(self, f.info.id, Bit(Call::kMsiWrite), kAnyOrigin, &writer);
  Text text;
  text.Str("MSI ").Dec(index).Str(" of ").Str(f.info.name).Str(" was sent to CPU ").Dec(cpu).Str(" vector ");
  text.Hex(vector, 2).Str(", which it does not own");
  if (writer) {
    text.Str(", while ");
    AppendCall(text, writer);
    text.Str(" was under way");
  }
  Hit(self, Hazard::kTornMessage, &f, static_cast<uint16_t>(f.space.msi + 4), self.Innermost(false), writer, text);
}

}  // namespace cfgtorture::hw
