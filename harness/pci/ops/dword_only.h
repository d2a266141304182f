// harness/pci/ops/dword_only.h: a host bridge that moves whole dwords only.
#ifndef CFGTORTURE_HARNESS_PCI_OPS_DWORD_ONLY_H_
#define CFGTORTURE_HARNESS_PCI_OPS_DWORD_ONLY_H_

#include "harness/pci/hardware/hardware.h"
#include "harness/pci/ops/config_ops.h"
#include "harness/pci/ops/own_lock.h"

namespace cfgtorture {

// A write of one or two bytes is a read, a merge and a write of their dword (facts 4, last row). Two things are wrong
// with it. It is a read-modify-write of its own, which somebody else's write of a neighbour falls into: drivers leave
// that to pci_lock; Locking::kOwn brings the lock that a lockless kernel would need. And it writes the neighbours back,
// which clears those RW1C bits that it read as 1: no lock helps, Linux warns once a bus.
class DwordOnlyOps final : public ConfigOps {
 public:
  DwordOnlyOps(const hw::BridgeInfo& bridge, Locking locking)
      : base_(bridge.ecam),
        first_bus_(bridge.first_bus),
        last_bus_(bridge.last_bus),
        merge_lock_("merge_lock", locking) {}
  int read(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t* value) override;
  int write(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t value) override;

 private:
  int Check(const Bus& bus, uint16_t where) const;

  const uint64_t base_;
  const uint8_t first_bus_, last_bus_;
  OwnLock merge_lock_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_PCI_OPS_DWORD_ONLY_H_
