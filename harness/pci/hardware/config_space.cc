#include "harness/pci/hardware/config_space.h"

#include <algorithm>
#include <type_traits>

#include "harness/pci/topology/capabilities.h"

namespace cfgtorture::hw {
namespace {

using topology::Capability;
using topology::Dword;
using topology::FunctionImage;
using topology::Word;

// Marks bits of the dword at `offset`; beyond the space, or beyond the standard 256 bytes until Extended() is called,
// nothing happens: a capability near the end may promise registers that its device does not have.
class Masks {
 public:
  explicit Masks(ConfigSpace* space) : space_(*space) {}
  void Extended() { end_ = 0x1000; }
  void Rw(unsigned offset, uint32_t bits) { Set(&space_.rw, offset, bits); }
  void Rw1c(unsigned offset, uint32_t bits) { Set(&space_.rw1c, offset, bits); }

 private:
  // `bits` may belong to a word at an odd half: it is shifted to its place in the dword.
  void Set(std::vector<uint32_t>* mask, unsigned offset, uint32_t bits) const {
    if (offset < end_ && offset / 4 < mask->size()) (*mask)[offset / 4] |= bits << (8 * (offset % 4));
  }
  ConfigSpace& space_;
  unsigned end_ = 0x100;
};

// A base address register: a dump does not tell the size. Assumed: 4 KiB of memory, 32 bytes of I/O; 0 is absent.
// Returns how many dwords it takes.
unsigned BaseAddress(const FunctionImage& image, unsigned offset, Masks* masks) {
  const uint32_t value = Dword(image, offset);
  if (value == 0) return 1;
  if (value & 1) {
    masks->Rw(offset, 0xffffffe0);
    return 1;
  }
  masks->Rw(offset, 0xfffff000);
  if ((value & 6) != 4) return 1;
  masks->Rw(offset + 4, 0xffffffff);
  return 2;
}

void Header(const FunctionImage& image, ConfigSpace* space, Masks* masks) {
  const bool conventional = space->pcie == 0;
  masks->Rw(kCommand, conventional ? 0x077f : 0x0547);
  masks->Rw1c(kCommand + 2, 0xf900);
  masks->Rw(0x0c, conventional ? 0xffff : 0x00ff);  // cache line size; latency timer is hardwired on PCIe
  masks->Rw(0x3c, 0xff);                            // interrupt line
  const unsigned bars_end = space->header_type == 1 ? 0x18 : 0x28;
  for (unsigned at = 0x10; at < bars_end;) at += 4 * BaseAddress(image, at, masks);
  if (space->header_type == 0) {
    if (Dword(image, 0x30) != 0) masks->Rw(0x30, 0xfffff801);
    return;
  }
  masks->Rw(0x18, conventional ? 0xffffffff : 0x00ffffff);  // bus numbers, secondary latency timer
  masks->Rw(0x1c, 0xf0f0);                                  // I/O base and limit
  masks->Rw1c(0x1e, 0xf900);                                // secondary status
  masks->Rw(0x20, 0xfff0fff0);                              // memory window
  masks->Rw(0x24, 0xfff0fff0);                              // prefetchable window
  if ((Dword(image, 0x24) & 0xf) == 1) {
    masks->Rw(0x28, 0xffffffff);
    masks->Rw(0x2c, 0xffffffff);
  }
  if ((Dword(image, 0x1c) & 0xf) == 1) masks->Rw(0x30, 0xffffffff);
  if (Dword(image, 0x38) != 0) masks->Rw(0x38, 0xfffff801);
  masks->Rw(0x3e, conventional ? 0x0bff : 0x007f);  // bridge control, secondary bus reset included
  if (conventional) masks->Rw1c(0x3e, 0x0400);      // discard timer status
}

void PowerManagement(const FunctionImage& image, ConfigSpace* space, Masks* masks) {
  const uint16_t capabilities = Word(image, space->pm + 2u);
  space->has_d1 = capabilities & 0x0200;
  space->has_d2 = capabilities & 0x0400;
  masks->Rw(space->pm + 4u, 0x0003 | 0x1e00 | ((capabilities & 0xf800) ? 0x0100 : 0));
  masks->Rw1c(space->pm + 4u, (capabilities & 0xf800) ? 0x8000 : 0);
}

void Msi(const FunctionImage& image, ConfigSpace* space, Masks* masks) {
  const uint16_t control = Word(image, space->msi + 2u);
  space->msi_64bit = control & 0x80;
  space->msi_maskable = control & 0x100;
  space->msi_vectors = static_cast<uint8_t>(1u << std::min((control >> 1) & 7, 5));
  masks->Rw(space->msi + 2u, 0x0071);
  masks->Rw(space->msi + 4u, 0xfffffffc);
  if (space->msi_64bit) masks->Rw(space->msi + 8u, 0xffffffff);
  masks->Rw(space->msi_data(), 0xffff);
  if (space->msi_maskable) {
    masks->Rw(space->msi_mask(), space->msi_vectors >= 32 ? 0xffffffff : (1u << space->msi_vectors) - 1);
  }
}

void Pcie(const FunctionImage& image, ConfigSpace* space, Masks* masks) {
  const unsigned at = space->pcie;
  const uint16_t flags = Word(image, at + 2);
  space->pcie_type = (flags >> 4) & 0xf;
  const bool port = space->pcie_type == 4 || space->pcie_type == 6 || space->pcie_type == 8;  // downstream facing
  const bool endpoint = space->pcie_type <= 1;
  space->has_flr = endpoint && (Dword(image, at + 4) & (1u << 28));
  masks->Rw(at + 0x08, 0x7fff);  // device control; the FLR bit reads 0
  masks->Rw1c(at + 0x0a, 0x000f);
  masks->Rw(at + 0x10, port ? 0x0fd3 : 0x03cb);  // link control; retrain reads 0
  if (port) masks->Rw1c(at + 0x12, 0xc000);
  if (port && (flags & 0x100)) {  // slot implemented
    masks->Rw(at + 0x18, 0x1fff);
    masks->Rw1c(at + 0x1a, 0x011f);
  }
  if (space->pcie_type == 4 || space->pcie_type == 10) {  // root port, root complex event collector
    masks->Rw(at + 0x1c, 0x000f | ((Word(image, at + 0x1e) & 1) ? 0x0010 : 0));
    masks->Rw1c(at + 0x20, 1u << 16);
  }
  if ((flags & 0xf) >= 2) {
    masks->Rw(at + 0x28, 0xffff);
    masks->Rw(at + 0x30, 0xffff);
  }
}

void Aer(ConfigSpace* space, Masks* masks) {
  const unsigned at = space->aer;
  masks->Rw1c(at + 0x04, 0x07fff030);
  masks->Rw(at + 0x08, 0x07fff030);
  masks->Rw(at + 0x0c, 0x07fff030);
  masks->Rw1c(at + 0x10, 0xf1c1);
  masks->Rw(at + 0x14, 0xf1c1);
  masks->Rw(at + 0x18, 0x0140);
  if (space->pcie_type == 4 || space->pcie_type == 10) {
    masks->Rw(at + 0x2c, 0x7);
    masks->Rw1c(at + 0x30, 0x7f);
  }
}

void Sriov(const FunctionImage& image, ConfigSpace* space, Masks* masks) {
  const unsigned at = space->sriov;
  const bool enabled = Word(image, at + 8) & 1;
  space->vf_count = enabled ? Word(image, at + 0x10) : uint16_t{0};
  space->vf_first_offset = Word(image, at + 0x14);
  space->vf_stride = Word(image, at + 0x16);
  masks->Rw(at + 0x08, 0x001f);
  masks->Rw1c(at + 0x0a, 0x0001);
  masks->Rw(at + 0x10, 0xffff);
  masks->Rw(at + 0x20, 0xffffffff);
  for (unsigned bar = at + 0x24; bar < at + 0x3c;) bar += 4 * BaseAddress(image, bar, masks);
}

void PowerOn(ConfigSpace* space) {
  space->power_on = space->initial;
  for (size_t i = 0; i < space->power_on.size(); ++i) space->power_on[i] &= ~(space->rw[i] | space->rw1c[i]);
}

}  // namespace

ConfigSpace MakeConfigSpace(const FunctionImage& image) {
  ConfigSpace space;
  space.bytes = image.config.size() > 256 ? 4096 : 256;
  space.initial.resize(space.bytes / 4u);
  for (unsigned i = 0; i < space.initial.size(); ++i) space.initial[i] = Dword(image, i * 4);
  space.rw.resize(space.initial.size());
  space.rw1c.resize(space.initial.size());

  // A CardBus bridge (type 2) is taken for type 0: we act on none of its own registers.
  space.header_type = (Word(image, 0x0e) & 0x7f) == 1;
  space.has_intx = (Dword(image, 0x3c) & 0xff00) != 0;
  space.has_bist = Dword(image, kBistDword) & kBistCapable;
  if (space.header_type == 1) {
    space.secondary_bus = static_cast<uint8_t>(Dword(image, 0x18) >> 8);
    space.subordinate_bus = static_cast<uint8_t>(Dword(image, 0x18) >> 16);
  }
  // The first of each kind counts, as in pci_find_capability().
  const auto first = [](auto* where, uint16_t offset) {
    if (*where == 0) *where = static_cast<std::remove_pointer_t<decltype(where)>>(offset);
  };
  for (const Capability& capability : topology::Capabilities(image, nullptr)) {
    if (capability.extended) {
      if (capability.id == topology::kExtAer) first(&space.aer, capability.offset);
      if (capability.id == topology::kExtSerialNumber) first(&space.serial_number, capability.offset);
      if (capability.id == topology::kExtSriov) first(&space.sriov, capability.offset);
      continue;
    }
    if (capability.id == topology::kCapPowerManagement) first(&space.pm, capability.offset);
    if (capability.id == topology::kCapMsi) first(&space.msi, capability.offset);
    if (capability.id == topology::kCapMsix) first(&space.msix, capability.offset);
    if (capability.id == topology::kCapPcie) first(&space.pcie, capability.offset);
    if (capability.id == topology::kCapAdvancedFeatures) first(&space.af, capability.offset);
  }

  Masks masks(&space);
  Header(image, &space, &masks);
  if (space.pm != 0) PowerManagement(image, &space, &masks);
  if (space.msi != 0) Msi(image, &space, &masks);
  if (space.msix != 0) masks.Rw(space.msix + 2u, 0xc000);  // enable, function mask
  if (space.pcie != 0) Pcie(image, &space, &masks);
  if (space.af != 0) space.has_af_flr = Dword(image, space.af) & (1u << 25);
  masks.Extended();
  if (space.aer != 0) Aer(&space, &masks);
  if (space.sriov != 0) Sriov(image, &space, &masks);
  PowerOn(&space);
  return space;
}

void MakeVirtualFunction(ConfigSpace* space) {
  space->has_intx = false;
  space->has_bist = false;
  space->initial[0] = 0xffffffff;
  space->rw[kCommand / 4] &= 0xffff0004;
  for (unsigned at = 0x10; at < 0x28; at += 4) space->rw[at / 4] = 0;
  space->rw[0x3c / 4] = 0;
  PowerOn(space);
}

bool SurvivesFlr(const ConfigSpace& space, unsigned offset) {
  return space.pcie != 0 && (offset == space.pcie + 0x10u || offset == space.pcie + 0x30u);
}

}  // namespace cfgtorture::hw
