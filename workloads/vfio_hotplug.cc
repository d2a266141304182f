// workloads/vfio_hotplug.cc: the reporter's test of October 2019: guests come and go on the functions of one device.
//
// Each task is a guest with functions of its own: it opens one (clears bus master, resets it), its VMM reads the config
// space of everybody's functions, it closes (resets) it again; every few rounds a function is pulled, its object is
// removed once the last reader has left, as kernfs does, and a new one is added.
// Shows     blocked-access, use-after-remove, dead-entry and its race; torn pairs by the way.
// Needs     functions with FLR: at most eight are used.
#include <atomic>
#include <memory>

#include "harness/kernel/observer.h"
#include "harness/kernel/wait_queue.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"
#include "workloads/crew.h"

namespace cfgtorture {
namespace {

constexpr uint32_t kMostSlots = 8;
constexpr uint32_t kUnplugEvery = 3;  // rounds
constexpr uint32_t kVmmReads = 8;     // between open and close

// A place for a function. Its object comes and goes; readers hold it by `users`.
struct Slot {
  hw::FunctionId function = hw::kNoFunction;
  std::unique_ptr<Device> object;  // the owning guest's
  std::atomic<Device*> device{nullptr};
  std::atomic<uint32_t> users{0};
  WaitQueueHead drained{"kernfs_drain"};
};

class VfioHotplug final : public Workload {
 public:
  void SetUp(Setting& s) override {
    const int functions = hw::FunctionCount();
    for (int i = 0; i < functions && count_ < kMostSlots; ++i) {
      const hw::FunctionInfo& info = hw::Function(static_cast<hw::FunctionId>(i));
      if (info.header_type == 0 && info.has_flr) Plug(s, slots_[count_++], info.id);
    }
  }

  void Start(Setting& s) override {
    if (count_ == 0) return;
    RunCrew("guest", s.params.threads, [&](uint32_t member) { Guest(s, member); });
  }

  void Check(Setting&) override {
    for (uint32_t i = 0; i < count_; ++i) {
      if (slots_[i].object->block_cfg_access.load(std::memory_order_relaxed)) {
        observer::Violation(Hazard::kAssertion, "a function is still blocked after everybody has left");
      }
    }
  }

  void Metrics() override {
    AddMetric("functions_used", "functions", count_);
    AddMetric("resets", "resets", resets_.load());
    AddMetric("unplugs", "unplugs", unplugs_.load());
  }

 private:
  void Plug(Setting& s, Slot& slot, hw::FunctionId function) {
    slot.function = function;
    slot.object = s.world.NewDevice(function);
    s.caller.device_add(*slot.object);
    slot.device.store(slot.object.get());
  }

  void Unplug(Setting& s, Slot& slot) {
    Device& dev = *slot.object;
    hw::SurpriseRemove(slot.function);
    dev.disconnected.store(true);  // the hot-plug thread says so before it takes any lock (facts 5)
    slot.device.store(nullptr);    // no new reader
    wait_event(slot.drained, [&slot] { return slot.users.load() == 0; });
    s.caller.device_remove(dev);
    slot.object.reset();
    hw::Reinsert(slot.function);
    unplugs_.fetch_add(1, std::memory_order_relaxed);
    Plug(s, slot, slot.function);
  }

  // A sysfs read: the object stays while it lasts.
  void VmmRead(Setting& s, Slot& slot, Offset where) {
    slot.users.fetch_add(1);
    Device* const dev = slot.device.load();
    if (dev != nullptr) {
      uint32_t value;
      s.caller.user_read(*dev, where, Size::kDword, &value);
    }
    if (slot.users.fetch_sub(1) == 1 && slot.device.load() == nullptr) wake_up_all(slot.drained);
  }

  void Guest(Setting& s, uint32_t member) {
    Random random(member);
    uint32_t own = member;
    for (uint32_t round = 1; engine::KeepGoing(); ++round) {
      if (member < count_) {
        Device& dev = *slots_[own].object;
        uint32_t command;
        s.caller.user_read(dev, PCI_COMMAND, Size::kWord, &command);
        s.caller.user_write(dev, PCI_COMMAND, Size::kWord, command & ~uint32_t{PCI_COMMAND_MASTER});
        if (s.caller.try_reset(dev) == 0) resets_.fetch_add(1, std::memory_order_relaxed);
      }
      for (uint32_t i = 0; i < kVmmReads; ++i) {
        const auto where = static_cast<Offset>(4 * random.Below(16));
        VmmRead(s, slots_[random.Below(count_)], where);
      }
      if (member < count_) {
        s.caller.reset(*slots_[own].object);
        resets_.fetch_add(1, std::memory_order_relaxed);
        if (round % kUnplugEvery == 0) Unplug(s, slots_[own]);
        own = own + s.params.threads < count_ ? own + s.params.threads : member;
      }
    }
  }

  Slot slots_[kMostSlots];
  uint32_t count_ = 0;
  std::atomic<uint32_t> resets_{0};
  std::atomic<uint32_t> unplugs_{0};
};

const ProgramRegistration kVfioHotplug{{
    .kind = ProgramKind::kWorkload,
    .name = "vfio-hotplug",
    .summary = "guests open, reset, read, close, pull and re-add functions of one device",
    .hazards = "torn-pair,blocked-access,use-after-remove,dead-entry,lost-wakeup,data-race",
    .flavours = "preempt,rt",
    .bridges = "x86,indirect",
    .run = RunWorkload<VfioHotplug>,
}};

}  // namespace
}  // namespace cfgtorture
