// workloads/dstate.cc: functions change their power state, run their self test and get other ops while others read.
//
// Each task owns some functions, as the PM core lets one task at a time change a function: D0, D3hot and back; now and
// then ipr's way of a BIST (trylock, start, wait, unlock) or a swap of the bus's ops. In between it reads others'.
// Shows     transition-access of both origins (C8 to C11), blocked-access, races on bus->ops (C14).
// Needs     functions with power management: at most eight are used. D3cold is not driven: nobody here can cut the
// power.
#include <atomic>
#include <optional>

#include "harness/kernel/observer.h"
#include "harness/kernel/time.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"
#include "workloads/crew.h"
#include "workloads/injected_ops.h"

namespace cfgtorture {
namespace {

constexpr uint32_t kMostFunctions = 8;
constexpr unsigned kBistPollMs = 2;  // BIST may take 2 s (PCI Local Bus 3.0, 6.2.4); emulated ones are done at once

class Dstate final : public Workload {
 public:
  void SetUp(Setting& s) override {
    const int functions = hw::FunctionCount();
    for (int i = 0; i < functions && count_ < kMostFunctions; ++i) {
      const hw::FunctionInfo& info = hw::Function(static_cast<hw::FunctionId>(i));
      if (info.header_type == 0 && info.pm != 0) functions_[count_++] = &s.world.device(info.id);
    }
    if (count_ != 0) injected_.emplace(functions_[0]->bus->ops);
  }

  void Start(Setting& s) override {
    if (count_ == 0) return;
    RunCrew("power", s.params.threads, [&](uint32_t member) { Manage(s, member); });
  }

  void Check(Setting&) override {
    for (uint32_t i = 0; i < count_; ++i) {
      if (functions_[i]->block_cfg_access.load(std::memory_order_relaxed)) {
        observer::Violation(Hazard::kAssertion, "a function is still blocked after everybody has left");
      }
    }
  }

  void Metrics() override {
    AddMetric("functions_used", "functions", count_);
    AddMetric("power_cycles", "cycles", cycles_.load());
  }

 private:
  void Manage(Setting& s, uint32_t member) {
    Random random(member);
    uint32_t own = member;
    while (engine::KeepGoing()) {
      const bool owns = member < count_;
      if (owns) s.caller.set_power_state(*functions_[own], PowerState::kD3hot);
      ReadOthers(s, random);
      if (owns) {
        s.caller.set_power_state(*functions_[own], PowerState::kD0);
        cycles_.fetch_add(1, std::memory_order_relaxed);
        if (random.Below(4) == 0) SelfTest(s, *functions_[own]);
        own = own + s.params.threads < count_ ? own + s.params.threads : member;
      }
      ReadOthers(s, random);
      if (member == 0 && random.Below(2) == 0) {
        ConfigOps* const old = s.caller.set_ops(*functions_[0], &*injected_);
        uint32_t id;
        s.caller.read(*functions_[0], PCI_VENDOR_ID, Size::kDword, &id);
        s.caller.set_ops(*functions_[0], old);
      }
    }
  }

  void ReadOthers(Setting& s, Random& random) {
    uint32_t value;
    Device& kernel_reads = *functions_[random.Below(count_)];
    s.caller.read(kernel_reads, PCI_COMMAND, Size::kDword, &value);
    Device& user_reads = *functions_[random.Below(count_)];
    s.caller.user_read(user_reads, PCI_VENDOR_ID, Size::kDword, &value);
  }

  // ipr starts the adapter's self test with the function blocked, and goes on without it if the block is taken.
  void SelfTest(Setting& s, Device& dev) {
    if (!s.caller.access_trylock(dev)) return;
    uint32_t bist;
    s.caller.read(dev, PCI_BIST, Size::kByte, &bist, hw::Origin::kOwner);
    s.caller.write(dev, PCI_BIST, Size::kByte, bist | PCI_BIST_START, hw::Origin::kOwner);
    msleep(kBistPollMs);
    s.caller.read(dev, PCI_BIST, Size::kByte, &bist, hw::Origin::kOwner);
    s.caller.access_unlock(dev);
  }

  Device* functions_[kMostFunctions] = {};
  uint32_t count_ = 0;
  std::optional<InjectedOps> injected_;
  std::atomic<uint32_t> cycles_{0};
};

const ProgramRegistration kDstate{{
    .kind = ProgramKind::kWorkload,
    .name = "dstate",
    .summary = "functions change power state, test themselves and change ops while others read",
    .hazards = "torn-pair,blocked-access,transition-access,data-race",
    .flavours = "preempt,rt",
    .bridges = "x86,indirect",
    .run = RunWorkload<Dstate>,
}};

}  // namespace
}  // namespace cfgtorture
