#include "harness/pci/ops/dword_only.h"

#include "harness/pci/device.h"

namespace cfgtorture {
namespace {

uint64_t DwordIn(uint64_t base, const Bus& bus, uint8_t devfn, uint16_t where) {
  return base + (uint64_t{bus.number} << 20 | uint64_t{devfn} << 12 | (where & 0xffcu));
}

constexpr uint32_t Ones(unsigned size) { return size == 4 ? ~0u : (1u << 8 * size) - 1; }

}  // namespace

int DwordOnlyOps::Check(const Bus& bus, uint16_t where) const {
  if (bus.number < first_bus_ || bus.number > last_bus_) return kDeviceNotFound;
  return where > 4095 ? kBadRegisterNumber : kOk;
}

int DwordOnlyOps::read(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t* value) {
  *value = ~0u;
  if (const int error = Check(bus, where); error != kOk) return error;
  *value = hw::MmioRead(DwordIn(base_, bus, devfn, where), 4) >> 8 * (where & 3) & Ones(size);
  return kOk;
}

int DwordOnlyOps::write(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t value) {
  if (const int error = Check(bus, where); error != kOk) return error;
  const uint64_t address = DwordIn(base_, bus, devfn, where);

  OwnLock::Guard guard(merge_lock_);
  if (size == 4) {
    hw::MmioWrite(address, value, 4);
    return kOk;
  }
  const unsigned shift = 8 * (where & 3);
  const uint32_t asked = Ones(size) << shift;
  const uint32_t before = hw::MmioReadWhole(address, asked);
  hw::MmioWriteWhole(address, (before & ~asked) | (value << shift & asked), asked);
  return kOk;
}

}  // namespace cfgtorture
