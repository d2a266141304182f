// harness/pci/ops/cf8.h: x86 configuration mechanism 1: an address register and a data port, shared by all CPUs.
#ifndef CFGTORTURE_HARNESS_PCI_OPS_CF8_H_
#define CFGTORTURE_HARNESS_PCI_OPS_CF8_H_

#include "harness/pci/ops/config_ops.h"
#include "harness/pci/ops/own_lock.h"

namespace cfgtorture {

// Ports 0xCF8 and 0xCFC (facts 4). Reaches domain 0 and registers below 256, with AMD's extension below 4096; anything
// else is an error.
// Between the address and the data nobody else may write the address: `pci_config_lock` if Locking::kOwn, else whatever
// the strategy holds.
class Cf8Ops final : public ConfigOps {
 public:
  enum class Registers : uint16_t { k256 = 256, k4096 = 4096 };
  explicit Cf8Ops(Locking locking, Registers registers = Registers::k256);
  int read(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t* value) override;
  int write(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t value) override;

 private:
  const Registers registers_;
  OwnLock pci_config_lock_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_PCI_OPS_CF8_H_
