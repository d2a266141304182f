// workloads/scenarios/intx_teardown.cc
//
// Result: buggy convicted (data-race; use-after-free). Fixed: clean.
//
// A guest's write of Command masks INTx: that path took irqlock alone. The ioctl that tears INTx down holds igate and
// frees the interrupt's context, which irqlock does not protect (facts 6, INTx).
//
// History  fixed by 810cd4bb5345 (v6.9, CVE-2024-26810): the masking path takes igate as well.
#include "harness/kernel/mutex.h"
#include "harness/kernel/named.h"
#include "harness/kernel/slab.h"
#include "harness/kernel/spinlock.h"
#include "harness/sdk/program.h"

namespace cfgtorture {
namespace {

struct IrqCtx {
  bool masked;
};

struct Vdev {
  Mutex igate{"igate"};
  Spinlock irqlock{"vdev->irqlock"};
  IrqCtx* ctx = kzalloc<IrqCtx>(GFP_KERNEL, false);  // guarded by igate; null: no INTx

  // __vfio_pci_intx_mask()
  void Mask() {
    SpinIrqGuard<Spinlock> guard(irqlock);
    IrqCtx* const intx = ctx;
    if (intx != nullptr && !intx->masked) intx->masked = true;
  }
};

SCENARIO(IntxTeardown, .name = "intx-teardown", .summary = "a config write masks INTx while an ioctl tears it down",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9",
         .must_find = "data-race,use-after-free", .tag = Tag::kHistoric,
         .history = "CVE-2024-26810, fixed by 810cd4bb5345 (v6.9)") {
  Vdev vdev;
  Name(vdev.ctx, "vdev->ctx");
  Name(*vdev.ctx, "*vdev->ctx");
  const bool takes_igate = !s.buggy();

  Actor config_write("vfio_basic_config_write", -1, [&] {
    if (takes_igate) vdev.igate.lock();
    vdev.Mask();
    if (takes_igate) vdev.igate.unlock();
  });
  Actor ioctl("VFIO_DEVICE_SET_IRQS", -1, [&] {
    vdev.igate.lock();
    IrqCtx* const intx = vdev.ctx;  // vfio_intx_disable()
    vdev.ctx = nullptr;
    kfree(intx);
    vdev.igate.unlock();
  });
}

}  // namespace
}  // namespace cfgtorture
