// harness/pci/hardware/torn_pair.cc
//
// Fires        when data goes through a latch whose address another call wrote last, or through a mailbox of whose
//              request another call wrote a part, or whose completion is of another call's request.
// Opportunity  another context's register call on the same bridge, between the write of the address and its data.
// Misses       a tear that writes the same address twice from one call. Latches inside configuration space (VPD, vendor
//              windows) are not modelled.
// Cries wolf   at a bridge driver that trusts an address that an earlier call left in the latch.
#include "harness/pci/hardware/monitors.h"
#include "harness/pci/hardware/notes.h"

namespace cfgtorture::hw {

void PairOpens(SharedIdentity& open, BridgeId bridge, Slot& self, Identity who) {
  self.monitor(Hazard::kTornPair).opportunities.Add(OthersOnBridge(self, bridge, kTouchingCalls));
  open.store(who);
  self.open_latch = &open;
}

void PairCloses(SharedIdentity& open, Slot& self, Identity who) {
  if (self.open_latch == &open) CloseLatch(self, who);
}

void LatchAddressed(Latch& latch, BridgeId bridge, Slot& self, Identity who) {
  latch.writer.store(who);
  PairOpens(latch.open, bridge, self, who);
}

void LatchTransferred(Latch& latch, const char* what, FunctionState* reached, uint16_t reg, Slot& self, Identity who) {
  const Identity writer = latch.writer.load();
  PairCloses(latch.open, self, who);
  PairUsed(writer, what, reached, reg, self, who);
}

void PairUsed(Identity writer, const char* what, const FunctionState* reached, uint16_t reg, Slot& self, Identity who) {
  if (!writer || writer == who) return;
  Text text;
  text.Str("data of ");
  AppendCall(text, who);
  if (self.InnermostFunction() != kNoFunction) text.Str(" for ").Str(At(self.InnermostFunction()).info.name);
  text.Str(" went through ").Str(what).Str(", which ");
  AppendCall(text, writer);
  text.Str(" had pointed at ");
  if (reached != nullptr) {
    text.Str(reached->info.name).Str(" ");
    AppendRegister(text, *reached, reg);
  } else {
    text.Str("no function");
  }
  Hit(self, Hazard::kTornPair, reached, reg, who, writer, text);
}

void CloseLatch(Slot& self, Identity who) {
  // Another call may have opened the latch anew meanwhile; its interval is its own.
  if (self.open_latch->load() == who) self.open_latch->store(Identity());
  self.open_latch = nullptr;
}

}  // namespace cfgtorture::hw
