#include "harness/sdk/world.h"

#include "harness/pci/ops/cf8.h"
#include "harness/pci/ops/ecam.h"
#include "harness/pci/ops/indirect.h"
#include "harness/pci/ops/x86.h"

namespace cfgtorture {

std::unique_ptr<ConfigOps> World::MakeOps(hw::BridgeId bridge) const {
  const hw::BridgeInfo info = hw::Bridge(bridge);
  switch (bridge_[0]) {  // the worker has checked the name
    case 'c':
      return std::make_unique<Cf8Ops>(locking_);
    case 'e':
      return std::make_unique<EcamOps>(info);
    case 'i':
      return std::make_unique<IndirectOps>(info, locking_);
    default:
      return std::make_unique<X86Ops>(info, locking_);
  }
}

ConfigOps* World::OpsOf(hw::BridgeId bridge) {
  for (OpsNode* node = ops_.get(); node != nullptr; node = node->next.get()) {
    if (node->bridge == bridge) return node->ops.get();
  }
  auto node = std::make_unique<OpsNode>(bridge, MakeOps(bridge));
  node->next = std::move(ops_);
  ops_ = std::move(node);
  return ops_->ops.get();
}

Bus* World::BusOf(const hw::FunctionInfo& info) {
  for (BusNode* node = buses_.get(); node != nullptr; node = node->next.get()) {
    if (node->bus.domain == info.domain && node->bus.number == info.bus) return &node->bus;
  }
  auto node = std::make_unique<BusNode>(info.domain, info.bus, OpsOf(info.bridge));
  node->next = std::move(buses_);
  buses_ = std::move(node);
  return &buses_->bus;
}

Device& World::device(hw::FunctionId function) {
  for (DeviceNode* node = devices_.get(); node != nullptr; node = node->next.get()) {
    if (node->device.function == function) return node->device;
  }
  const hw::FunctionInfo& info = hw::Function(function);
  auto node = std::make_unique<DeviceNode>(function, BusOf(info), info.devfn);
  node->next = std::move(devices_);
  devices_ = std::move(node);
  return devices_->device;
}

Device* World::Endpoint(int n) {
  const int count = hw::FunctionCount();
  for (int i = 0; i < count; ++i) {
    const auto function = static_cast<hw::FunctionId>(i);
    if (hw::Function(function).header_type == 0 && n-- == 0) return &device(function);
  }
  return nullptr;
}

std::unique_ptr<Device> World::NewDevice(hw::FunctionId function) {
  const hw::FunctionInfo& info = hw::Function(function);
  return std::make_unique<Device>(function, BusOf(info), info.devfn);
}

}  // namespace cfgtorture
