// workloads/scenarios/bridge_reset_unlocked.cc
//
// Result: buggy convicted (transition-access: the bus is out of reset before its time). Fixed: clean.
//
// A function is reset by its bus: the bridge above holds Secondary Bus Reset for 2 ms. The function is blocked, the
// bridge was not: setpci writes Bridge Control back, as it read it before, and the reset is over early (facts 2.5).
//
// History  fixed by 7e89efc6e9e4 (v6.10); for a whole bus by a4e772898f8b (v6.11, CVE-2024-46750), for vfio's last
//          close by 962ae6892d8b (v7.0).
#include "harness/kernel/time.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"
#include "workloads/scenarios/pci_dev.h"

namespace cfgtorture {
namespace {

// pci_reset_secondary_bus(); the caller says whose it is.
void ResetSecondaryBus(Caller& kernel, Device& bridge) {
  uint32_t control;
  kernel.read(bridge, PCI_BRIDGE_CONTROL, Size::kWord, &control, hw::Origin::kOwner);
  kernel.write(bridge, PCI_BRIDGE_CONTROL, Size::kWord, control | PCI_BRIDGE_CTL_BUS_RESET, hw::Origin::kOwner);
  msleep(2);
  kernel.write(bridge, PCI_BRIDGE_CONTROL, Size::kWord, control, hw::Origin::kOwner);
  msleep(100);
}

SCENARIO(BridgeResetUnlocked, .name = "bridge-reset-unlocked",
         .summary = "a secondary bus reset, and setpci on the bridge above", .needs_strategy = false,
         .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "transition-access", .tag = Tag::kHistoric,
         .history = "fixed by 7e89efc6e9e4 (v6.10), a4e772898f8b (v6.11, CVE-2024-46750), 962ae6892d8b (v7.0)") {
  PciDev bridge(*s.world.PciBridge(0), s.caller, 0);
  PciDev nic(*s.world.Endpoint(0), s.caller, 1);
  const bool locks_bridge = !s.buggy();

  Actor reset("reset_store", -1, [&] {
    if (locks_bridge) bridge.lock();
    nic.lock();
    ResetSecondaryBus(s.caller, bridge.dev);
    nic.unlock();
    if (locks_bridge) bridge.unlock();
  });
  Actor setpci("setpci", -1, [&] {
    uint32_t control;
    s.caller.user_read(bridge.dev, PCI_BRIDGE_CONTROL, Size::kWord, &control);
    s.caller.user_write(bridge.dev, PCI_BRIDGE_CONTROL, Size::kWord, control & ~uint32_t{PCI_BRIDGE_CTL_BUS_RESET});
  });
}

}  // namespace
}  // namespace cfgtorture
