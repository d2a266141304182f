// workloads/probes/torn_message.cc: an unmasked MSI moves to another CPU and another vector in one go, and fires.
//
// Decides   torn-message: the device samples the new address and the old data, and interrupts a CPU on a vector that
//           nobody owns there (6f1a4891a592, facts 3.3, 8.1 msi-affinity).
// Bridges   none in particular.
#include <atomic>

#include "harness/kernel/irq.h"
#include "harness/kernel/time.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {
namespace {

constexpr int kOldVector = 0x31;
constexpr int kNewVector = 0x32;

// x86: bits 19..12 of the address are the CPU, bits 7..0 of the data the vector.
MsiMessage MessageFor(int cpu, int vector) {
  return {.address_low = 0xfee00000u | static_cast<uint32_t>(cpu) << 12,
          .address_high = 0,
          .data = static_cast<uint32_t>(vector)};
}

PROBE(TornMessage, .name = "torn-message", .summary = "an unmasked MSI moves to another CPU and vector, and fires",
      .hazards = "torn-message") {
  Device& nic = *s.world.Endpoint(0);
  RawSpinlock desc_lock{"irq_desc"};
  std::atomic<bool> moved{false};
  const int here = 0;
  const int there = engine::CpuCount() - 1;
  const IrqHandler handle = [](int, void*) {};
  request_irq(kOldVector, "msi", handle, nullptr);
  request_irq(kNewVector, "msi", handle, nullptr);
  hw::VectorAssigned(nic.function, 0, here, kOldVector);
  s.caller.msi_write(nic, MessageFor(here, kOldVector));
  const auto control = static_cast<Offset>(nic.info().msi + PCI_MSI_FLAGS);
  s.caller.write(nic, control, Size::kWord, PCI_MSI_FLAGS_ENABLE);
  {
    Actor mover("moves", -1, [&] {
      const unsigned long flags = desc_lock.lock_irqsave();
      hw::VectorAssigned(nic.function, 0, there, kNewVector);
      s.caller.msi_write(nic, MessageFor(there, kNewVector));
      hw::VectorReleased(nic.function, 0, here, kOldVector);
      desc_lock.unlock_irqrestore(flags);
      moved.store(true, std::memory_order_relaxed);
    });
    Actor device("fires", -1, [&] {  // as long as it moves, however long that takes
      do {
        hw::SignalMsi(nic.function, 0);
        cpu_relax();
      } while (!moved.load(std::memory_order_relaxed));
    });
  }
  free_irq(kOldVector);
  free_irq(kNewVector);
}

}  // namespace
}  // namespace cfgtorture
