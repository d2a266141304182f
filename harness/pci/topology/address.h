// harness/pci/topology/address.h: what the readers of lspci text and of sysfs folders share: addresses as Linux writes
// them, sizes, and what is checked once all functions are there.
#ifndef CFGTORTURE_HARNESS_PCI_TOPOLOGY_ADDRESS_H_
#define CFGTORTURE_HARNESS_PCI_TOPOLOGY_ADDRESS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include "absl/status/status.h"
#include "harness/pci/topology/topology.h"

namespace cfgtorture::topology {

inline constexpr size_t kLargestSpace = 4096;
inline constexpr uint32_t kLargestDomain =
    0xffff;  // VMD numbers its domains from 0x10000; ours have 16 bits, as ACPI's

struct Address {
  uint32_t domain = 0;
  uint32_t bus = 0, device = 0, function = 0;
  bool Exists() const { return device <= 0x1f && function <= 7; }
};

// Takes "[domain:]bus:device.function" from the front of `text`: 4 to 8, 2, 2 hex digits and one decimal. False, and
// `text` as it was, if it does not begin so.
bool ConsumeAddress(std::string_view* text, Address* address);
std::string DoesNotExist(const Address& address);   // for an error
std::string DomainLeftOut(const Address& address);  // for a warning

// Hex digit's value, or -1.
int HexDigit(char c);
size_t HexRun(std::string_view text, uint32_t* value);  // length of the run at the start; value: its low 32 bits
// Of untrusted text: at most 200 characters, each printable.
std::string Printable(std::string_view text);

std::string Name(const FunctionImage& function);  // "0000:03:00.0"
using FunctionKey = std::tuple<uint16_t, uint8_t, uint8_t>;
inline FunctionKey Key(const FunctionImage& function) { return {function.domain, function.bus, function.devfn}; }

// As lspci -x, CardBus bridges, -xxx and -xxxx have them.
inline bool IsSizeOfASpace(size_t size) { return size == 64 || size == 128 || size == 256 || size == kLargestSpace; }

// All functions are there: sorts them and warns of broken capability lists. `path` is for the error that there are more
// than the emulated machine can number.
absl::Status Complete(std::string_view path, Topology* topology);

}  // namespace cfgtorture::topology

#endif  // CFGTORTURE_HARNESS_PCI_TOPOLOGY_ADDRESS_H_
