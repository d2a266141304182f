// locks/per_backend.cc: kernel accesses rely on the lock of the host bridge's driver; pci_lock is for users and
// helpers.
//
// Models    x86 since v4.13 with PCI_LOCKLESS_CONFIG (714fe383d6c9, df65c1bcd9b7), where pci_config_lock guards CF8.
// Legal     every context, if the lock of the ops is raw.
// Leaves    D-state changes; kernel accesses to a blocked function (C24).
// Against   one kernel write slips between the INTx helper's read and write (facts 3.2); bus->ops is read without the
//           lock that set_ops holds (C14).
#include "harness/sdk/registry.h"
#include "harness/sdk/strategy.h"

namespace cfgtorture {
namespace {

class PerBackend final : public Strategy {
 public:
  int read(Device& dev, Offset where, Size size, uint32_t* value) override {
    if (Misaligned(where, size)) return kBadRegisterNumber;
    return BusRead(dev, where, size, value);
  }
  int write(Device& dev, Offset where, Size size, uint32_t value) override {
    if (Misaligned(where, size)) return kBadRegisterNumber;
    return BusWrite(dev, where, size, value);
  }

  ConfigOps::Locking ops_locking() const override { return ConfigOps::Locking::kOwn; }
};

const StrategyRegistration kPerBackend{{
    .name = "per-backend",
    .summary = "x86 as shipped: kernel accesses under the lock of the ops, users and helpers under pci_lock too",
    .make = Make<PerBackend>,
}};

}  // namespace
}  // namespace cfgtorture
