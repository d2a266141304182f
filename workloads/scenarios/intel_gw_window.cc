// workloads/scenarios/intel_gw_window.cc
//
// Result: buggy convicted (torn-pair). Fixed: clean.
//
// A DesignWare bridge reaches config space through a window that each access programs anew. Its driver relies on
// pci_lock around that, as its like do; but Intel's Gateway has it on x86, where PCI_LOCKLESS_CONFIG takes pci_lock out
// of the kernel's accessors (facts 4). Then two accesses meet in the window.
//
// History  open in 6.12: latent, derived from Kconfig and source, no report found. The driver is younger than
//          df65c1bcd9b7 (v4.13), which took the lock away: so it has been since the driver was added.
//          The fixed side is ours: the driver brings a raw lock of its own, as x86's CF8 code does.
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {
namespace {

// Kernel accessors under PCI_LOCKLESS_CONFIG.
class LocklessConfig final : public Strategy {
 public:
  int read(Device& dev, Offset where, Size size, uint32_t* value) override {
    return Misaligned(where, size) ? kBadRegisterNumber : BusRead(dev, where, size, value);
  }
  int write(Device& dev, Offset where, Size size, uint32_t value) override {
    return Misaligned(where, size) ? kBadRegisterNumber : BusWrite(dev, where, size, value);
  }
};

// Which side it is is in the bridge's driver: of waitqueue-v5.9 it has no lock of its own, of per-backend it has one.
SCENARIO(IntelGwWindow, .name = "intel-gw-window", .summary = "an indirect window without pci_lock and without a lock",
         .bridges = "indirect", .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "per-backend",
         .must_find = "torn-pair", .tag = Tag::kOpen,
         .history = "since the driver was added, after df65c1bcd9b7 (v4.13); no report") {
  Device& nic = *s.world.Endpoint(0);
  Device& other = *s.world.Endpoint(1);
  LocklessConfig lockless;
  Caller kernel(lockless);

  Actor first("reads function 0", -1, [&] {
    uint32_t id;
    kernel.read(nic, PCI_VENDOR_ID, Size::kDword, &id);
  });
  Actor second("reads function 1", -1, [&] {
    uint32_t id;
    kernel.read(other, PCI_VENDOR_ID, Size::kDword, &id);
  });
}

}  // namespace
}  // namespace cfgtorture
