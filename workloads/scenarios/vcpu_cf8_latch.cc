// workloads/scenarios/vcpu_cf8_latch.cc
//
// Result: buggy convicted (torn-pair). Fixed: clean.
//
// Two guests, each with its own pci_config_lock around its CF8 and CFC. To the VMM these are two exits, and it lets
// each through to the host's one address port: its lock guards an exit, not the pair, and the guests' locks are two.
// The remedy is a latch a guest: the first exit writes that alone, the second does the host's pair under one lock.
//
// History  constructed, after ACRN's pass-through of both ports (PR 3983).
#include "harness/kernel/spinlock.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {
namespace {

struct Vmm {
  const bool latches;
  Spinlock exit_lock{"vmm->exit_lock"};

  void Out(uint32_t* cf8, uint32_t address) {
    SpinGuard<Spinlock> guard(exit_lock);
    if (latches) {
      *cf8 = address;
    } else {
      hw::PortWrite(hw::kCf8, address, 4);
    }
  }
  uint32_t In(const uint32_t* cf8) {
    SpinGuard<Spinlock> guard(exit_lock);
    if (latches) hw::PortWrite(hw::kCf8, *cf8, 4);
    return hw::PortRead(hw::kCfc, 4);
  }
};

// A guest's kernel, which knows nothing of the other.
class Guest final : public Strategy {
 public:
  explicit Guest(Vmm& vmm) : vmm_(vmm) {}
  int read(Device& dev, Offset where, Size, uint32_t* value) override {
    const unsigned long flags = pci_config_lock_.lock_irqsave();
    vmm_.Out(&cf8_, 0x80000000u | uint32_t{dev.bus->number} << 16 | uint32_t{dev.devfn} << 8 | (where & 0xfcu));
    *value = vmm_.In(&cf8_);
    pci_config_lock_.unlock_irqrestore(flags);
    return kOk;
  }

 private:
  Vmm& vmm_;
  RawSpinlock pci_config_lock_{"guest's pci_config_lock"};
  uint32_t cf8_ = 0;  // the VMM's, guarded by exit_lock
};

SCENARIO(VcpuCf8Latch, .name = "vcpu-cf8-latch", .summary = "two guests' CF8 and CFC, through one address port",
         .bridges = "cf8", .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9",
         .must_find = "torn-pair", .tag = Tag::kConstructed, .history = "after ACRN PR 3983") {
  Device& nic = *s.world.Endpoint(0);
  Device& other = *s.world.Endpoint(1);
  Vmm vmm{.latches = !s.buggy()};
  Guest first_guest(vmm), second_guest(vmm);
  Caller first_kernel(first_guest), second_kernel(second_guest);

  Actor first("vcpu of guest 1", -1, [&] {
    uint32_t id;
    first_kernel.read(nic, PCI_VENDOR_ID, Size::kDword, &id);
  });
  Actor second("vcpu of guest 2", -1, [&] {
    uint32_t id;
    second_kernel.read(other, PCI_VENDOR_ID, Size::kDword, &id);
  });
}

}  // namespace
}  // namespace cfgtorture
