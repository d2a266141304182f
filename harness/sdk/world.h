// harness/sdk/world.h: the kernel's objects for the emulated machine: buses, functions, the driver of each host bridge.
#ifndef CFGTORTURE_HARNESS_SDK_WORLD_H_
#define CFGTORTURE_HARNESS_SDK_WORLD_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "harness/pci/device.h"
#include "harness/pci/hardware/hardware.h"
#include "harness/pci/ops/config_ops.h"
#include "harness/sdk/few.h"

namespace cfgtorture {

// Objects are made when they are first asked for, so that a program pays for those alone that it uses (the model sets
// up a world an execution). Asking is for the set-up: not while other tasks run.
class World {
 public:
  // `bridge` is a name of harness/pci/hardware/bridges.h; each host bridge of the machine gets a driver of that kind.
  World(const char* bridge, ConfigOps::Locking locking) : bridge_(bridge), locking_(locking) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Device& device(hw::FunctionId function);

  // The n-th function that is not a bridge, in the order of the topology; null if there are fewer.
  Device* Endpoint(int n) { return Nth(0, n); }
  // The n-th bridge between PCI buses: a port.
  Device* PciBridge(int n) { return Nth(1, n); }

  // A further object of that function, as a re-scan makes one after removal. Its bus must be known already, unless this
  // is the set-up.
  std::unique_ptr<Device> NewDevice(hw::FunctionId function);

 private:
  // The driver of one host bridge. Big enough for the biggest kind.
  class Driver {
   public:
    Driver(hw::BridgeId bridge, const char* kind, ConfigOps::Locking locking);
    ~Driver() { ops_->~ConfigOps(); }
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;
    hw::BridgeId bridge() const { return bridge_; }
    ConfigOps* ops() const { return ops_; }

   private:
    const hw::BridgeId bridge_;
    ConfigOps* ops_;
    alignas(8) std::byte storage_[128];
  };

  Bus* BusOf(const hw::FunctionInfo& info);
  Device* Nth(int header_type, int n);

  const char* const bridge_;
  const ConfigOps::Locking locking_;
  Few<Driver, 1> drivers_;
  Few<Bus, 1> buses_;
  Few<Device, 2> devices_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_SDK_WORLD_H_
