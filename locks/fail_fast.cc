// locks/fail_fast.cc: an access that is not allowed now fails, instead of waiting or of going ahead.
//
// Models    what Helgaas would rather have had than block and wait (C24): users and the kernel alike get an error while
//           somebody else has the function to himself; a D-state change takes the block, too.
// Legal     accesses in every context; a change of D-state sleeps.
// Leaves    what to do about the error, to every caller there is: most do not look.
// Against   an interrupt handler that meets a function in transition has nobody to wait for it, and the INTx helper
//           cannot say that it failed: the interrupt is taken for somebody else's.
#include <cerrno>

#include "harness/kernel/observer.h"
#include "harness/sdk/registers.h"
#include "harness/sdk/registry.h"
#include "harness/sdk/strategy.h"
#include "locks/change_owner.h"

namespace cfgtorture {
namespace {

class FailFast final : public Strategy {
 public:
  int read(Device& dev, Offset where, Size size, uint32_t* value) override {
    if (Misaligned(where, size)) return kBadRegisterNumber;
    const unsigned long flags = pci_lock_.lock_irqsave();
    const int status = Closed(dev) ? Refuse(size, value) : BusRead(dev, where, size, value);
    pci_lock_.unlock_irqrestore(flags);
    return status;
  }
  int write(Device& dev, Offset where, Size size, uint32_t value) override {
    if (Misaligned(where, size)) return kBadRegisterNumber;
    const unsigned long flags = pci_lock_.lock_irqsave();
    const int status = Closed(dev) ? kDeviceNotFound : BusWrite(dev, where, size, value);
    pci_lock_.unlock_irqrestore(flags);
    return status;
  }

  int user_read(Device& dev, Offset where, Size size, uint32_t* value) override {
    *value = ~0u;
    if (Misaligned(where, size)) return -EINVAL;
    pci_lock_.lock_irq();
    const int result =
        dev.block_cfg_access.load(std::memory_order_relaxed) ? -EBUSY : ErrnoOf(BusRead(dev, where, size, value));
    pci_lock_.unlock_irq();
    return result;
  }
  int user_write(Device& dev, Offset where, Size size, uint32_t value) override {
    if (Misaligned(where, size)) return -EINVAL;
    pci_lock_.lock_irq();
    const int result =
        dev.block_cfg_access.load(std::memory_order_relaxed) ? -EBUSY : ErrnoOf(BusWrite(dev, where, size, value));
    pci_lock_.unlock_irq();
    return result;
  }

  // Whoever wants the block waits for it, as in v5.9.
  void access_lock(Device& dev) override {
    Strategy::access_lock(dev);
    owner_.Set(dev);
  }
  bool access_trylock(Device& dev) override {
    if (!Strategy::access_trylock(dev)) return false;
    owner_.Set(dev);
    return true;
  }
  void access_unlock(Device& dev) override {
    owner_.Clear(dev);
    Strategy::access_unlock(dev);
  }

  bool intx_mask(Device& dev, bool mask) override {
    const unsigned long flags = pci_lock_.lock_irqsave();
    const bool changed = !Closed(dev) && CheckAndSetIntx(dev, mask);
    pci_lock_.unlock_irqrestore(flags);
    return changed;
  }

  int set_power_state(Device& dev, PowerState to) override {
    const bool has_it = owner_.IsCurrent(dev);
    if (!has_it) access_lock(dev);
    const int result = Strategy::set_power_state(dev, to);
    if (!has_it) access_unlock(dev);
    return result;
  }

 private:
  // For the kernel: somebody else has it. REQUIRES: pci_lock_ held.
  bool Closed(const Device& dev) const {
    return dev.block_cfg_access.load(std::memory_order_relaxed) && !owner_.IsCurrent(dev);
  }
  static int Refuse(Size size, uint32_t* value) {
    *value = size == Size::kDword ? ~0u : (1u << 8 * static_cast<unsigned>(size)) - 1;
    return kDeviceNotFound;
  }

  ChangeOwner owner_;
};

const StrategyRegistration kFailFast{{
    .name = "fail-fast",
    .summary = "an access to a function that somebody has to himself fails; D-state changes take the block",
    .make = Make<FailFast>,
}};

}  // namespace
}  // namespace cfgtorture
