// harness/pci/ops/config_ops.h: struct pci_ops: how a host-bridge driver reaches configuration space.
#ifndef CFGTORTURE_HARNESS_PCI_OPS_CONFIG_OPS_H_
#define CFGTORTURE_HARNESS_PCI_OPS_CONFIG_OPS_H_

#include <cstdint>

namespace cfgtorture {

struct Bus;

// PCIBIOS_* return codes (facts 2.2).
enum ConfigStatus : int {
  kOk = 0x00,
  kFuncNotSupported = 0x81,
  kBadVendorId = 0x83,
  kDeviceNotFound = 0x86,
  kBadRegisterNumber = 0x87,
  kSetFailed = 0x88,
  kBufferTooSmall = 0x89,
};

class ConfigOps {
 public:
  // What serialises an access: the lock that the backend brings, if its user asks for it (facts 4).
  enum class Locking : uint8_t { kNone, kOwn };

  virtual ~ConfigOps() = default;
  // One access of `size` 1, 2 or 4 aligned bytes. Any context, if the lock that serialises it allows.
  // Returns a ConfigStatus; on an error *value is all ones.
  virtual int read(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t* value) = 0;
  virtual int write(const Bus& bus, uint8_t devfn, uint16_t where, unsigned size, uint32_t value) = 0;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_PCI_OPS_CONFIG_OPS_H_
