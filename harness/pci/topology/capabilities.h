// harness/pci/topology/capabilities.h: walks a function's capability lists as far as they can be trusted.
//
// Invariant: whatever the bytes, the walk ends and every capability returned lies inside the configuration space with
// the bytes that its header promises to our users (kMinimumLength), so that none of them checks a length again.
#ifndef CFGTORTURE_HARNESS_PCI_TOPOLOGY_CAPABILITIES_H_
#define CFGTORTURE_HARNESS_PCI_TOPOLOGY_CAPABILITIES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/pci/topology/topology.h"

namespace cfgtorture::topology {

// Identifiers of the PCI Code and ID Assignment Specification; those that the emulated hardware acts on.
enum CapabilityId : uint16_t {
  kCapPowerManagement = 0x01,
  kCapMsi = 0x05,
  kCapPcie = 0x10,
  kCapMsix = 0x11,
  kCapAdvancedFeatures = 0x13,
};
enum ExtendedCapabilityId : uint16_t {
  kExtAer = 0x0001,
  kExtSerialNumber = 0x0003,
  kExtSriov = 0x0010,
};

struct Capability {
  uint16_t id;
  uint16_t offset;
  bool extended;
};

// In list order. Stops at the first defect; `problem`, if not null, then says in a few words what and at which offset.
std::vector<Capability> Capabilities(const FunctionImage& function, std::string* problem);

// Little-endian fields of an image; bytes that the image lacks read as 0.
uint16_t Word(const FunctionImage& function, unsigned offset);
uint32_t Dword(const FunctionImage& function, unsigned offset);

}  // namespace cfgtorture::topology

#endif  // CFGTORTURE_HARNESS_PCI_TOPOLOGY_CAPABILITIES_H_
