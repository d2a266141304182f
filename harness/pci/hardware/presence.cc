// harness/pci/hardware/presence.cc: surprise removal. What is gone reads all ones and drops writes; behind a bridge
// that is gone, everything is.
#include "harness/pci/hardware/interrupts.h"
#include "harness/pci/hardware/notes.h"
#include "harness/pci/hardware/power.h"

namespace cfgtorture::hw {
namespace {

template <typename Change>
void ForItAndBelow(FunctionId function, Change change) {
  FunctionState& f = At(function);
  engine::DevicePoint(f.location, /*is_write=*/true);
  change(f);
  for (const FunctionId id : f.below) change(At(id));
}

}  // namespace

void SurpriseRemove(FunctionId function) {
  ForItAndBelow(function, [](FunctionState& f) {
    MarkDirty(f);
    f.generation.fetch_add(1, kRelaxed);
    f.Set(kAbsent);
  });
  if (engine::Recording()) NoteFunction(At(function), "surprise-removed");
}

void Reinsert(FunctionId function) {
  ForItAndBelow(function, [](FunctionState& f) {
    ResetRegisters(f, Reset::kPowerOn, Identity());
    f.unready_until.store(0, kRelaxed);
    f.generation.fetch_add(1, kRelaxed);
    f.Clear(kAbsent);
    f.Clear(kCold);
  });
  if (engine::Recording()) NoteFunction(At(function), "inserted");
}

bool IsPresent(FunctionId function) { return !At(function).Has(kAbsent); }

}  // namespace cfgtorture::hw
