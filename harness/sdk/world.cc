#include "harness/sdk/world.h"

#include <new>
#include <utility>

#include "harness/kernel/named.h"
#include "harness/pci/ops/cf8.h"
#include "harness/pci/ops/dword_only.h"
#include "harness/pci/ops/ecam.h"
#include "harness/pci/ops/indirect.h"
#include "harness/pci/ops/slow_mailbox.h"
#include "harness/pci/ops/x86.h"

namespace cfgtorture {
namespace {

template <class Ops, size_t kBytes, class... Args>
ConfigOps* MakeIn(std::byte (&storage)[kBytes], Args&&... args) {
  static_assert(sizeof(Ops) <= kBytes && alignof(Ops) <= 8);
  return ::new (static_cast<void*>(storage)) Ops(std::forward<Args>(args)...);
}

}  // namespace

World::Driver::Driver(hw::BridgeId bridge, const char* kind, ConfigOps::Locking locking) : bridge_(bridge) {
  const hw::BridgeInfo info = hw::Bridge(bridge);
  switch (kind[0]) {  // the worker has checked the name; "cf8" or "cf8-amd"
    case 'c':
      ops_ = MakeIn<Cf8Ops>(storage_, locking, kind[3] == '-' ? Cf8Ops::Registers::k4096 : Cf8Ops::Registers::k256);
      break;
    case 'd':
      ops_ = MakeIn<DwordOnlyOps>(storage_, info, locking);
      break;
    case 'e':
      ops_ = MakeIn<EcamOps>(storage_, info);
      break;
    case 'i':
      ops_ = MakeIn<IndirectOps>(storage_, info, locking);
      break;
    case 's':
      ops_ = MakeIn<SlowMailboxOps>(storage_, info, locking);
      break;
    default:
      ops_ = MakeIn<X86Ops>(storage_, info, locking);
  }
}

Bus* World::BusOf(const hw::FunctionInfo& info) {
  Bus* const bus =
      buses_.Find([&info](const Bus& known) { return known.number == info.bus && known.domain == info.domain; });
  if (bus != nullptr) return bus;
  Driver* driver = drivers_.Find([&info](const Driver& known) { return known.bridge() == info.bridge; });
  if (driver == nullptr) driver = &drivers_.Emplace(info.bridge, bridge_, locking_);
  Bus& created = buses_.Emplace(info.domain, info.bus, driver->ops());
  Name(created.ops, "bus->ops");
  return &created;
}

Device& World::device(hw::FunctionId function) {
  Device* const known = devices_.Find([function](const Device& dev) { return dev.function == function; });
  if (known != nullptr) return *known;
  const hw::FunctionInfo& info = hw::Function(function);
  Device& dev = devices_.Emplace(function, BusOf(info), info.devfn);
  Name(dev.block_cfg_access, "block_cfg_access", info.name);
  Name(dev.current_state, "current_state", info.name);
  Name(dev.msi_mask, "msi_mask", info.name);
  return dev;
}

Device* World::Nth(int header_type, int n) {
  const int count = hw::FunctionCount();
  for (int i = 0; i < count; ++i) {
    const auto function = static_cast<hw::FunctionId>(i);
    if (hw::Function(function).header_type == header_type && n-- == 0) return &device(function);
  }
  return nullptr;
}

std::unique_ptr<Device> World::NewDevice(hw::FunctionId function) {
  const hw::FunctionInfo& info = hw::Function(function);
  return std::make_unique<Device>(function, BusOf(info), info.devfn);
}

}  // namespace cfgtorture
