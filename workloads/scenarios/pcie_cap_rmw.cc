// workloads/scenarios/pcie_cap_rmw.cc
//
// Result: buggy convicted (lost-update). Fixed: clean.
//
// Two read-modify-writes of a port's Link Control: ASPM enables L1, the hot-plug driver disables the link. Without a
// lock ASPM writes back what it read, and the link is up again (facts 3.1). The lock came for this register and Root
// Control; every other one is still updated without.
//
// History  fixed by 5e70d0acf082 (v6.6).
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {
namespace {

// pcie_capability_clear_and_set_word(), v6.5.
class Unlocked final : public Strategy {
 public:
  int capability_update(Device& dev, Offset reg, uint16_t clear, uint16_t set) override {
    const auto where = static_cast<Offset>(dev.info().pcie + reg);
    uint32_t value;
    const int status = read(dev, where, Size::kWord, &value);
    return status != kOk ? status : write(dev, where, Size::kWord, (value & ~uint32_t{clear}) | set);
  }
};

SCENARIO(PcieCapRmw, .name = "pcie-cap-rmw", .summary = "ASPM and hot-plug update Link Control of one port",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "lost-update",
         .tag = Tag::kHistoric, .history = "fixed by 5e70d0acf082 (v6.6)") {
  Device& port = *s.world.PciBridge(0);
  Unlocked before;
  Caller old_kernel(before);
  Caller& kernel = s.buggy() ? old_kernel : s.caller;

  Actor aspm("pcie_config_aspm_link", -1,
             [&] { kernel.capability_update(port, PCI_EXP_LNKCTL, 0, PCI_EXP_LNKCTL_ASPM_L1); });
  Actor hotplug("pciehp_link_disable", -1,
                [&] { kernel.capability_update(port, PCI_EXP_LNKCTL, 0, PCI_EXP_LNKCTL_LD); });
}

}  // namespace
}  // namespace cfgtorture
