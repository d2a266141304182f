// harness/pci/ops/x86.h: what a PC does: mechanism 1 where it reaches, ECAM for the rest.
#ifndef CFGTORTURE_HARNESS_PCI_OPS_X86_H_
#define CFGTORTURE_HARNESS_PCI_OPS_X86_H_

#include "harness/pci/hardware/hardware.h"
#include "harness/pci/ops/cf8.h"
#include "harness/pci/ops/config_ops.h"
#include "harness/pci/ops/ecam.h"

namespace cfgtorture {

// raw_pci_read/write of Linux 6.12: domain 0 and a register below 256 go through CF8/CFC, even where ECAM exists
// (facts 4; the patch of 2017 that would change it, b5b0f00c760b, is not in 6.12).
class X86Ops final : public ConfigOps {
 public:
  X86Ops(const hw::BridgeInfo& bridge, Locking locking) : base_method_(locking), extended_method_(bridge) {}
  int read(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t* value) override;
  int write(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t value) override;

 private:
  ConfigOps& MethodFor(const Bus& bus, uint16_t where);

  Cf8Ops base_method_;
  EcamOps extended_method_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_PCI_OPS_X86_H_
