// harness/pci/topology/topology.h: the functions of a machine and their configuration space, from lspci text or a
// folder of sysfs `config` files, and back to lspci text.
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
  int line = 0;                 // of the header line in the text; 0: from a folder
};

struct Topology {
  std::vector<FunctionImage> functions;  // sorted by domain, bus, devfn; at least one
  std::vector<std::string> warnings;     // "0000:03:00.0: capability list broken at 0x50: ..."
};

// Parses `lspci -x`, `-xxx` or `-xxxx` text (verbose lines between are skipped). `path` is for messages only.
// Errors: one line with path, line, value and what was expected. No functions at all is an error.
absl::StatusOr<Topology> Parse(std::string_view text, std::string_view path);
absl::StatusOr<Topology> Load(const std::string& path);  // a folder goes to LoadFolder()

// A file of a folder: what it is called there, the way to it, what it holds.
struct ConfigFile {
  std::string name;  // "0000:03:00.0"; for FOLDER/0000:03:00.0/config the folder's name
  std::string path;  // for messages only
  std::string bytes;
};
// Makes the topology of `config` files. Names are "[domain:]bus:device.function", with or without ".config" or ".bin".
absl::StatusOr<Topology> FromConfigFiles(const std::vector<ConfigFile>& files, std::string_view path);
// Reads a folder laid out as /sys/bus/pci/devices (0000:03:00.0/config, links followed), as the tree below
// /sys/devices/pci0000:00 (the same, nested), or flat (0000:03:00.0, 0000:03:00.0.config). Whatever else lies there is
// left out, with a warning if its name does not begin with a dot.
absl::StatusOr<Topology> LoadFolder(const std::string& path);

// Text that `lspci -F` decodes to the same devices, capabilities and fields.
std::string Dump(const Topology& topology);

}  // namespace cfgtorture::topology

#endif  // CFGTORTURE_HARNESS_PCI_TOPOLOGY_TOPOLOGY_H_
