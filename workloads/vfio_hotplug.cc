// workloads/vfio_hotplug.cc: the reporter's test of October 2019: guests come and go on the functions of one device.
//
// Each task is a guest with functions of its own: it opens one (clears bus master, resets it), its VMM reads the config
// space of everybody's functions, it closes (resets) it again; every few rounds a function is pulled, its object is
// removed once the last reader has left, as kernfs does, and a new one is added.
// Shows     blocked-access, use-after-remove, dead-entry and its race; torn pairs by the way.
// Needs     functions with FLR: at most eight are used.
#include <atomic>

#include "harness/kernel/observer.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"
#include "workloads/parts.h"

namespace cfgtorture {
namespace {

constexpr char kName[] = "vfio-hotplug";
constexpr OptionText kOptions[] = {
    {"reads", 8, 0, 1'000'000, "reads of the VMM between open and close"},
    {"reset-every", 1, 0, 1'000'000, "a close in so many resets the function; 0: none"},
    {"unplug-every", 3, 0, 1'000'000, "a round in so many pulls the function; 0: none"},
};

class VfioHotplug final : public RoundWorkload {
 public:
  const char* task_name() const override { return "guest"; }

  void SetUp(Setting& s, Pool& pool) override {
    reads_ = OptionOf(s.params, kName, "reads");
    reset_every_ = OptionOf(s.params, kName, "reset-every");
    unplug_every_ = OptionOf(s.params, kName, "unplug-every");
    const int functions = hw::FunctionCount();
    for (int i = 0; i < functions && count_ < pool.most(); ++i) {
      const hw::FunctionInfo& info = hw::Function(static_cast<hw::FunctionId>(i));
      if (info.header_type != 0 || !info.has_flr || !pool.Take(info.id)) continue;
      slots_[count_].Plug(s, info.id);
      pool.Offer(slots_[count_++]);
    }
  }

  uint32_t functions_used() const override { return count_; }

  void Round(Setting& s, Member& member) override {
    const uint32_t own = member.Own(count_);
    if (own < count_) {
      Device& dev = slots_[own].object();
      uint32_t command;
      s.caller.user_read(dev, PCI_COMMAND, Size::kWord, &command);
      s.caller.user_write(dev, PCI_COMMAND, Size::kWord, command & ~uint32_t{PCI_COMMAND_MASTER});
      if (s.caller.try_reset(dev) == 0) resets_.fetch_add(1, std::memory_order_relaxed);
    }
    for (uint32_t i = 0; i < reads_; ++i) {
      const auto where = static_cast<Offset>(4 * member.random.Below(16));
      VmmRead(s, slots_[member.random.Below(count_)], where);
    }
    if (own < count_) {
      if (IsTurn(member.round, reset_every_)) {
        s.caller.reset(slots_[own].object());
        resets_.fetch_add(1, std::memory_order_relaxed);
      }
      if (IsTurn(member.round, unplug_every_)) Replug(s, slots_[own]);
    }
  }

  void Check(Setting&) override {
    for (uint32_t i = 0; i < count_; ++i) {
      if (slots_[i].object().block_cfg_access.load(std::memory_order_relaxed)) {
        observer::Violation(Hazard::kAssertion, "a function is still blocked after everybody has left");
      }
    }
  }

  void Metrics() override {
    AddMetric("resets", "resets", resets_.load());
    AddMetric("unplugs", "unplugs", unplugs_.load());
  }

 private:
  void Replug(Setting& s, Slot& slot) {
    slot.Unplug(s);
    unplugs_.fetch_add(1, std::memory_order_relaxed);
    slot.Plug(s, slot.function());
  }

  // A sysfs read: the object stays while it lasts.
  static void VmmRead(Setting& s, Slot& slot, Offset where) {
    Device* const dev = slot.Hold();
    if (dev != nullptr) {
      uint32_t value;
      s.caller.user_read(*dev, where, Size::kDword, &value);
    }
    slot.Release();
  }

  Slot slots_[kMostFunctions];
  uint32_t count_ = 0;
  uint32_t reads_ = 0, reset_every_ = 0, unplug_every_ = 0;
  std::atomic<uint32_t> resets_{0};
  std::atomic<uint32_t> unplugs_{0};
};

const ProgramRegistration kVfioHotplug{{
    .kind = ProgramKind::kWorkload,
    .name = kName,
    .summary = "guests open, reset, read, close, pull and re-add functions of one device",
    .hazards = "torn-pair,blocked-access,use-after-remove,dead-entry,lost-wakeup,data-race",
    .flavours = "preempt,rt",
    .bridges = "x86,indirect",
    .options = kOptions,
    .run = RunWorkload<Alone<VfioHotplug>>,
}};

}  // namespace

std::unique_ptr<RoundWorkload> MakeVfioHotplug() { return std::make_unique<VfioHotplug>(); }

}  // namespace cfgtorture
