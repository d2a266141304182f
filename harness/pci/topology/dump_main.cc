// cfgt_topology_dump FILE|FOLDER: reads a machine and writes it as lspci text. For lspci_roundtrip_test.py alone.
#include <cstdio>

#include "harness/pci/topology/topology.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: cfgt_topology_dump FILE\n");
    return 2;
  }
  const absl::StatusOr<cfgtorture::topology::Topology> topology = cfgtorture::topology::Load(argv[1]);
  if (!topology.ok()) {
    std::fprintf(stderr, "%s\n", std::string(topology.status().message()).c_str());
    return 2;
  }
  for (const std::string& warning : topology->warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
  const std::string text = Dump(*topology);
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 3;
}
