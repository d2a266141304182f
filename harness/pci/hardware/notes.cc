#include "harness/pci/hardware/notes.h"

#include "harness/kernel/engine.h"

namespace cfgtorture::hw {
namespace {

struct Name {
  unsigned offset;
  const char* text;
};

constexpr Name kHeader[] = {
    {0x00, "PCI_VENDOR_ID"},      {0x02, "PCI_DEVICE_ID"},      {0x04, "PCI_COMMAND"},
    {0x06, "PCI_STATUS"},         {0x08, "PCI_CLASS_REVISION"}, {0x0c, "PCI_CACHE_LINE_SIZE"},
    {0x0d, "PCI_LATENCY_TIMER"},  {0x0e, "PCI_HEADER_TYPE"},    {0x0f, "PCI_BIST"},
    {0x10, "PCI_BASE_ADDRESS_0"}, {0x14, "PCI_BASE_ADDRESS_1"}, {0x34, "PCI_CAPABILITY_LIST"},
    {0x3c, "PCI_INTERRUPT_LINE"}, {0x3d, "PCI_INTERRUPT_PIN"},
};
constexpr Name kType0[] = {
    {0x18, "PCI_BASE_ADDRESS_2"}, {0x1c, "PCI_BASE_ADDRESS_3"},      {0x20, "PCI_BASE_ADDRESS_4"},
    {0x24, "PCI_BASE_ADDRESS_5"}, {0x2c, "PCI_SUBSYSTEM_VENDOR_ID"}, {0x2e, "PCI_SUBSYSTEM_ID"},
    {0x30, "PCI_ROM_ADDRESS"},
};
constexpr Name kType1[] = {
    {0x18, "PCI_PRIMARY_BUS"},  {0x19, "PCI_SECONDARY_BUS"},  {0x1a, "PCI_SUBORDINATE_BUS"},
    {0x1e, "PCI_SEC_STATUS"},   {0x20, "PCI_MEMORY_BASE"},    {0x24, "PCI_PREF_MEMORY_BASE"},
    {0x38, "PCI_ROM_ADDRESS1"}, {0x3e, "PCI_BRIDGE_CONTROL"},
};
// Offsets within the capability.
constexpr Name kPm[] = {{0x02, "PCI_PM_PMC"}, {0x04, "PCI_PM_CTRL"}};
constexpr Name kMsix[] = {{0x02, "PCI_MSIX_FLAGS"}, {0x04, "PCI_MSIX_TABLE"}, {0x08, "PCI_MSIX_PBA"}};
constexpr Name kPcie[] = {
    {0x02, "PCI_EXP_FLAGS"},   {0x04, "PCI_EXP_DEVCAP"},  {0x08, "PCI_EXP_DEVCTL"}, {0x0a, "PCI_EXP_DEVSTA"},
    {0x0c, "PCI_EXP_LNKCAP"},  {0x10, "PCI_EXP_LNKCTL"},  {0x12, "PCI_EXP_LNKSTA"}, {0x14, "PCI_EXP_SLTCAP"},
    {0x18, "PCI_EXP_SLTCTL"},  {0x1a, "PCI_EXP_SLTSTA"},  {0x1c, "PCI_EXP_RTCTL"},  {0x20, "PCI_EXP_RTSTA"},
    {0x28, "PCI_EXP_DEVCTL2"}, {0x30, "PCI_EXP_LNKCTL2"},
};
constexpr Name kMsi32[] = {
    {0x02, "PCI_MSI_FLAGS"},   {0x04, "PCI_MSI_ADDRESS_LO"}, {0x08, "PCI_MSI_DATA_32"},
    {0x0c, "PCI_MSI_MASK_32"}, {0x10, "PCI_MSI_PENDING_32"},
};
constexpr Name kMsi64[] = {
    {0x02, "PCI_MSI_FLAGS"},   {0x04, "PCI_MSI_ADDRESS_LO"}, {0x08, "PCI_MSI_ADDRESS_HI"},
    {0x0c, "PCI_MSI_DATA_64"}, {0x10, "PCI_MSI_MASK_64"},    {0x14, "PCI_MSI_PENDING_64"},
};
constexpr Name kAer[] = {
    {0x04, "PCI_ERR_UNCOR_STATUS"}, {0x08, "PCI_ERR_UNCOR_MASK"},  {0x0c, "PCI_ERR_UNCOR_SEVER"},
    {0x10, "PCI_ERR_COR_STATUS"},   {0x14, "PCI_ERR_COR_MASK"},    {0x18, "PCI_ERR_CAP"},
    {0x2c, "PCI_ERR_ROOT_COMMAND"}, {0x30, "PCI_ERR_ROOT_STATUS"},
};
constexpr Name kSriov[] = {{0x08, "PCI_SRIOV_CTRL"}, {0x0a, "PCI_SRIOV_STATUS"}, {0x10, "PCI_SRIOV_NUM_VF"}};

template <size_t n>
const char* Find(const Name (&names)[n], unsigned offset) {
  for (const Name& name : names) {
    if (name.offset == offset) return name.text;
  }
  return nullptr;
}

const char* RegisterName(const ConfigSpace& space, unsigned offset) {
  if (offset < 0x40) {
    if (const char* name = Find(kHeader, offset)) return name;
    return space.header_type == 1 ? Find(kType1, offset) : Find(kType0, offset);
  }
  const char* name = nullptr;
  const auto within = [&](unsigned capability, const auto& names) {
    if (name == nullptr && capability != 0 && offset > capability) name = Find(names, offset - capability);
  };
  // The tables are sparse and capabilities do not overlap, so a hit in one is the register.
  within(space.pm, kPm);
  space.msi_64bit ? within(space.msi, kMsi64) : within(space.msi, kMsi32);
  within(space.msix, kMsix);
  within(space.pcie, kPcie);
  within(space.aer, kAer);
  within(space.sriov, kSriov);
  return name;
}

void Arrow(Text& text, bool is_write, uint32_t value, unsigned size) {
  text.Str(is_write ? " <- " : " -> ").Hex(value, size * 2);
}

}  // namespace

void AppendRegister(Text& text, const FunctionState& f, unsigned offset) {
  if (const char* name = RegisterName(f.space, offset)) {
    text.Str(name);
  } else {
    text.Hex(offset, 3);
  }
}

void NoteCall(Call call, FunctionId function) {
  Text text;
  text.Str(NameOf(call));
  if (function != kNoFunction) text.Str(" ").Str(Function(function).name);
  engine::Note(text.c_str());
}

void NoteAccess(const Slot& self, const FunctionState& f, unsigned offset, unsigned size, bool is_write, uint32_t value,
                const char* remark) {
  Text text;
  text.Str(is_write ? "write " : "read ");
  if (self.InnermostFunction() != f.info.id) text.Str(f.info.name).Str(" ");
  AppendRegister(text, f, offset);
  Arrow(text, is_write, value, size);
  text.Str(remark);
  engine::Note(text.c_str());
}

void NoteRegister(const char* name, bool is_write, uint32_t value, unsigned size) {
  Text text;
  text.Str(name);
  Arrow(text, is_write, value, size);
  engine::Note(text.c_str());
}

void NoteFunction(const FunctionState& f, const char* what) {
  Text text;
  text.Str(f.info.name).Str(": ").Str(what);
  engine::Note(text.c_str());
}

}  // namespace cfgtorture::hw
