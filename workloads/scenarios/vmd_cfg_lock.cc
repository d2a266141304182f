// workloads/scenarios/vmd_cfg_lock.cc
//
// Result: buggy convicted under rt (context: a sleeping lock inside a raw one). Fixed: clean.
//
// An MSI mask holds msi_lock, which is raw, and writes config space; the backend brings a spinlock_t of its own. Under
// RT that sleeps. It is found from task context too, without any interrupt (facts 7.1, wait types).
//
// History  VMD: fixed by 18056a48669a (v6.15), which makes vmd_dev::cfg_lock raw; R-Car dropped its lock, 0a8f173d9dad
//          (v6.18); Hyper-V's config_lock is still so in 6.12.
#include "harness/kernel/spinlock.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {
namespace {

// vmd_pci_read() and vmd_pci_write() under cfg_lock.
template <class Lock>
class Vmd final : public Strategy {
 public:
  int read(Device& dev, Offset where, Size size, uint32_t* value) override {
    SpinIrqGuard<Lock> guard(cfg_lock_);
    return BusRead(dev, where, size, value);
  }
  int write(Device& dev, Offset where, Size size, uint32_t value) override {
    SpinIrqGuard<Lock> guard(cfg_lock_);
    return BusWrite(dev, where, size, value);
  }

 private:
  Lock cfg_lock_{"vmd->cfg_lock"};
};

SCENARIO(VmdCfgLock, .name = "vmd-cfg-lock", .summary = "under rt, a backend's spinlock inside msi_lock",
         .flavours = "rt", .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9",
         .must_find = "context", .tag = Tag::kHistoric,
         .history = "fixed by 18056a48669a (v6.15) and 0a8f173d9dad (v6.18)") {
  Device& nic = *s.world.Endpoint(0);
  Vmd<Spinlock> before;
  Vmd<RawSpinlock> after;
  Caller old_kernel(before), new_kernel(after);
  Caller& kernel = s.buggy() ? old_kernel : new_kernel;

  Actor driver("masks vector 0", -1, [&] { kernel.msi_mask(nic, 0, true); });
  Actor reader("lspci", -1, [&] {
    uint32_t id;
    kernel.read(nic, PCI_VENDOR_ID, Size::kDword, &id);
  });
}

}  // namespace
}  // namespace cfgtorture
