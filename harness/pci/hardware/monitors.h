// harness/pci/hardware/monitors.h: what the hardware and the call stamps tell the monitors. One file a monitor.
//
// Each counts hits, and opportunities: another context's call whose interval, waiting for locks included, overlaps the
// critical interval (design 4). A call that is under way when the interval opens is found by a scan of the slots; one
// that begins inside it finds the interval's mark. So each overlapping pair counts once, whether or not a lock kept the
// accesses themselves apart.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_MONITORS_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_MONITORS_H_

#include "harness/pci/hardware/state.h"
#include "harness/pci/hardware/text.h"

namespace cfgtorture::hw {

// ---- torn_pair.cc: from the write of an address to the transfer of its data ----
void LatchAddressed(Latch& latch, BridgeId bridge, Slot& self, Identity who);
// `reached` is the function that the latch names, or null; `what` is "CF8" or "the window".
void LatchTransferred(Latch& latch, const char* what, FunctionState* reached, uint16_t reg, Slot& self, Identity who);
// The same in pieces, for what has more steps than two: `open` marks the interval, `writer` wrote what is used now.
void PairOpens(SharedIdentity& open, BridgeId bridge, Slot& self, Identity who);
void PairUsed(Identity writer, const char* what, const FunctionState* reached, uint16_t reg, Slot& self, Identity who);
void PairCloses(SharedIdentity& open, Slot& self, Identity who);
inline void CallMeetsPair(Slot& self, const SharedIdentity& mark) {  // on the path of every call
  const Identity open = mark.load();
  if (open && open.slot() != self.index) self.monitor(Hazard::kTornPair).opportunities.Add(1);
}
void CloseLatch(Slot& self, Identity who);

// ---- lost_update.cc: from a helper's read of a register to its write back ----
void HelperReads(FunctionState& f, unsigned dword, uint32_t value, uint32_t lanes, Slot& self, Identity who);
// `old` is what the register held when the write arrived, by `writer`; `now` is what it holds after it.
void HelperWrites(FunctionState& f, unsigned dword, uint32_t old, uint32_t now, uint32_t lanes, Identity writer,
                  Slot& self, Identity who);
// The same for a write that goes by way of the whole dword; it was asked for the bits `asked`.
void MergeReads(FunctionState& f, Slot& self, Identity who);
void MergeWrites(FunctionState& f, unsigned dword, uint32_t old, uint32_t now, uint32_t asked, Identity writer,
                 Slot& self, Identity who);
void CallMeetsUpdate(Slot& self, FunctionState& f, Identity who);
void UpdateEnds(Slot& self, Identity who);

// ---- blocked_access.cc: the blocked window ----
void CallMeetsBlock(Slot& self, FunctionState& f, Identity who);
void AccessWhileBlocked(FunctionState& f, uint16_t reg, Slot& self, Identity who);

// ---- transition_access.cc: from a power or reset command to the end of its recovery ----
void TransitionBegins(FunctionState& f, uint64_t until, Slot& self, Identity who);
void CallMeetsTransition(Slot& self, FunctionState& f, Identity who);
void AccessInTransition(FunctionState& f, uint16_t reg, Slot& self, Identity who);
// `bridge` puts its secondary bus into reset, or takes it out.
void BusResetWritten(FunctionState& bridge, bool held, Slot& self, Identity who);

// ---- use_after_remove.cc: from the beginning of device_remove until there is a new object ----
void RemovalBegins(Slot& self, FunctionState& f, Identity who);
void CallMeetsRemoval(Slot& self, FunctionState& f, Identity who);
void RemovalEnds(FunctionId function);
void AccessToFreed(FunctionState& f, uint16_t reg, Slot& self, Identity who);

// ---- torn_message.cc: the device samples address and data ----
void MessageSampled(FunctionState& f, unsigned index, uint32_t cpu, uint32_t vector, Slot& self);
void MessageOpportunity(FunctionState& f, Slot& self);

// ---- hits.cc ----
// Counts the hit and tells it. `other` is the call that it clashed with, if known. May not return.
void Hit(Slot& self, Hazard hazard, const FunctionState* f, uint16_t reg, Identity who, Identity other,
         const Text& text);
void ClearHits();
// "user_read of task 1"
void AppendCall(Text& text, Identity who);

}  // namespace cfgtorture::hw

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_MONITORS_H_
