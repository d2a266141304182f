// workloads/scenarios/mmio_while_disabled.cc
//
// Result: buggy convicted (assertion: a load that nothing answers). Fixed: clean.
//
// A guest switches memory off in Command while another of its threads loads from the device through a mapping of its
// BAR. On real hardware that is a bus error, and may be the host's end. vfio has since let the write of Command hold
// memory_lock and take the mappings away; who comes back to one finds memory disabled under that lock (facts 6).
//
// History  fixed by abafbc551fdd (v5.8).
#include "harness/kernel/observer.h"
#include "harness/kernel/rwsem.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

SCENARIO(MmioWhileDisabled, .name = "mmio-while-disabled",
         .summary = "a load through a BAR against a write that disables memory", .needs_strategy = false,
         .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "assertion", .tag = Tag::kHistoric,
         .history = "fixed by abafbc551fdd (v5.8)") {
  Device& nic = *s.world.Endpoint(0);
  RwSemaphore memory_lock("memory_lock");
  const bool locks = !s.buggy();
  s.caller.write(nic, PCI_COMMAND, Size::kWord, PCI_COMMAND_MEMORY);

  Actor config_write("vfio_basic_config_write", -1, [&] {
    if (locks) memory_lock.down_write();  // and zap the mappings
    s.caller.user_write(nic, PCI_COMMAND, Size::kWord, 0);
    if (locks) memory_lock.up_write();
  });
  Actor guest("vcpu", -1, [&] {
    if (locks) memory_lock.down_read();  // the fault that brings the mapping back
    uint32_t command;
    s.caller.user_read(nic, PCI_COMMAND, Size::kWord, &command);
    if ((command & PCI_COMMAND_MEMORY) != 0 && hw::MmioRead(nic.info().msix_table, 4) == ~0u) {
      observer::Violation(Hazard::kAssertion, "a load from memory space that is switched off");
    }
    if (locks) memory_lock.up_read();
  });
}

}  // namespace cfgtorture
