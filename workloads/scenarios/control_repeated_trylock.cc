// workloads/scenarios/control_repeated_trylock.cc
//
// Result: clean. A negative control: locks in both orders, by trylock, again and again.
//
// vfio's hot reset takes the memory_lock of each device of its set by trylock and lets all go if one is taken; another
// goes through the same list from the other end. Who cannot have a lock waits for nobody, so no order is wrong (facts
// 6).
#include "harness/kernel/rwsem.h"
#include "harness/sdk/program.h"
#include "workloads/scenarios/pci_dev.h"

namespace cfgtorture {

SCENARIO(ControlRepeatedTrylock, .name = "control-repeated-trylock",
         .summary = "two hot resets try the same locks from both ends", .hazards = "lock-order,deadlock,owner",
         .needs_strategy = false, .fixed = "waitqueue-v5.9", .tag = Tag::kConstructed, .history = "control") {
  RwSemaphore first_memory("memory_lock"), second_memory("memory_lock");
  PciDev first(*s.world.Endpoint(0), s.caller), second(*s.world.Endpoint(1), s.caller);
  const auto hot_reset = [](RwSemaphore& one, RwSemaphore& two, PciDev& one_dev, PciDev& two_dev) {
    for (int attempt = 0; attempt < 2; ++attempt) {
      if (!one.down_write_trylock()) continue;
      if (two.down_write_trylock()) {
        if (one_dev.trylock()) {
          if (two_dev.trylock()) two_dev.unlock();
          one_dev.unlock();
        }
        two.up_write();
      }
      one.up_write();
    }
  };

  Actor forward("hot reset", -1, [&] { hot_reset(first_memory, second_memory, first, second); });
  Actor backward("hot reset, other end", -1, [&] { hot_reset(second_memory, first_memory, second, first); });
}

}  // namespace cfgtorture
