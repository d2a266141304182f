// workloads/scenarios/multi_msi_mask.cc
//
// Result: buggy convicted (data-race; assertion: the mask register is not what the cache says). Fixed: clean.
//
// All vectors of a function share one mask register and its cache. The callers hold the descriptor lock of their own
// vector: two vectors, two locks. T1 changes the cache and has not written yet; T2 changes it and writes; T1 writes the
// older word (facts 3.3).
//
// History  fixed by 77e89afc25f3 (v5.14), which adds msi_lock.
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {
namespace {

// __pci_msi_desc_mask_irq(), v5.13.
class NoMsiLock final : public Strategy {
 public:
  void msi_mask(Device& dev, unsigned vector, bool mask) override {
    const uint32_t bit = 1u << vector;
    const uint32_t masked = mask ? dev.msi_mask | bit : dev.msi_mask & ~bit;
    dev.msi_mask = masked;
    write(dev, MsiMaskRegister(dev), Size::kDword, masked);
  }
};

SCENARIO(MultiMsiMask, .name = "multi-msi-mask", .summary = "one vector is masked while another is unmasked",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9",
         .must_find = "data-race,assertion", .tag = Tag::kHistoric, .history = "fixed by 77e89afc25f3 (v5.14)") {
  Device& nic = *s.world.Endpoint(0);
  NoMsiLock before;
  Caller old_kernel(before);
  Caller& kernel = s.buggy() ? old_kernel : s.caller;
  RawSpinlock first_desc{"irq_desc"}, second_desc{"irq_desc"};
  kernel.msi_mask(nic, 1, true);
  {
    Actor first("masks vector 0", -1, [&] {
      RawSpinIrqGuard guard(first_desc);
      kernel.msi_mask(nic, 0, true);
    });
    Actor second("unmasks vector 1", -1, [&] {
      RawSpinIrqGuard guard(second_desc);
      kernel.msi_mask(nic, 1, false);
    });
  }
  const auto mask_register = static_cast<Offset>(nic.info().msi + PCI_MSI_MASK_64);
  uint32_t masked;
  kernel.read(nic, mask_register, Size::kDword, &masked);
  if (masked != 1) observer::Violation(Hazard::kAssertion, "the mask register is not what the two have asked for");
}

}  // namespace
}  // namespace cfgtorture
