// workloads/scenarios/enable_bridge_rmw.cc
//
// Result: buggy convicted (assertion: the bridge's memory enable is lost). Fixed: clean.
//
// Two drivers enable sibling functions, and with them the bridge above. The first to count itself in sets memory
// enable, whoever finds the bridge counted in sets bus master: two read-modify-writes of Command in ordinary accesses,
// which no strategy protects. One writes back what it read before the other's (facts 8.2).
//
// History  40f11adc7cd9 put one mutex around it and was reverted, since enables nest: it deadlocked. The fixed side is
//          ours: a mutex a bridge, of its own class at each depth.
#include <atomic>

#include "harness/kernel/mutex.h"
#include "harness/kernel/named.h"
#include "harness/kernel/observer.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {
namespace {

struct Bridge {
  Caller& caller;
  Device& dev;
  const bool locks;
  std::atomic<int> enable_cnt{0};
  Mutex enable_mutex{"pci_bridge->enable_mutex"};

  void Set(uint32_t bit) {
    uint32_t command;
    caller.read(dev, PCI_COMMAND, Size::kWord, &command);
    caller.write(dev, PCI_COMMAND, Size::kWord, command | bit);
  }
  // pci_enable_bridge()
  void Enable() {
    if (locks) enable_mutex.lock();
    Set(enable_cnt.fetch_add(1, std::memory_order_relaxed) == 0 ? PCI_COMMAND_MEMORY : PCI_COMMAND_MASTER);
    if (locks) enable_mutex.unlock();
  }
};

SCENARIO(EnableBridgeRmw, .name = "enable-bridge-rmw", .summary = "two siblings enable the bridge above them",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "assertion",
         .tag = Tag::kHistoric, .history = "40f11adc7cd9, which was reverted") {
  Bridge bridge{s.caller, *s.world.PciBridge(0), !s.buggy()};
  Name(bridge.enable_cnt, "bridge->enable_cnt");
  s.caller.write(bridge.dev, PCI_COMMAND, Size::kWord, 0);
  {
    Actor first("probe of function 0", -1, [&] { bridge.Enable(); });
    Actor second("probe of function 1", -1, [&] { bridge.Enable(); });
  }
  uint32_t command;
  s.caller.read(bridge.dev, PCI_COMMAND, Size::kWord, &command);
  if (command != (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER)) {
    observer::Violation(Hazard::kAssertion, "the bridge has lost what one of the two has enabled");
  }
}

}  // namespace
}  // namespace cfgtorture
