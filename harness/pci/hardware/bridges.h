// harness/pci/hardware/bridges.h: the host bridges that a cell can name, and what an access through each costs.
//
// One table of latencies: its defaults are what the native workers wait, and what `list bridges` prints. The explore
// model waits for none of them (its clock is not about cost), but takes the polls.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_BRIDGES_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_BRIDGES_H_

#include <cstdint>
#include <string_view>

#include "harness/pci/hardware/machine.h"

namespace cfgtorture::hw {

struct LatencyText {
  const char* name;
  uint32_t Latencies::*field;
  uint32_t value;
  const char* unit;   // "ns", "polls"
  const char* basis;  // "measured" or "assumed"
  const char* source;
};

// Measured here, for comparison: 4 bytes through sysfs `config` less the system call, in a Firecracker guest (AMD EPYC,
// Linux 6.18, median of 3000): 16.4 us through CF8/CFC, 10.1 us by ECAM. Every access leaves for the monitor's process
// there, so these are no defaults for hardware.
inline constexpr LatencyText kLatencyTable[] = {
    {"port", &Latencies::port_ns, 750, "ns", "assumed",
     "a CF8/CFC pair takes 1-2 us on hardware (facts 4, unverified); in a Firecracker guest 16.4 us a pair, measured"},
    {"ecam", &Latencies::ecam_ns, 1000, "ns", "assumed",
     "a non-posted read off chip, about 1 us, outliers of 5.5 us measured (facts 4: Q&A 17770823, Xeon E5 and a 10G "
     "NIC); in a Firecracker guest 10.1 us, measured"},
    {"window-register", &Latencies::window_register_ns, 300, "ns", "assumed",
     "three to six MMIO operations an access (facts 4); 200-400 cycles each on die (McCalpin), more off it"},
    {"window-busy", &Latencies::window_busy_polls, 1, "polls", "assumed", "the bridge takes one poll to decode"},
    {"mailbox-register", &Latencies::mailbox_register_ns, 300, "ns", "assumed", "as window-register"},
    {"mailbox-busy", &Latencies::mailbox_busy_polls, 1, "polls", "assumed",
     "the completion is there at the second poll; the driver polls every 5 us (Linux 6.12, Altera)"},
    {"retry", &Latencies::retry_ns, 50'000, "ns", "assumed",
     "any bridge, of a function in recovery: the shortest completion timeout, 50 us to 50 ms (facts 4: spec, "
     "unverified)"},
};

constexpr Latencies DefaultLatencies() {
  Latencies latencies;
  for (const LatencyText& text : kLatencyTable) latencies.*text.field = text.value;
  return latencies;
}

// False: there is none of that name.
inline bool SetLatency(Latencies& latencies, std::string_view name, uint32_t value) {
  for (const LatencyText& text : kLatencyTable) {
    if (name != text.name) continue;
    latencies.*text.field = value;
    return true;
  }
  return false;
}

struct BridgeText {
  const char* name;
  const char* summary;
  const char* latencies;  // of kLatencyTable, comma-separated
};

// Names differ in their first character, or x in their fourth: sdk/world.cc makes the drivers.
inline constexpr BridgeText kBridges[] = {
    {"x86", "a PC: CF8/CFC below register 256 of domain 0, ECAM for the rest", "port,ecam"},
    {"indirect", "one window: select, poll, data (X-Gene, R-Car, DesignWare)", "window-register,window-busy"},
    {"ecam", "memory-mapped, an access is one load or store", "ecam"},
    {"cf8", "configuration mechanism 1 alone: domain 0, registers below 256", "port"},
    {"cf8-amd", "mechanism 1 with AMD's extension: register bits 11-8 in bits 27-24 of CF8, 4096 bytes", "port"},
    {"slow-mailbox", "a request is a message, its completion is polled for every 5 us (Altera)",
     "mailbox-register,mailbox-busy"},
    {"dword-only", "ECAM that moves whole dwords: a narrower write is read, merge, write", "ecam"},
};

}  // namespace cfgtorture::hw

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_BRIDGES_H_
