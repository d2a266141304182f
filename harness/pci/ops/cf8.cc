#include "harness/pci/ops/cf8.h"

#include "harness/pci/device.h"

namespace cfgtorture {
namespace {

// Bit 31 enable, 23..16 bus, 15..8 device and function, 7..2 register (PCI Local Bus 3.0, 3.2.2.3.2); AMD's extension:
// 27..24 are bits 11..8 of the register, which are 0 for the others.
uint32_t Address(const Bus& bus, uint8_t devfn, uint16_t where) {
  return 0x80000000u | (where & 0xf00u) << 16 | uint32_t{bus.number} << 16 | uint32_t{devfn} << 8 | (where & 0xfcu);
}

uint16_t DataPort(uint16_t where) { return static_cast<uint16_t>(hw::kCfc + (where & 3)); }

}  // namespace

Cf8Ops::Cf8Ops(Locking locking, Registers registers)
    : registers_(registers), pci_config_lock_("pci_config_lock", locking) {
  if (registers == Registers::k4096) hw::EnableExtendedCf8();
}

int Cf8Ops::read(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t* value) {
  *value = ~0u;
  if (bus.domain != 0) return kDeviceNotFound;
  if (where >= static_cast<uint16_t>(registers_)) return kBadRegisterNumber;

  OwnLock::Guard guard(pci_config_lock_);
  hw::PortWrite(hw::kCf8, Address(bus, devfn, where), 4);
  *value = hw::PortRead(DataPort(where), size);
  return kOk;
}

int Cf8Ops::write(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t value) {
  if (bus.domain != 0) return kDeviceNotFound;
  if (where >= static_cast<uint16_t>(registers_)) return kBadRegisterNumber;

  OwnLock::Guard guard(pci_config_lock_);
  hw::PortWrite(hw::kCf8, Address(bus, devfn, where), 4);
  hw::PortWrite(DataPort(where), value, size);
  return kOk;
}

}  // namespace cfgtorture
