// harness/pci/topology/topology.h: the functions of a machine and their configuration space, from lspci text and back.
#ifndef CFGTORTURE_HARNESS_PCI_TOPOLOGY_TOPOLOGY_H_
#define CFGTORTURE_HARNESS_PCI_TOPOLOGY_TOPOLOGY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace cfgtorture::topology {

struct FunctionImage {
  uint16_t domain = 0;
  uint8_t bus = 0;
  uint8_t devfn = 0;            // device << 3 | function
  std::vector<uint8_t> config;  // 64, 128, 256 or 4096 bytes, as the dump has them
  std::string title;            // the rest of the header line, as read; untrusted text
  int line = 0;                 // of the header line in the input
};

struct Topology {
  std::vector<FunctionImage> functions;  // sorted by domain, bus, devfn; at least one
  std::vector<std::string> warnings;     // "0000:03:00.0: capability list broken at 0x50: ..."
};

// Parses `lspci -x`, `-xxx` or `-xxxx` text (verbose lines between are skipped). `path` is for messages only.
// Errors: one line with path, line, value and what was expected. No functions at all is an error.
absl::StatusOr<Topology> Parse(std::string_view text, std::string_view path);
absl::StatusOr<Topology> Load(const std::string& path);

// Text that `lspci -F` decodes to the same devices, capabilities and fields.
std::string Dump(const Topology& topology);

}  // namespace cfgtorture::topology

#endif  // CFGTORTURE_HARNESS_PCI_TOPOLOGY_TOPOLOGY_H_
