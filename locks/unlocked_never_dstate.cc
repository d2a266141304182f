// locks/unlocked_never_dstate.cc: kernel accesses to functions that never change their D-state take no lock.
//
// Models    Wilcox's first proposal (C9): such functions get unlocked accessors, all others pci_lock. Which never do is
//           read off the hardware here: they have no power-management capability.
// Legal     every context that pci_lock is legal in.
// Leaves    the address/data pair (the ops bring their own lock); D-state changes, as every form of pci_lock (C11): the
//           lock that the others keep does not cover theirs.
// Against   two rules instead of one. Where it applies it has per-backend's faults: one kernel write slips into the
// INTx
//           helper, and bus->ops is read without a lock.
#include "harness/sdk/registry.h"
#include "harness/sdk/strategy.h"

namespace cfgtorture {
namespace {

class UnlockedNeverDstate final : public Strategy {
 public:
  int read(Device& dev, Offset where, Size size, uint32_t* value) override {
    if (ChangesDstate(dev)) return Strategy::read(dev, where, size, value);
    if (Misaligned(where, size)) return kBadRegisterNumber;
    return BusRead(dev, where, size, value);
  }
  int write(Device& dev, Offset where, Size size, uint32_t value) override {
    if (ChangesDstate(dev)) return Strategy::write(dev, where, size, value);
    if (Misaligned(where, size)) return kBadRegisterNumber;
    return BusWrite(dev, where, size, value);
  }

  ConfigOps::Locking ops_locking() const override { return ConfigOps::Locking::kOwn; }

 private:
  static bool ChangesDstate(const Device& dev) { return dev.info().pm != 0; }
};

const StrategyRegistration kUnlockedNeverDstate{{
    .name = "unlocked-never-dstate",
    .summary = "functions without power management: kernel accesses take no pci_lock; all others do",
    .make = Make<UnlockedNeverDstate>,
}};

}  // namespace
}  // namespace cfgtorture
