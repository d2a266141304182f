// harness/pci/ops/indirect.h: a host bridge with one window onto configuration space: select, poll, data.
#ifndef CFGTORTURE_HARNESS_PCI_OPS_INDIRECT_H_
#define CFGTORTURE_HARNESS_PCI_OPS_INDIRECT_H_

#include "harness/pci/hardware/hardware.h"
#include "harness/pci/ops/config_ops.h"
#include "harness/pci/ops/own_lock.h"

namespace cfgtorture {

// The indirect window of facts 4 (X-Gene, R-Car, DesignWare without ECAM): program the address, poll until the bridge
// has taken it, move the data. Real drivers leave the serialising to pci_lock; with Locking::kOwn this one brings the
// lock that a lockless kernel would need.
class IndirectOps final : public ConfigOps {
 public:
  IndirectOps(const hw::BridgeInfo& bridge, Locking locking)
      : window_(bridge.window), window_lock_("window_lock", locking) {}
  int read(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t* value) override;
  int write(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t value) override;

 private:
  void Select(const Bus& bus, uint8_t devfn, uint16_t where);

  const uint64_t window_;
  OwnLock window_lock_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_PCI_OPS_INDIRECT_H_
