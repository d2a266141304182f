// harness/pci/hardware/blocked_access.cc
//
// Fires        when a user-origin access reaches a function inside its blocked window.
// Opportunity  another context's user-origin register call on the function that overlaps the window.
#include "harness/pci/hardware/monitors.h"
#include "harness/pci/hardware/notes.h"

namespace cfgtorture::hw {

void BlockedWindowOpen(FunctionId function) {
  FunctionState& f = At(function);
  Slot& self = CurrentSlot();
  MarkDirty(f);
  // Windows of several callers overlap if a strategy lets them: they are counted, so that the first to close does not
  // close the other's.
  if (f.blocked_windows.fetch_add(1, kRelaxed) == 0) {
    const uint32_t depth = self.depth.load(kRelaxed);
    f.blocker.store(depth != 0 ? self.calls[depth - 1].load()
                               : Identity::Of(self.index, Call::kAccessLock, Origin::kOwner, 0));
    f.Set(kBlocked);
    self.monitor(Hazard::kBlockedAccess)
        .opportunities.Add(OthersOnFunction(self, function, kTouchingCalls, Bit(Origin::kUser)));
  }
  if (engine::Recording()) NoteFunction(f, "blocked window opens");
}

bool BlockedWindowClose(FunctionId function) {
  FunctionState& f = At(function);
  uint32_t before = f.blocked_windows.load(kRelaxed);
  do {
    if (before == 0) return false;
  } while (!f.blocked_windows.compare_exchange_weak(before, before - 1, kRelaxed));
  if (before == 1) f.Clear(kBlocked);
  if (engine::Recording()) NoteFunction(f, "blocked window closes, the block not yet");
  return true;
}

void CallMeetsBlock(Slot& self, FunctionState& f, Identity who) {
  if (!(Bit(who.call()) & kTouchingCalls) || who.origin() != Origin::kUser) return;
  if (f.blocker.load().slot() != self.index) self.monitor(Hazard::kBlockedAccess).opportunities.Add(1);
}

void AccessWhileBlocked(FunctionState& f, uint16_t reg, Slot& self, Identity who) {
  if (who.origin() != Origin::kUser) return;
  const Identity blocker = f.blocker.load();
  Text text;
  AppendCall(text, who);
  text.Str(" reached ").Str(f.info.name).Str(" ");
  AppendRegister(text, f, reg);
  text.Str(" while ");
  AppendContext(text, blocker.slot());
  text.Str(" had its config space blocked");
  Hit(self, Hazard::kBlockedAccess, &f, reg, who, blocker, text);
}

}  // namespace cfgtorture::hw
