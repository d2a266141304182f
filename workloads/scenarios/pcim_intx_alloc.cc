// workloads/scenarios/pcim_intx_alloc.cc
//
// Result: buggy convicted (context: an allocation that may sleep, in atomic context). Fixed: clean.
//
// vfio masks INTx with its irqlock held, interrupts off, since its handler takes that lock too. pci_intx() of a managed
// device became a devres call that allocates on first use, with GFP_KERNEL.
//
// History  fixed by fc8c818e7569 (v6.11): pci_intx() does not allocate.
#include "harness/kernel/irq.h"
#include "harness/kernel/mutex.h"
#include "harness/kernel/slab.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {
namespace {

constexpr int kVector = 0x31;

struct IntxDevres {
  int orig_intx;
};

struct Vdev {
  Caller& caller;
  Device& dev;
  const bool managed_allocates;
  Spinlock irqlock{"vdev->irqlock"};
  IntxDevres* devres = nullptr;  // guarded by irqlock

  // With irqlock held.
  void pci_intx(bool enable) {
    if (managed_allocates && devres == nullptr) devres = kzalloc<IntxDevres>(GFP_KERNEL, !enable);  // pcim_intx()
    uint32_t command;
    caller.read(dev, PCI_COMMAND, Size::kWord, &command);
    const uint32_t disable = PCI_COMMAND_INTX_DISABLE;
    caller.write(dev, PCI_COMMAND, Size::kWord, enable ? command & ~disable : command | disable);
  }
};

SCENARIO(PcimIntxAlloc, .name = "pcim-intx-alloc", .summary = "pci_intx() allocates inside an interrupt-safe lock",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "context",
         .tag = Tag::kHistoric, .history = "fixed by fc8c818e7569 (v6.11)") {
  Vdev vdev{.caller = s.caller, .dev = *s.world.Endpoint(0), .managed_allocates = s.buggy()};
  Mutex igate("igate");
  const IrqHandler handle = [](int, void* data) {
    auto& self = *static_cast<Vdev*>(data);
    SpinIrqGuard<Spinlock> guard(self.irqlock);
    self.caller.intx_mask(self.dev, true);
  };
  request_irq(kVector, "vfio-intx", handle, &vdev);
  {
    Actor user("VFIO_DEVICE_SET_IRQS", -1, [&] {
      igate.lock();
      {
        SpinIrqGuard<Spinlock> guard(vdev.irqlock);
        vdev.pci_intx(false);
      }
      igate.unlock();
    });
    Actor device("asserts INTx", -1, [&] { hw::SignalIntx(vdev.dev.function, true, engine::CurrentCpu(), kVector); });
  }
  free_irq(kVector);
  kfree(vdev.devres);
}

}  // namespace
}  // namespace cfgtorture
