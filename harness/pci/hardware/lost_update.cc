// harness/pci/hardware/lost_update.cc
//
// Fires        when a helper writes back the old value of a bit that has changed since the helper read it. Only helpers
//              are culprits: a driver's own read and write pair is unprotected under every strategy (design 4).
//              RW1C bits cannot be lost so: a 0 leaves them, a 1 is no old value of a bit that has been set since.
//              And when a bridge that moves whole dwords only changes a bit that its caller did not ask for: a RW bit
//              that another has changed since the bridge's own read, or a RW1C bit, an event that was read as 1 and is
//              cleared by writing it back. The latter needs nobody else, and no lock prevents it (facts 4).
// Opportunity  another context's writing call on the function, between the helper's (the bridge's) read and its write;
//              and each event that a merged write clears. A helper that reads and then need not write had no chance to
//              lose anything, and counts none.
// Misses       a bit that was changed and changed back. A helper that reads from a software cache (msi_mask) reads no
//              register: its loss is a data race on the cache.
#include "harness/pci/hardware/monitors.h"
#include "harness/pci/hardware/notes.h"

namespace cfgtorture::hw {
namespace {

void CloseUpdate(FunctionState& f, Identity who) {
  if (!(f.updater.load() == who)) return;
  f.updater.store(Identity());
  f.Clear(kUpdating);
}

}  // namespace

void HelperReads(FunctionState& f, unsigned dword, uint32_t value, uint32_t lanes, Slot& self, Identity who) {
  OwnRead& read = self.reads[self.next_read];
  self.next_read = (self.next_read + 1) % static_cast<uint32_t>(self.reads.size());
  read.who = who;
  read.function = f.info.id;
  read.dword = static_cast<uint16_t>(dword);
  read.value = value;
  read.lanes = lanes;
  read.generation = f.generation.load(kRelaxed);
  read.overlapping = OthersOnFunction(self, f.info.id, kWritingCalls, kAnyOrigin);
  MarkDirty(f);
  f.update_overlaps.store(0, kRelaxed);
  f.updater.store(who);
  f.Set(kUpdating);
}

void HelperWrites(FunctionState& f, unsigned dword, uint32_t old, uint32_t now, uint32_t lanes, Identity writer,
                  Slot& self, Identity who) {
  for (OwnRead& read : self.reads) {
    if (!(read.who == who) || read.function != f.info.id || read.dword != dword) continue;
    if (read.generation != f.generation.load(kRelaxed)) continue;
    self.monitor(Hazard::kLostUpdate).opportunities.Add(read.overlapping + f.update_overlaps.exchange(0, kRelaxed));
    CloseUpdate(f, who);
    const uint32_t changed_by_others = old ^ read.value;
    const uint32_t kept_by_helper = ~(now ^ read.value);
    const uint32_t lost = changed_by_others & kept_by_helper & f.space.rw[dword] & lanes & read.lanes;
    read.value = now;  // a further write of this call starts from here
    read.lanes &= lanes;
    read.overlapping = 0;
    if (lost == 0) return;
    const unsigned bit = static_cast<unsigned>(__builtin_ctz(lost));
    const unsigned half = bit / 16 * 2;  // registers are named by word
    Text text;
    text.Str("bit ").Dec(bit % 16).Str(" of ").Str(f.info.name).Str(" ");
    AppendRegister(text, f, dword * 4 + half);
    text.Str(", ").Str((old >> bit & 1) ? "set" : "cleared").Str(" by ");
    AppendCall(text, writer);
    text.Str(", was written back by ");
    AppendCall(text, who);
    Hit(self, Hazard::kLostUpdate, &f, static_cast<uint16_t>(dword * 4 + half), who, writer, text);
    return;
  }
}

void CallMeetsUpdate(Slot& self, FunctionState& f, Identity who) {
  if ((Bit(who.call()) & kWritingCalls) && f.updater.load().slot() != self.index) {
    f.update_overlaps.fetch_add(1, kRelaxed);  // the helper takes them at its write
  }
}

void MergeReads(FunctionState& f, Slot& self, Identity who) {
  self.merging = f.info.id;
  self.merge_overlaps = 0;
  if (f.updater.load() == who) return;  // within the helper's own interval, which counts
  self.merge_overlaps = OthersOnFunction(self, f.info.id, kWritingCalls, kAnyOrigin);
  MarkDirty(f);
  f.update_overlaps.store(0, kRelaxed);
  f.updater.store(who);
  f.Set(kUpdating);
}

void MergeWrites(FunctionState& f, unsigned dword, uint32_t old, uint32_t now, uint32_t asked, Identity writer,
                 Slot& self, Identity who) {
  const uint32_t lost = (old ^ now) & ~asked;
  uint32_t opportunities = (lost & f.space.rw1c[dword]) != 0;
  if (self.merging == f.info.id) {
    if (f.space.rw[dword] & ~asked) opportunities += self.merge_overlaps + f.update_overlaps.load(kRelaxed);
    self.merging = kNoFunction;
    CloseUpdate(f, who);
  }
  self.monitor(Hazard::kLostUpdate).opportunities.Add(opportunities);
  if (lost == 0) return;
  const unsigned bit = static_cast<unsigned>(__builtin_ctz(lost));
  const unsigned half = bit / 16 * 2;  // registers are named by word
  const bool event = f.space.rw1c[dword] >> bit & 1;
  Text text;
  text.Str("bit ").Dec(bit % 16).Str(" of ").Str(f.info.name).Str(" ");
  AppendRegister(text, f, dword * 4 + half);
  if (event) {
    text.Str(", an event of the device, was cleared by ");
  } else {
    text.Str(old >> bit & 1 ? ", set by " : ", cleared by ");
    AppendCall(text, writer);
    text.Str(", was written back by ");
  }
  AppendCall(text, who);
  text.Str(", which was asked to write ");
  AppendRegister(text, f, dword * 4 + static_cast<unsigned>(__builtin_ctz(asked)) / 8);
  text.Str(" alone");
  Hit(self, Hazard::kLostUpdate, &f, static_cast<uint16_t>(dword * 4 + half), who, event ? Identity() : writer, text);
}

void UpdateEnds(Slot& self, Identity who) {
  if (self.merging != kNoFunction) {  // read, and not written: the function did not take the write
    CloseUpdate(At(self.merging), who);
    self.merging = kNoFunction;
  }
  if (!(Bit(who.call()) & kHelperCalls)) return;
  for (OwnRead& read : self.reads) {
    if (!(read.who == who)) continue;
    CloseUpdate(At(read.function), who);
    read.who = Identity();
  }
}

}  // namespace cfgtorture::hw
