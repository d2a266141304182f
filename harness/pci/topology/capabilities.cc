#include "harness/pci/topology/capabilities.h"

#include <algorithm>
#include <bitset>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace cfgtorture::topology {
namespace {

constexpr unsigned kStandardEnd = 0x100;
constexpr unsigned kExtendedEnd = 0x1000;

std::string Hex(unsigned value) { return absl::StrCat("0x", absl::Hex(value, absl::kZeroPad2)); }

// Bytes that a capability has at least, from the registers that the emulated hardware touches (PCIe r5.0 7.5 to 7.9,
// PM r1.2 3.2, MSI: the form that its own control word announces).
unsigned MinimumLength(const FunctionImage& function, const Capability& capability) {
  if (capability.extended) {
    switch (capability.id) {
      case kExtAer:
        return 0x2c;
      case kExtSerialNumber:
        return 0x0c;
      case kExtSriov:
        return 0x40;
      default:
        return 4;
    }
  }
  switch (capability.id) {
    case kCapPowerManagement:
      return 8;
    case kCapMsi: {
      const uint16_t control = Word(function, capability.offset + 2u);
      const unsigned address_and_data = (control & 0x80) ? 0x0e : 0x0a;
      return (control & 0x100) ? ((control & 0x80) ? 0x18 : 0x14) : address_and_data;
    }
    case kCapPcie:
      return 0x14;
    case kCapMsix:
      return 0x0c;
    case kCapAdvancedFeatures:
      return 6;
    default:
      return 2;
  }
}

// Walks one of the two lists from `at`. A standard header is a byte of id and a byte of next; an extended one a dword.
void Walk(const FunctionImage& function, unsigned at, bool extended, std::vector<Capability>* found,
          std::string* problem) {
  const unsigned first = extended ? kStandardEnd : 0x40;
  const unsigned end =
      std::min<unsigned>(extended ? kExtendedEnd : kStandardEnd, static_cast<unsigned>(function.config.size()));
  std::bitset<kExtendedEnd / 4> seen;
  while (at != 0) {
    if (at < first) {
      *problem = absl::StrCat("capability list broken at ", Hex(at), ": the pointer leads into the ",
                              extended ? "standard space" : "header");
      return;
    }
    if (at + 4 > end) {
      *problem = absl::StrCat("capability list broken at ", Hex(at), ": the dump ends at ", Hex(end));
      return;
    }
    if (seen[at / 4]) {
      *problem = absl::StrCat("capability list broken at ", Hex(at), ": it loops");
      return;
    }
    seen[at / 4] = true;
    Capability capability{};
    unsigned next;
    if (extended) {
      const uint32_t header = Dword(function, at);
      // An all-zero or all-ones header at the start is the specified form of "no extended capabilities".
      if (at == kStandardEnd && (header == 0 || header == 0xffffffff)) return;
      capability = {static_cast<uint16_t>(header & 0xffff), static_cast<uint16_t>(at), true};
      next = (header >> 20) & 0xffc;
    } else {
      capability = {function.config[at], static_cast<uint16_t>(at), false};
      next = function.config[at + 1] & 0xfcu;
    }
    if (capability.id == (extended ? 0xffff : 0xff)) {
      *problem = absl::StrCat("capability list broken at ", Hex(at), ": all ones where a capability was expected");
      return;
    }
    if (at + MinimumLength(function, capability) > end) {
      *problem = absl::StrCat("capability list broken at ", Hex(at), ": capability ", Hex(capability.id),
                              " does not fit before ", Hex(end));
      return;
    }
    found->push_back(capability);
    at = next;
  }
}

}  // namespace

uint16_t Word(const FunctionImage& function, unsigned offset) {
  const auto byte = [&](unsigned at) -> unsigned { return at < function.config.size() ? function.config[at] : 0; };
  return static_cast<uint16_t>(byte(offset) | byte(offset + 1) << 8);
}

uint32_t Dword(const FunctionImage& function, unsigned offset) {
  return Word(function, offset) | static_cast<uint32_t>(Word(function, offset + 2)) << 16;
}

std::vector<Capability> Capabilities(const FunctionImage& function, std::string* problem) {
  std::vector<Capability> found;
  std::string defect;
  const unsigned header_type = function.config.size() > 0x0e ? function.config[0x0e] & 0x7fu : 0;
  if (Word(function, 0x06) & 0x10) {  // Status: capabilities list
    const unsigned pointer_at = header_type == 2 ? 0x14 : 0x34;
    Walk(function, Word(function, pointer_at) & 0xfcu, /*extended=*/false, &found, &defect);
  }
  if (function.config.size() > kStandardEnd) {
    std::string extended_defect;
    Walk(function, kStandardEnd, /*extended=*/true, &found, &extended_defect);
    if (!extended_defect.empty()) defect = absl::StrCat(defect, defect.empty() ? "" : "; extended ", extended_defect);
  }
  if (problem != nullptr) *problem = defect;
  return found;
}

}  // namespace cfgtorture::topology
