// harness/pci/ops/ecam.h: memory-mapped configuration space: one load or store an access.
#ifndef CFGTORTURE_HARNESS_PCI_OPS_ECAM_H_
#define CFGTORTURE_HARNESS_PCI_OPS_ECAM_H_

#include "harness/pci/hardware/hardware.h"
#include "harness/pci/ops/config_ops.h"

namespace cfgtorture {

// base + bus << 20 | device and function << 12 | register (facts 4). Has nothing to serialise, so brings no lock.
class EcamOps final : public ConfigOps {
 public:
  explicit EcamOps(const hw::BridgeInfo& bridge)
      : base_(bridge.ecam), first_bus_(bridge.first_bus), last_bus_(bridge.last_bus) {}
  int read(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t* value) override;
  int write(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t value) override;

 private:
  const uint64_t base_;
  const uint8_t first_bus_, last_bus_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_PCI_OPS_ECAM_H_
