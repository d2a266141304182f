// locks/global_raw_spinlock.cc: pci_lock, raw and with IRQs off, around every access and around every helper.
//
// Models    access.c of v5.9 with the PCIe capability and MSI mask helpers moved under pci_lock as well; block and wait
//           are inherited (2a7e32d0547f).
// Legal     every context, under every flavour: a raw spinlock never sleeps (C17, 511dd98ce8cf).
// Leaves    D-state changes: their recovery time is spent outside the lock (C11).
// Against   one lock for the whole machine, IRQs off for as long as the slowest bridge takes (C13, C26).
#include "harness/sdk/registers.h"
#include "harness/sdk/registry.h"
#include "harness/sdk/strategy.h"

namespace cfgtorture {
namespace {

class GlobalRawSpinlock final : public Strategy {
 public:
  int capability_update(Device& dev, Offset reg, uint16_t clear, uint16_t set) override {
    const unsigned long flags = pci_lock_.lock_irqsave();
    const int status = ClearAndSet(dev, reg, clear, set);
    pci_lock_.unlock_irqrestore(flags);
    return status;
  }

  void msi_mask(Device& dev, unsigned vector, bool mask) override {
    const Offset where = MsiMaskRegister(dev);
    if (where == 0) return;
    const uint32_t bit = 1u << vector;
    const unsigned long flags = pci_lock_.lock_irqsave();
    dev.msi_mask = mask ? dev.msi_mask | bit : dev.msi_mask & ~bit;
    BusWrite(dev, where, Size::kDword, dev.msi_mask);
    pci_lock_.unlock_irqrestore(flags);
  }
};

const StrategyRegistration kGlobalRawSpinlock{{
    .name = "global-raw-spinlock",
    .summary = "pci_lock, raw, IRQs off, around every access and every helper",
    .make = Make<GlobalRawSpinlock>,
}};

}  // namespace
}  // namespace cfgtorture
