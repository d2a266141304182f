#include "harness/pci/topology/address.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/pci/topology/capabilities.h"

namespace cfgtorture::topology {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

size_t HexRun(std::string_view text, uint32_t* value) {
  size_t length = 0;
  *value = 0;
  while (length < text.size() && HexDigit(text[length]) >= 0) {
    *value = *value << 4 | static_cast<uint32_t>(HexDigit(text[length++]));
  }
  return length;
}

std::string Printable(std::string_view text) {
  std::string out(text.substr(0, 200));
  for (char& c : out) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return out;
}

bool ConsumeAddress(std::string_view* text, Address* address) {
  std::string_view rest = *text;
  Address found;
  uint32_t first;
  size_t length = HexRun(rest, &first);
  if (length == 0 || length > 8 || length >= rest.size() || rest[length] != ':') return false;
  rest.remove_prefix(length + 1);
  if (length >= 4) {
    found.domain = first;
    length = HexRun(rest, &found.bus);
    if (length != 2 || length >= rest.size() || rest[length] != ':') return false;
    rest.remove_prefix(length + 1);
  } else if (length == 2) {
    found.bus = first;
  } else {
    return false;
  }
  length = HexRun(rest, &found.device);
  if (length != 2 || length + 1 >= rest.size() || rest[length] != '.') return false;
  rest.remove_prefix(length + 1);
  found.function = static_cast<uint32_t>(rest[0] - '0');
  if (found.function > 9) return false;
  rest.remove_prefix(1);
  *text = rest;
  *address = found;
  return true;
}

std::string DoesNotExist(const Address& address) {
  return absl::StrFormat("device %02x.%d does not exist. Expected a device of 00 to 1f and a function of 0 to 7",
                         address.device, address.function);
}

std::string DomainLeftOut(const Address& address) {
  return absl::StrFormat("%05x:%02x:%02x.%d: left out: its domain is above ffff", address.domain, address.bus,
                         address.device, address.function);
}

std::string Name(const FunctionImage& function) {
  return absl::StrFormat("%04x:%02x:%02x.%d", function.domain, function.bus, function.devfn >> 3, function.devfn & 7);
}

absl::Status Complete(std::string_view path, Topology* topology) {
  constexpr size_t kMostFunctions = 0xfffe;  // 0xffff is nobody
  if (topology->functions.size() > kMostFunctions) {
    return absl::InvalidArgumentError(absl::StrCat(std::string(path), ": ", topology->functions.size(),
                                                   " functions. Expected at most ", kMostFunctions));
  }
  std::sort(topology->functions.begin(), topology->functions.end(),
            [](const FunctionImage& a, const FunctionImage& b) { return Key(a) < Key(b); });
  for (const FunctionImage& function : topology->functions) {
    std::string problem;
    Capabilities(function, &problem);
    if (!problem.empty()) topology->warnings.push_back(absl::StrCat(Name(function), ": ", problem));
  }
  return absl::OkStatus();
}

}  // namespace cfgtorture::topology
