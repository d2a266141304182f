#include "harness/pci/ops/x86.h"

#include "harness/pci/device.h"

namespace cfgtorture {

ConfigOps& X86Ops::MethodFor(const Bus& bus, uint16_t where) {
  if (bus.domain == 0 && where < 256) return base_method_;
  return extended_method_;
}

int X86Ops::read(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t* value) {
  return MethodFor(bus, where).read(bus, devfn, where, size, value);
}

int X86Ops::write(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t value) {
  return MethodFor(bus, where).write(bus, devfn, where, size, value);
}

}  // namespace cfgtorture
