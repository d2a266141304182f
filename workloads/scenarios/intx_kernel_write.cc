// workloads/scenarios/intx_kernel_write.cc
//
// Result: buggy convicted (lost-update). Fixed: clean.
//
// The open side of intx-mask-rmw. On x86 kernel accessors take no pci_lock: one kernel write of Command falls between
// the helper's read and its write, although the helper holds pci_lock throughout (facts 3.2). It is a single write, no
// read-modify-write of a driver's, which nothing protects.
//
// History  open in 6.12, since 714fe383d6c9 and df65c1bcd9b7 (v4.13). The fixed side is the kernel without
//          PCI_LOCKLESS_CONFIG: our proposal is that the helper and the accessors hold one lock, whichever it is.
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

SCENARIO(IntxKernelWrite, .name = "intx-kernel-write", .summary = "the INTx helper against one kernel write, on x86",
         .needs_strategy = false, .buggy = "per-backend", .fixed = "waitqueue-v5.9", .must_find = "lost-update",
         .tag = Tag::kOpen, .history = "since 714fe383d6c9 and df65c1bcd9b7 (v4.13)") {
  Device& nic = *s.world.Endpoint(0);
  s.caller.write(nic, PCI_COMMAND, Size::kWord, PCI_COMMAND_INTX_DISABLE);  // masked and not pending: unmasking writes

  Actor helper("unmasks INTx", -1, [&] { s.caller.intx_mask(nic, false); });
  Actor driver("sets bus master", -1,
               [&] { s.caller.write(nic, PCI_COMMAND, Size::kWord, PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_MASTER); });
}

}  // namespace cfgtorture
