// harness/pci/device.h: what the kernel keeps of a function and of a bus: struct pci_dev, struct pci_bus.
//
// Plain state stays plain, because that is what races are about: bus->ops, current_state, the saved config, the MSI
// cache and message. The block flag is a relaxed atomic, since wait_event reads it without pci_lock (facts 2.4).
#ifndef CFGTORTURE_HARNESS_PCI_DEVICE_H_
#define CFGTORTURE_HARNESS_PCI_DEVICE_H_

#include <atomic>
#include <cstdint>

#include "harness/kernel/spinlock.h"
#include "harness/pci/hardware/hardware.h"
#include "harness/pci/ops/config_ops.h"

namespace cfgtorture {

using Offset = uint16_t;  // of a configuration register, in bytes
enum class Size : uint8_t { kByte = 1, kWord = 2, kDword = 4 };

// D-states as PMCSR bits 1..0 number them, then D3cold.
enum class PowerState : uint8_t { kD0 = 0, kD1 = 1, kD2 = 2, kD3hot = 3, kD3cold = 4 };

struct MsiMessage {
  uint32_t address_low = 0;
  uint32_t address_high = 0;
  uint32_t data = 0;
};

struct Bus {
  Bus(uint16_t domain_in, uint8_t number_in, ConfigOps* ops_in) : domain(domain_in), number(number_in), ops(ops_in) {}
  uint16_t domain;
  uint8_t number;
  ConfigOps* ops;  // plain on purpose: pci_bus_set_ops() swaps it (C14)
};

struct Device {
  Device(hw::FunctionId function_in, Bus* bus_in, uint8_t devfn_in)
      : function(function_in), bus(bus_in), devfn(devfn_in) {}

  const hw::FunctionInfo& info() const { return hw::Function(function); }

  const hw::FunctionId function;
  Bus* const bus;
  const uint8_t devfn;

  std::atomic<bool> block_cfg_access{false};  // guarded by the strategy's pci_lock; read relaxed without it
  std::atomic<bool> disconnected{false};      // channel state "permanent failure" (facts 5)

  PowerState current_state = PowerState::kD0;  // plain: guarded by nothing in the kernel
  uint32_t saved_config[16];                   // of the last save, guarded by whoever resets; unset before
  Spinlock pcie_cap_lock{"pcie_cap_lock"};     // Link Control and Root Control only (facts 3.1)
  RawSpinlock msi_lock{"msi_lock"};            // the cached mask and its register (77e89afc25f3)
  uint32_t msi_mask = 0;                       // cache of the mask register, never read back
  MsiMessage msi_message;                      // cache of the message
  uint8_t msi_multiple = 0;  // log2 of the vectors that it has: the device puts their number in the data
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_PCI_DEVICE_H_
