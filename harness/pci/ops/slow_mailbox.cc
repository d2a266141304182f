#include "harness/pci/ops/slow_mailbox.h"

#include "harness/kernel/time.h"
#include "harness/pci/device.h"

namespace cfgtorture {
namespace {

constexpr unsigned kPollUs = 5;  // as Altera's
// 100 us in all. Altera polls 500 times; a completion that somebody else took never comes, and an execution of the
// model in which that happens should stay short.
constexpr int kPolls = 20;

}  // namespace

void SlowMailboxOps::Build(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, bool is_write) {
  const uint32_t enables = ((1u << size) - 1) << (where & 3);
  hw::MmioWrite(mailbox_ + hw::kMailboxCommand, enables << 4 | is_write, 4);
  hw::MmioWrite(mailbox_ + hw::kMailboxAddress, uint32_t{bus.number} << 24 | uint32_t{devfn} << 16 | (where & 0xffcu),
                4);
}

int SlowMailboxOps::SendAndWait(uint32_t* completion) {
  hw::MmioWrite(mailbox_ + hw::kMailboxSend, 1, 4);
  for (int i = 0; i < kPolls; ++i) {
    const uint32_t status = hw::MmioRead(mailbox_ + hw::kMailboxStatus, 4);
    if (status & 1) {
      *completion = hw::MmioRead(mailbox_ + hw::kMailboxCompletion, 4);
      return status & 2 ? kDeviceNotFound : kOk;
    }
    udelay(kPollUs);
  }
  return kDeviceNotFound;
}

int SlowMailboxOps::read(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t* value) {
  *value = ~0u;
  if (where > 4095) return kBadRegisterNumber;

  OwnLock::Guard guard(mailbox_lock_);
  Build(bus, devfn, where, size, /*is_write=*/false);
  uint32_t completion;
  const int result = SendAndWait(&completion);
  if (result == kOk) *value = completion >> 8 * (where & 3) & (size == 4 ? ~0u : (1u << 8 * size) - 1);
  return result;
}

int SlowMailboxOps::write(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t value) {
  if (where > 4095) return kBadRegisterNumber;

  OwnLock::Guard guard(mailbox_lock_);
  Build(bus, devfn, where, size, /*is_write=*/true);
  hw::MmioWrite(mailbox_ + hw::kMailboxData, value << 8 * (where & 3), 4);
  uint32_t completion;  // a configuration write is not posted: it waits as a read does
  return SendAndWait(&completion);
}

}  // namespace cfgtorture
