// harness/pci/hardware/transition_access.cc
//
// Fires        when anybody touches a function between a power or reset command and the end of its recovery time, or in
//              D3cold, but the owner of a window and the context that gave the command. D3hot itself answers and is no
//              hazard; a function behind a bridge that is not in D0 cannot be touched at all.
//              Also when anybody else than who has put a secondary bus into reset takes it out: the bridge above is
//              part of that transition until it is written back.
// Opportunity  another context's register call on the function that overlaps this interval; of a bus in reset, one that
//              may write to the bridge.
// User and kernel origins are counted apart: no strategy built on pci_lock stops the kernel's (facts 1, C11).
#include "harness/pci/hardware/monitors.h"
#include "harness/pci/hardware/notes.h"
#include "harness/pci/hardware/power.h"

namespace cfgtorture::hw {
namespace {

// `other` is a third party of the transition that `issuer` began.
bool IsThirdParty(Identity other, Identity issuer) {
  return other.origin() != Origin::kOwner && other.slot() != issuer.slot();
}

void AddOpportunities(Slot& self, Origin origin, uint32_t n) {
  self.transitions[static_cast<size_t>(origin)].opportunities.Add(n);
  self.monitor(Hazard::kTransitionAccess).opportunities.Add(n);
}

}  // namespace

void TransitionBegins(FunctionState& f, uint64_t until, Slot& self, Identity who) {
  MarkDirty(f);
  f.unready_issuer.store(who);
  f.unready_until.store(until, kRelaxed);
  for (const Origin origin : {Origin::kUser, Origin::kKernel}) {
    AddOpportunities(self, origin, OthersOnFunction(self, f.info.id, kTouchingCalls, Bit(origin)));
  }
}

void CallMeetsTransition(Slot& self, FunctionState& f, Identity who) {
  if (!(Bit(who.call()) & kTouchingCalls) || !IsThirdParty(who, f.unready_issuer.load()) || !IsUnready(f)) return;
  AddOpportunities(self, who.origin(), 1);
}

void AccessInTransition(FunctionState& f, uint16_t reg, Slot& self, Identity who) {
  const Identity issuer = f.unready_issuer.load();
  if (!IsThirdParty(who, issuer)) return;
  self.transitions[static_cast<size_t>(who.origin())].hits.Add(1);
  Text text;
  AppendCall(text, who);
  text.Str(" touched ").Str(f.info.name).Str(" ");
  AppendRegister(text, f, reg);
  if (f.Has(kCold)) {
    text.Str(" in D3cold, after ");
    AppendCall(text, issuer);
    text.Str(" had cut its power");
  } else {
    text.Str(" within the recovery time of what ");
    AppendCall(text, issuer);
    text.Str(" had commanded");
  }
  Hit(self, Hazard::kTransitionAccess, &f, reg, who, issuer, text);
}

void BusResetWritten(FunctionState& bridge, bool held, Slot& self, Identity who) {
  for (const Origin origin : {Origin::kUser, Origin::kKernel}) {
    AddOpportunities(self, origin, OthersOnFunction(self, bridge.info.id, kWritingCalls, Bit(origin)));
  }
  MarkDirty(bridge);
  const Identity issuer = bridge.bus_resetter.load();
  bridge.bus_resetter.store(held ? who : Identity());
  if (held || !issuer || !IsThirdParty(who, issuer)) return;
  self.transitions[static_cast<size_t>(who.origin())].hits.Add(1);
  Text text;
  AppendCall(text, who);
  text.Str(" took the bus below ").Str(bridge.info.name).Str(" out of the reset that ");
  AppendCall(text, issuer);
  text.Str(" had commanded");
  Hit(self, Hazard::kTransitionAccess, &bridge, kBridgeControlDword + 2, who, issuer, text);
}

}  // namespace cfgtorture::hw
