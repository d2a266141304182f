// workloads/scenarios/msix_unmasked_update.cc
//
// Result: buggy convicted (torn-message). Fixed: clean.
//
// An MSI-X entry moves to another CPU and vector while it is unmasked: address, then data, and the device signals in
// between. What it reads of an unmasked entry that changes is undefined (facts 3.3, 8.2). The fix masks the entry
// first; what comes meanwhile waits in the pending bit and goes out whole.
//
// History  fixed by da181dc974ad (v5.14).
#include "harness/kernel/irq.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {
namespace {

constexpr int kOldVector = 0x31, kNewVector = 0x32;

// pci_write_msg_msix() of entry 0, in the table that is memory.
class Msix final : public Strategy {
 public:
  explicit Msix(bool masks) : masks_(masks) {}
  void msi_write(Device& dev, const MsiMessage& message) override {
    const uint64_t entry = dev.info().msix_table;
    const uint32_t control = hw::MmioRead(entry + PCI_MSIX_ENTRY_VECTOR_CTRL, 4);
    const bool unmasked = (control & PCI_MSIX_ENTRY_CTRL_MASKBIT) == 0;
    if (masks_ && unmasked) {
      hw::MmioWrite(entry + PCI_MSIX_ENTRY_VECTOR_CTRL, control | PCI_MSIX_ENTRY_CTRL_MASKBIT, 4);
    }
    hw::MmioWrite(entry + PCI_MSIX_ENTRY_LOWER_ADDR, message.address_low, 4);
    hw::MmioWrite(entry + PCI_MSIX_ENTRY_UPPER_ADDR, message.address_high, 4);
    hw::MmioWrite(entry + PCI_MSIX_ENTRY_DATA, message.data, 4);
    if (masks_ && unmasked) hw::MmioWrite(entry + PCI_MSIX_ENTRY_VECTOR_CTRL, control, 4);
    hw::MmioRead(entry + PCI_MSIX_ENTRY_DATA, 4);  // flushes the writes
  }

 private:
  const bool masks_;
};

MsiMessage MessageFor(int cpu, int vector) {
  return {.address_low = 0xfee00000u | static_cast<uint32_t>(cpu) << 12,
          .address_high = 0,
          .data = static_cast<uint32_t>(vector)};
}

SCENARIO(MsixUnmaskedUpdate, .name = "msix-unmasked-update",
         .summary = "an unmasked MSI-X entry is rewritten while the device signals it", .needs_strategy = false,
         .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "torn-message", .tag = Tag::kHistoric,
         .history = "fixed by da181dc974ad (v5.14)") {
  Device& nic = *s.world.Endpoint(0);
  Msix strategy(/*masks=*/!s.buggy());
  Caller kernel(strategy);
  RawSpinlock desc_lock{"irq_desc"};
  const int here = 0;
  const int there = engine::CpuCount() - 1;
  const IrqHandler handle = [](int, void*) {};
  request_irq(kOldVector, "msix", handle, nullptr);
  request_irq(kNewVector, "msix", handle, nullptr);
  hw::VectorAssigned(nic.function, 0, here, kOldVector);
  const uint32_t command = PCI_COMMAND_MEMORY;
  s.caller.write(nic, PCI_COMMAND, Size::kWord, command);
  s.caller.write(nic, static_cast<Offset>(nic.info().msix + PCI_MSIX_FLAGS), Size::kWord, PCI_MSIX_FLAGS_ENABLE);
  kernel.msi_write(nic, MessageFor(here, kOldVector));
  hw::MmioWrite(nic.info().msix_table + PCI_MSIX_ENTRY_VECTOR_CTRL, 0, 4);
  {
    Actor mover("msi_set_affinity", -1, [&] {
      RawSpinIrqGuard guard(desc_lock);
      hw::VectorAssigned(nic.function, 0, there, kNewVector);
      kernel.msi_write(nic, MessageFor(there, kNewVector));
      hw::VectorReleased(nic.function, 0, here, kOldVector);
    });
    Actor device("signals", -1, [&] { hw::SignalMsix(nic.function, 0); });
  }
  free_irq(kOldVector);
  free_irq(kNewVector);
}

}  // namespace
}  // namespace cfgtorture
