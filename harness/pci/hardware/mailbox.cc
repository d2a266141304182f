// harness/pci/hardware/mailbox.cc: request registers, a doorbell, a completion (facts 4, "packet / mailbox").
//
// Built after Altera's: a request is a packet written into registers, a completion is polled for. That bridge queues
// packets; this one holds one request and one completion, so that a second sender overwrites the first one's: the least
// that hardware may do for software that lets two in. The request reaches its function at the doorbell; the polls are
// the time that its completion takes.
#include "harness/pci/hardware/mailbox.h"

#include "harness/pci/hardware/access.h"
#include "harness/pci/hardware/monitors.h"
#include "harness/pci/hardware/notes.h"

namespace cfgtorture::hw {
namespace {

constexpr uint32_t kThere = 1, kUnsupported = 2;  // of kMailboxStatus

// The whole mailbox is one location, but for the status, which is polled.
void Point(const BridgeState& bridge, uint64_t offset, bool is_write) {
  engine::DevicePoint(bridge.info.mailbox + (offset == kMailboxStatus ? kMailboxStatus : 0), is_write);
  if (g_machine->latencies.mailbox_register_ns != 0) engine::DelayNs(g_machine->latencies.mailbox_register_ns);
}

// The enabled bytes as the access that they are; anything but 1, 2 or 4 aligned bytes is none.
bool DecodeEnables(uint32_t enables, unsigned* lane, unsigned* size) {
  *lane = enables == 0 ? 0 : static_cast<unsigned>(__builtin_ctz(enables));
  *size = static_cast<unsigned>(__builtin_popcount(enables));
  return enables != 0 && enables >> *lane == (1u << *size) - 1 && *size != 3 && *lane % *size == 0;
}

void Send(BridgeState& bridge, Slot& self, Identity who) {
  Mailbox& mailbox = bridge.mailbox;
  const uint32_t command = mailbox.request[0].load(kRelaxed);
  const uint32_t address = mailbox.request[1].load(kRelaxed);
  const bool is_write = command & 1;
  unsigned lane, size;
  const bool well_formed = DecodeEnables(command >> 4 & 0xf, &lane, &size);
  FunctionState* f = Find(bridge, static_cast<uint8_t>(address >> 24), static_cast<uint8_t>(address >> 16));
  const uint16_t reg = static_cast<uint16_t>((address & 0xffc) | lane);
  for (unsigned i = 0; i < (is_write ? 3 : 2); ++i) {  // a read has no data
    const Identity writer = mailbox.writers[i].load();
    if (writer == who) continue;
    PairUsed(writer, "the mailbox", f, reg, self, who);
    break;
  }
  const uint32_t data = mailbox.request[2].load(kRelaxed) >> (8 * lane);
  uint32_t value = kAllLanes;
  const bool supported = well_formed && f != nullptr && !f->Has(kAbsent);
  if (well_formed) value = Request(&bridge, f, reg, is_write, data, size, kAllLanes, self, who) << (8 * lane);
  mailbox.requester.store(who);
  mailbox.answered.store((f == nullptr ? kNoFunction : f->info.id) | uint32_t{reg} << 16, kRelaxed);
  mailbox.completion.store(value, kRelaxed);
  mailbox.busy.store(g_machine->latencies.mailbox_busy_polls, kRelaxed);
  mailbox.status.store(supported ? kThere : kThere | kUnsupported, kRelaxed);
  engine::DeviceChanged(bridge.info.mailbox + kMailboxStatus);
}

}  // namespace

uint32_t MailboxRead(BridgeState& bridge, uint64_t offset, unsigned size) {
  Point(bridge, offset, /*is_write=*/offset == kMailboxCompletion);
  if (size != 4) return Ones(size);
  Mailbox& mailbox = bridge.mailbox;
  if (offset == kMailboxStatus) {
    const uint32_t busy = mailbox.busy.load(kRelaxed);
    const uint32_t status = busy == 0 ? mailbox.status.load(kRelaxed) : 0;
    if (engine::Recording()) NoteRegister("mailbox status", false, status, 4);
    if (busy != 0) {  // progress that a poller may wait for
      mailbox.busy.store(busy - 1, kRelaxed);
      engine::DeviceChanged(bridge.info.mailbox + kMailboxStatus);
    }
    return status;
  }
  if (offset != kMailboxCompletion) return kAllLanes;
  Slot& self = CurrentSlot();
  const Identity who = self.Innermost(/*is_write=*/true);  // as at the request
  PairCloses(mailbox.open, self, who);
  if (mailbox.status.exchange(0, kRelaxed) == 0) return kAllLanes;  // somebody took it
  const uint32_t value = mailbox.completion.load(kRelaxed);
  if (engine::Recording()) NoteRegister("mailbox completion", false, value, 4);
  const uint32_t answered = mailbox.answered.load(kRelaxed);
  const auto function = static_cast<FunctionId>(answered & 0xffff);
  PairUsed(mailbox.requester.load(), "the mailbox", function == kNoFunction ? nullptr : &At(function),
           static_cast<uint16_t>(answered >> 16), self, who);
  return value;
}

void MailboxWrite(BridgeState& bridge, uint64_t offset, uint32_t value, unsigned size) {
  Point(bridge, offset, /*is_write=*/true);
  if (size != 4 || offset > kMailboxSend) return;
  if (!bridge.dirty.load(kRelaxed)) bridge.dirty.store(true, kRelaxed);
  Mailbox& mailbox = bridge.mailbox;
  Slot& self = CurrentSlot();
  const Identity who = self.Innermost(/*is_write=*/true);
  if (offset == kMailboxSend) {
    if (engine::Recording()) NoteRegister("mailbox send", true, value, 4);
    Send(bridge, self, who);
    return;
  }
  constexpr const char* kNames[] = {"mailbox command", "mailbox address", "mailbox data"};
  const size_t i = offset / 4;
  if (engine::Recording()) NoteRegister(kNames[i], true, value, 4);
  if (!(mailbox.open.load() == who)) PairOpens(mailbox.open, bridge.id, self, who);
  mailbox.request[i].store(value, kRelaxed);
  mailbox.writers[i].store(who);
}

}  // namespace cfgtorture::hw
