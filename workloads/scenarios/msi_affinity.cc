// workloads/scenarios/msi_affinity.cc
//
// Result: buggy convicted (torn-message). Fixed: clean.
//
// An MSI that nobody masks moves to another CPU and another vector: the CPU stands in the address, the vector in the
// data, two registers. The device fires in between and interrupts the new CPU on the old vector, which nobody owns
// there. The fix goes in two moves, each of one register, by way of the new vector on the old CPU (facts 3.3).
//
// Leaves   the retrigger of what came meanwhile: descriptors here are one a vector, not one a CPU and vector.
// History  fixed by 6f1a4891a592 (v5.6).
#include "harness/kernel/irq.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {
namespace {

constexpr int kOldVector = 0x34, kNewVector = 0x38;  // four vectors each: the device puts its number in the low bits

// x86: bits 19..12 of the address are the CPU, bits 7..0 of the data the vector.
MsiMessage MessageFor(int cpu, int vector) {
  return {.address_low = 0xfee00000u | static_cast<uint32_t>(cpu) << 12,
          .address_high = 0,
          .data = static_cast<uint32_t>(vector)};
}

SCENARIO(MsiAffinity, .name = "msi-affinity", .summary = "an unmasked MSI moves to another CPU and vector, and fires",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "torn-message",
         .tag = Tag::kHistoric, .history = "fixed by 6f1a4891a592 (v5.6)") {
  Device& nic = *s.world.Endpoint(0);
  RawSpinlock desc_lock{"irq_desc"};
  const int here = 0;
  const int there = engine::CpuCount() - 1;
  const IrqHandler handle = [](int, void*) {};
  request_irq(kOldVector, "msi", handle, nullptr);
  request_irq(kNewVector, "msi", handle, nullptr);
  hw::VectorAssigned(nic.function, 0, here, kOldVector);
  s.caller.msi_write(nic, MessageFor(here, kOldVector));
  const auto control = static_cast<Offset>(nic.info().msi + PCI_MSI_FLAGS);
  s.caller.write(nic, control, Size::kWord, PCI_MSI_FLAGS_ENABLE);

  const bool one_register_at_a_time = !s.buggy();
  {
    Actor mover("msi_set_affinity", here, [&] {
      const unsigned long flags = desc_lock.lock_irqsave();
      hw::VectorAssigned(nic.function, 0, there, kNewVector);
      if (one_register_at_a_time) {
        hw::VectorAssigned(nic.function, 0, here, kNewVector);  // reserved there for as long as it takes
        s.caller.msi_write(nic, MessageFor(here, kNewVector));
      }
      s.caller.msi_write(nic, MessageFor(there, kNewVector));
      if (one_register_at_a_time) hw::VectorReleased(nic.function, 0, here, kNewVector);
      hw::VectorReleased(nic.function, 0, here, kOldVector);
      desc_lock.unlock_irqrestore(flags);
    });
    Actor device("fires", -1, [&] { hw::SignalMsi(nic.function, 0); });
  }
  free_irq(kOldVector);
  free_irq(kNewVector);
}

}  // namespace
}  // namespace cfgtorture
