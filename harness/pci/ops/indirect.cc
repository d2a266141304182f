#include "harness/pci/ops/indirect.h"

#include "harness/kernel/time.h"
#include "harness/pci/device.h"

namespace cfgtorture {

// The latch holds dword addresses: the byte lane is chosen at the data register.
void IndirectOps::Select(const Bus& bus, uint8_t devfn, uint16_t where) {
  hw::MmioWrite(window_ + hw::kWindowSelect, uint32_t{bus.number} << 24 | uint32_t{devfn} << 16 | (where & 0xffcu), 4);
  while ((hw::MmioRead(window_ + hw::kWindowStatus, 4) & 1) != 0) cpu_relax();
}

int IndirectOps::read(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t* value) {
  *value = ~0u;
  if (where > 4095) return kBadRegisterNumber;

  OwnLock::Guard guard(window_lock_);
  Select(bus, devfn, where);
  *value = hw::MmioRead(window_ + hw::kWindowData + (where & 3), size);
  return kOk;
}

int IndirectOps::write(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t value) {
  if (where > 4095) return kBadRegisterNumber;

  OwnLock::Guard guard(window_lock_);
  Select(bus, devfn, where);
  hw::MmioWrite(window_ + hw::kWindowData + (where & 3), value, size);
  return kOk;
}

}  // namespace cfgtorture
