// workloads/scenarios/intx_mask_rmw.cc
//
// Result: buggy convicted (lost-update). Fixed: clean.
//
// An interrupt handler masks INTx: it reads Command and Status and writes Command back with INTx Disable set. With two
// ordinary accesses, each under pci_lock, a user's write of bus master between them is lost. The helper holds pci_lock
// from its read to its write, which excludes users and other helpers (facts 3.2); a kernel's write is
// intx-kernel-write.
//
// History  every driver did so before a2e27787f893 (v3.3); Wilcox proposed it again in October 2019 (C15).
#include <atomic>

#include "harness/kernel/irq.h"
#include "harness/kernel/time.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {
namespace {

constexpr int kVector = 0x31;

class OrdinaryAccesses final : public Strategy {
 public:
  bool intx_mask(Device& dev, bool mask) override {
    uint32_t command_and_status;
    read(dev, PCI_COMMAND, Size::kDword, &command_and_status);
    const bool pending = ((command_and_status >> 16) & PCI_STATUS_INTERRUPT) != 0;
    if (pending != mask) return false;
    const uint32_t command = command_and_status & 0xffff;
    write(dev, PCI_COMMAND, Size::kWord,
          mask ? command | PCI_COMMAND_INTX_DISABLE : command & ~uint32_t{PCI_COMMAND_INTX_DISABLE});
    return true;
  }
};

struct Interrupted {
  Caller& caller;
  Device& dev;
  std::atomic<bool> handled{false};
};

SCENARIO(IntxMaskRmw, .name = "intx-mask-rmw", .summary = "a handler masks INTx while a user sets bus master",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "lost-update",
         .tag = Tag::kHistoric, .history = "fixed by a2e27787f893 (v3.3)") {
  Device& nic = *s.world.Endpoint(0);
  OrdinaryAccesses before;
  Caller old_kernel(before);
  Interrupted irq{s.buggy() ? old_kernel : s.caller, nic};
  const IrqHandler handle = [](int, void* data) {
    auto& self = *static_cast<Interrupted*>(data);
    self.caller.intx_mask(self.dev, true);
    self.handled.store(true, std::memory_order_release);
  };
  request_irq(kVector, "vfio-intx", handle, &irq);
  s.caller.write(nic, PCI_COMMAND, Size::kWord, PCI_COMMAND_MEMORY);  // INTx on, bus master off
  {
    Actor device("asserts INTx", -1, [&] { hw::SignalIntx(nic.function, true, engine::CurrentCpu(), kVector); });
    Actor user("setpci", -1,
               [&] { irq.caller.user_write(nic, PCI_COMMAND, Size::kWord, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER); });
  }
  smp_cond_load_acquire(irq.handled, [](bool handled) { return handled; });  // it comes, early or late
  free_irq(kVector);
}

}  // namespace
}  // namespace cfgtorture
