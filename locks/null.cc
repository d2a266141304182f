// locks/null.cc: no serialisation and no blocking: the control. A run that does not convict it proves nothing.
//
// Models    no kernel: what is left when every lock of access.c is taken out.
// Legal     every context: nothing waits.
// Leaves    everything to others.
// Against   torn address/data pairs, lost updates, users inside blocked windows, a race on bus->ops.
#include <cerrno>

#include "harness/sdk/registers.h"
#include "harness/sdk/registry.h"
#include "harness/sdk/strategy.h"

namespace cfgtorture {
namespace {

class Null final : public Strategy {
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
    return ErrnoOf(BusRead(dev, where, size, value));
  }
  int user_write(Device& dev, Offset where, Size size, uint32_t value) override {
    if (Misaligned(where, size)) return -EINVAL;
    return ErrnoOf(BusWrite(dev, where, size, value));
  }

  void access_lock(Device&) override {}
  bool access_trylock(Device&) override { return true; }
  void access_unlock(Device&) override {}

  bool intx_mask(Device& dev, bool mask) override { return CheckAndSetIntx(dev, mask); }
  int capability_update(Device& dev, Offset reg, uint16_t clear, uint16_t set) override {
    return ClearAndSet(dev, reg, clear, set);
  }
  void msi_mask(Device& dev, unsigned vector, bool mask) override {
    const Offset where = MsiMaskRegister(dev);
    if (where == 0) return;
    const uint32_t bit = 1u << vector;
    dev.msi_mask = mask ? dev.msi_mask | bit : dev.msi_mask & ~bit;
    BusWrite(dev, where, Size::kDword, dev.msi_mask);
  }

  ConfigOps* set_ops(Bus& bus, ConfigOps* ops) override {
    ConfigOps* const old = bus.ops;
    bus.ops = ops;
    return old;
  }
};

const StrategyRegistration kNull{{
    .name = "null",
    .summary = "no serialisation, no blocking: the control, which must be convicted",
    .make = Make<Null>,
}};

}  // namespace
}  // namespace cfgtorture
