// harness/pci/hardware/use_after_remove.cc
//
// Fires        when a call begins on a function whose kernel object is freed, or touches a register after the object
// was
//              freed under it; once a call. device_add makes the object and is exempt.
// Opportunity  another context's call on the function that overlaps its device_remove, or comes after it.
// Reading an absent function, all ones, is legal: this is about the object that the caller went through.
#include "harness/pci/hardware/monitors.h"
#include "harness/pci/hardware/notes.h"

namespace cfgtorture::hw {
namespace {

void Convict(FunctionState& f, uint16_t reg, Slot& self, Identity who, const char* how) {
  self.freed_reported = who.sequence();
  const Identity remover = f.remover.load();
  Text text;
  AppendCall(text, who);
  text.Str(how).Str(f.info.name).Str(" after ");
  AppendCall(text, remover);
  text.Str(" had freed it");
  Hit(self, Hazard::kUseAfterRemove, &f, reg, who, remover, text);
}

}  // namespace

void RemovalBegins(Slot& self, FunctionState& f, Identity who) {
  MarkDirty(f);
  f.remover.store(who);
  f.Set(kRemoving);
  self.monitor(Hazard::kUseAfterRemove).opportunities.Add(OthersOnFunction(self, f.info.id, kAnyCall, kAnyOrigin));
}

void RemovalEnds(FunctionId function) {
  FunctionState& f = At(function);
  if (!f.Has(kFreed)) f.Clear(kRemoving);
}

void ObjectFreed(FunctionId function) {
  FunctionState& f = At(function);
  Slot& self = CurrentSlot();
  if (!f.Has(kRemoving)) {
    const Identity who = self.depth.load(kRelaxed) != 0
                             ? self.Innermost(false)
                             : Identity::Of(self.index, Call::kDeviceRemove, Origin::kKernel, 0);
    RemovalBegins(self, f, who);
  }
  f.Set(kFreed);
  if (engine::Recording()) NoteFunction(f, "kernel object freed");
}

void ObjectCreated(FunctionId function) {
  FunctionState& f = At(function);
  f.Clear(kFreed);
  f.Clear(kRemoving);
}

void AccessToFreed(FunctionState& f, uint16_t reg, Slot& self, Identity who) {
  if (who.call() == Call::kDeviceAdd || who.sequence() == 0) return;
  if (self.InnermostFunction() != f.info.id || self.freed_reported == who.sequence()) return;
  Convict(f, reg, self, who, " touched the registers of ");
}

void CallMeetsRemoval(Slot& self, FunctionState& f, Identity who) {
  if (who.call() == Call::kDeviceAdd) return;
  if (f.remover.load().slot() != self.index) self.monitor(Hazard::kUseAfterRemove).opportunities.Add(1);
  if (f.Has(kFreed)) Convict(f, 0xffff, self, who, " used the object of ");
}

}  // namespace cfgtorture::hw
