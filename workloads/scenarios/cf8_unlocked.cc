// workloads/scenarios/cf8_unlocked.cc
//
// Result: buggy convicted (torn-pair). Fixed: clean.
//
// Configuration mechanism 1 is an address port and a data port. T1 writes its address, T2 writes another, and T1's data
// comes from T2's function. Every lock around the pair will do (C12).
//
// History  the Kernel Test Framework (KTF PR 228), Asterinas (PR 2914); still between user space and the kernel
//          (pciutils issue 27). Linux has had pci_config_lock around it from the beginning: the fixed side.
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

SCENARIO(Cf8Unlocked, .name = "cf8-unlocked", .summary = "two accesses by CF8 and CFC without a lock around the pair",
         .bridges = "cf8", .needs_strategy = false, .buggy = "null", .fixed = "per-backend", .must_find = "torn-pair",
         .tag = Tag::kHistoric, .history = "KTF PR 228, Asterinas PR 2914, pciutils issue 27 (2019 to 2026)") {
  Device& nic = *s.world.Endpoint(0);
  Device& other = *s.world.Endpoint(1);

  Actor reader("reads function 1", -1, [&] {
    uint32_t id;
    s.caller.read(other, PCI_VENDOR_ID, Size::kDword, &id);
  });
  Actor writer("writes function 0", -1, [&] { s.caller.write(nic, PCI_COMMAND, Size::kWord, PCI_COMMAND_MEMORY); });
}

}  // namespace cfgtorture
