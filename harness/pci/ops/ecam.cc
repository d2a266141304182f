#include "harness/pci/ops/ecam.h"

#include "harness/pci/device.h"

namespace cfgtorture {
namespace {

uint64_t AddressIn(uint64_t base, const Bus& bus, uint8_t devfn, uint16_t where) {
  return base + (uint64_t{bus.number} << 20 | uint64_t{devfn} << 12 | where);
}

}  // namespace

int EcamOps::read(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t* value) {
  *value = ~0u;
  if (bus.number < first_bus_ || bus.number > last_bus_) return kDeviceNotFound;
  if (where > 4095) return kBadRegisterNumber;
  *value = hw::MmioRead(AddressIn(base_, bus, devfn, where), size);
  return kOk;
}

int EcamOps::write(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t value) {
  if (bus.number < first_bus_ || bus.number > last_bus_) return kDeviceNotFound;
  if (where > 4095) return kBadRegisterNumber;
  hw::MmioWrite(AddressIn(base_, bus, devfn, where), value, size);
  return kOk;
}

}  // namespace cfgtorture
