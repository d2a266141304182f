// harness/sdk/world.h: the kernel's objects for the emulated machine: buses, functions, the driver of each host bridge.
#ifndef CFGTORTURE_HARNESS_SDK_WORLD_H_
#define CFGTORTURE_HARNESS_SDK_WORLD_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "harness/pci/device.h"
#include "harness/pci/hardware/hardware.h"
#include "harness/pci/ops/config_ops.h"

namespace cfgtorture {

// Objects are made when they are first asked for, so that a program pays for those alone that it uses (the model sets
// up a world an execution). Asking is for the set-up: not while other tasks run.
class World {
 public:
  // `bridge` is one of x86, ecam, cf8, indirect; each host bridge of the machine gets a driver of that kind.
  World(const char* bridge, ConfigOps::Locking locking) : bridge_(bridge), locking_(locking) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Device& device(hw::FunctionId function);

  // The n-th function that is not a bridge, in the order of the topology; null if there are fewer.
  Device* Endpoint(int n);

  // A further object of that function, as a re-scan makes one after removal. Its bus must be known already.
  std::unique_ptr<Device> NewDevice(hw::FunctionId function);

 private:
  struct OpsNode {
    OpsNode(hw::BridgeId bridge_in, std::unique_ptr<ConfigOps> ops_in) : bridge(bridge_in), ops(std::move(ops_in)) {}
    hw::BridgeId bridge;
    std::unique_ptr<ConfigOps> ops;
    std::unique_ptr<OpsNode> next;
  };
  struct BusNode {
    BusNode(uint16_t domain, uint8_t number, ConfigOps* ops) : bus(domain, number, ops) {}
    Bus bus;
    std::unique_ptr<BusNode> next;
  };
  struct DeviceNode {
    DeviceNode(hw::FunctionId function, Bus* bus, uint8_t devfn) : device(function, bus, devfn) {}
    Device device;
    std::unique_ptr<DeviceNode> next;
  };

  Bus* BusOf(const hw::FunctionInfo& info);
  ConfigOps* OpsOf(hw::BridgeId bridge);
  std::unique_ptr<ConfigOps> MakeOps(hw::BridgeId bridge) const;

  const char* const bridge_;
  const ConfigOps::Locking locking_;
  std::unique_ptr<OpsNode> ops_;
  std::unique_ptr<BusNode> buses_;
  std::unique_ptr<DeviceNode> devices_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_SDK_WORLD_H_
