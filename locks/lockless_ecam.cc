// locks/lockless_ecam.cc: ECAM alone, and no lock on any access path.
//
// Models    what the thread asked for (C13): PCI_LOCKLESS_CONFIG carried through to user accessors and helpers; merged
//           for kernel accessors only (714fe383d6c9).
// Legal     every context for accesses: one load or store. Block and wait are v5.9's.
// Leaves    latches of other bridges (refused), read-modify-write, D-state changes.
// Against   a user tests the flag, then a block returns and its window opens, then the user's access arrives: a test
//           without a lock drains nobody. bus->ops is read without a lock (C14).
#include <cerrno>

#include "harness/sdk/registry.h"
#include "harness/sdk/strategy.h"

namespace cfgtorture {
namespace {

class LocklessEcam final : public Strategy {
 public:
  int read(Device& dev, Offset where, Size size, uint32_t* value) override {
    if (Misaligned(where, size)) return kBadRegisterNumber;
    return BusRead(dev, where, size, value);
  }
  int write(Device& dev, Offset where, Size size, uint32_t value) override {
    if (Misaligned(where, size)) return kBadRegisterNumber;
    return BusWrite(dev, where, size, value);
  }

  int user_read(Device& dev, Offset where, Size size, uint32_t* value) override {
    *value = ~0u;
    if (Misaligned(where, size)) return -EINVAL;
    WaitUntilOpen(dev);
    return ErrnoOf(BusRead(dev, where, size, value));
  }
  int user_write(Device& dev, Offset where, Size size, uint32_t value) override {
    if (Misaligned(where, size)) return -EINVAL;
    WaitUntilOpen(dev);
    return ErrnoOf(BusWrite(dev, where, size, value));
  }

  bool intx_mask(Device& dev, bool mask) override { return CheckAndSetIntx(dev, mask); }

 private:
  void WaitUntilOpen(Device& dev) {
    if (!dev.block_cfg_access.load(std::memory_order_relaxed)) return;
    wait_event(pci_cfg_wait_, [&dev] { return !dev.block_cfg_access.load(std::memory_order_relaxed); });
  }
};

const StrategyRegistration kLocklessEcam{{
    .name = "lockless-ecam",
    .summary = "ECAM without any lock; users test the block flag without one",
    .refuses_bridges = "x86,cf8,cf8-amd,indirect,slow-mailbox,dword-only",
    .refuses_reason = "an access in several steps needs a lock around them (C12)",
    .make = Make<LocklessEcam>,
}};

}  // namespace
}  // namespace cfgtorture
