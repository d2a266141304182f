// workloads/injected_ops.h: the ops that AER error injection puts over a bus's own: one that users really swap in.
#ifndef CFGTORTURE_WORKLOADS_INJECTED_OPS_H_
#define CFGTORTURE_WORKLOADS_INJECTED_OPS_H_

#include "harness/pci/ops/config_ops.h"

namespace cfgtorture {

// With no error injected every access goes on to the original ops (drivers/pci/pcie/aer_inject.c). Brings no lock of
// its own, so that the original's covers an access whichever way it came.
class InjectedOps final : public ConfigOps {
 public:
  explicit InjectedOps(ConfigOps* original) : original_(original) {}
  int read(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t* value) override {
    return original_->read(bus, devfn, where, size, value);
  }
  int write(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t value) override {
    return original_->write(bus, devfn, where, size, value);
  }

 private:
  ConfigOps* const original_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_WORKLOADS_INJECTED_OPS_H_
