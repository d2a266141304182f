// workloads/scenarios/hv_irq_unmask.cc
//
// Result: buggy convicted (crash: a null pointer is followed). Fixed: clean.
//
// A driver sets MSI-X up: it asks the host to compose the message, and waits for the answer. If the host ejects the
// device meanwhile, the wait is given up, and what the answer would have filled in stays null. Nobody tells the caller:
// it goes on to unmask the interrupt, through that pointer (facts 8.2).
//
// History  fixed by 2738d5ab7929 (2023): the wait ends with the answer, ejected or not.
#include <atomic>

#include "harness/kernel/named.h"
#include "harness/kernel/slab.h"
#include "harness/kernel/time.h"
#include "harness/sdk/program.h"

namespace cfgtorture {
namespace {

struct IntDesc {
  uint32_t vector;
};

SCENARIO(HvIrqUnmask, .name = "hv-irq-unmask",
         .summary = "a device is ejected while its driver waits for an MSI message", .needs_strategy = false,
         .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "crash", .tag = Tag::kHistoric,
         .history = "fixed by 2738d5ab7929 (2023)") {
  std::atomic<bool> answered{false}, ejecting{false};
  std::atomic<uint32_t> unmasked{0};
  IntDesc* chip_data = nullptr;  // the driver's
  const bool gives_up = s.buggy();
  Name(answered, "answered");
  Name(ejecting, "ejecting");
  Name(chip_data, "chip_data");

  Actor probe("hv_compose_msi_msg", -1, [&] {
    while (!answered.load(std::memory_order_acquire)) {
      if (gives_up && ejecting.load(std::memory_order_acquire)) {
        if (engine::Recording()) engine::Note("gives up: ejecting, no answer");
        break;
      }
      cpu_relax();  // udelay(100)
    }
    if (answered.load(std::memory_order_acquire)) chip_data = kzalloc<IntDesc>(GFP_KERNEL, 0x31u);
    unmasked.store(chip_data->vector, std::memory_order_relaxed);  // hv_irq_unmask()
    kfree(chip_data);
  });
  Actor host("host", -1, [&] { answered.store(true, std::memory_order_release); });
  Actor eject("hv_eject_device_work", -1, [&] { ejecting.store(true, std::memory_order_release); });
}

}  // namespace
}  // namespace cfgtorture
