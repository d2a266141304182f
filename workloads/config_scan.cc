// workloads/config_scan.cc: lspci in a loop: every function's header and capabilities, through the user accessors.
//
// Each task sweeps over all functions of the machine, bridges too; a round is one function: its ids, the 64 bytes of
// the header, the walk of the capability list, and the extended one where there are 4096 bytes. The tasks begin at
// functions of their own, so that they meet at the lock and rarely at the function.
// Shows     torn pairs (two readers suffice); the readers' side of contention: nobody here blocks or changes anything.
// Needs     nothing. Under `mixed` it reads through their slots what vfio-hotplug pulls.
#include <atomic>

#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"
#include "workloads/parts.h"

namespace cfgtorture {
namespace {

constexpr char kName[] = "config-scan";
constexpr OptionText kOptions[] = {
    {"header-dwords", 16, 1, 16, "of the header that are read, the ids with them"},
    {"capabilities", 1, 0, 1, "1: walk the capability list"},
    {"extended", 1, 0, 1, "1: walk the extended list too, where there is one"},
};

// At most so many steps of a walk: a list that is read while its function goes away leads anywhere (the kernel's bounds
// are the same: 48 capabilities in 192 bytes, 480 in 3840).
constexpr int kMostCapabilities = 48;
constexpr int kMostExtendedCapabilities = 480;

class ConfigScan final : public RoundWorkload {
 public:
  const char* task_name() const override { return "lspci"; }

  void SetUp(Setting& s, Pool& pool) override {
    header_dwords_ = OptionOf(s.params, kName, "header-dwords");
    capabilities_ = OptionOf(s.params, kName, "capabilities") != 0;
    extended_ = OptionOf(s.params, kName, "extended") != 0;
    const int functions = hw::FunctionCount();
    for (int i = 0; i < functions; ++i) {
      const auto function = static_cast<hw::FunctionId>(i);
      Slot* const slot = pool.SlotOf(function);
      targets_.push_back({slot, slot == nullptr ? &s.world.device(function) : nullptr});
    }
  }

  uint32_t functions_used() const override { return static_cast<uint32_t>(targets_.size()); }

  void Round(Setting& s, Member& member) override {
    const auto count = static_cast<uint32_t>(targets_.size());
    const Target& target = targets_[(member.number + member.round) % count];
    if (target.slot == nullptr) {
      Scan(s, *target.device);
      return;
    }
    Device* const dev = target.slot->Hold();
    if (dev != nullptr) Scan(s, *dev);
    target.slot->Release();
  }

  void Metrics() override { AddMetric("functions_scanned", "functions", scanned_.load()); }

 private:
  struct Target {
    Slot* slot;  // where the object comes and goes
    Device* device;
  };

  // All ones where the access failed: nothing is there.
  static uint32_t Read(Setting& s, Device& dev, uint32_t where, Size size) {
    uint32_t value = ~0u;
    if (s.caller.user_read(dev, static_cast<Offset>(where), size, &value) != 0) return ~0u;
    return value;
  }

  void Scan(Setting& s, Device& dev) {
    if (Read(s, dev, PCI_VENDOR_ID, Size::kDword) == ~0u) return;
    for (uint32_t i = 1; i < header_dwords_; ++i) Read(s, dev, 4 * i, Size::kDword);
    if (capabilities_) WalkCapabilities(s, dev);
    if (extended_ && dev.info().config_bytes > 256) WalkExtendedCapabilities(s, dev);
    scanned_.fetch_add(1, std::memory_order_relaxed);
  }

  static void WalkCapabilities(Setting& s, Device& dev) {
    if ((Read(s, dev, PCI_STATUS, Size::kWord) & PCI_STATUS_CAP_LIST) == 0) return;
    uint32_t at = Read(s, dev, PCI_CAPABILITY_LIST, Size::kByte) & 0xfc;
    for (int left = kMostCapabilities; at >= 0x40 && left > 0; --left) {
      const uint32_t entry = Read(s, dev, at, Size::kWord);  // id, then where the next one is
      if ((entry & 0xff) == 0xff) return;
      at = entry >> 8 & 0xfc;
    }
  }

  static void WalkExtendedCapabilities(Setting& s, Device& dev) {
    uint32_t at = 0x100;
    for (int left = kMostExtendedCapabilities; at >= 0x100 && left > 0; --left) {
      const uint32_t entry = Read(s, dev, at, Size::kDword);  // id, version, then where the next one is
      if (entry == 0 || entry == ~0u) return;
      at = entry >> 20 & 0xffc;
    }
  }

  std::vector<Target> targets_;
  uint32_t header_dwords_ = 0;
  bool capabilities_ = false, extended_ = false;
  std::atomic<uint32_t> scanned_{0};
};

const ProgramRegistration kConfigScan{{
    .kind = ProgramKind::kWorkload,
    .name = kName,
    .summary = "lspci in a loop: every function's header and capabilities by user reads",
    .hazards = "torn-pair,data-race",
    .flavours = "preempt,rt",
    .bridges = "x86,indirect",
    .options = kOptions,
    .run = RunWorkload<Alone<ConfigScan>>,
}};

}  // namespace

std::unique_ptr<RoundWorkload> MakeConfigScan() { return std::make_unique<ConfigScan>(); }

}  // namespace cfgtorture
