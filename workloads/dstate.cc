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
#include "workloads/injected_ops.h"
#include "workloads/parts.h"

namespace cfgtorture {
namespace {

constexpr char kName[] = "dstate";
constexpr OptionText kOptions[] = {
    {"reads", 2, 0, 1'000'000, "reads of others' functions, of each origin, in each power state"},
    {"bist-every", 2, 0, 1'000'000, "a self test after one cycle in so many; 0: none"},
    {"set-ops-every", 2, 0, 1'000'000, "the first task swaps the bus's ops in one round of so many; 0: never"},
};

constexpr unsigned kBistPollMs = 2;  // BIST may take 2 s (PCI Local Bus 3.0, 6.2.4); emulated ones are done at once

class Dstate final : public RoundWorkload {
 public:
  const char* task_name() const override { return "power"; }

  void SetUp(Setting& s, Pool& pool) override {
    reads_ = OptionOf(s.params, kName, "reads");
    bist_every_ = OptionOf(s.params, kName, "bist-every");
    set_ops_every_ = OptionOf(s.params, kName, "set-ops-every");
    const int functions = hw::FunctionCount();
    for (int i = 0; i < functions && count_ < pool.most(); ++i) {
      const hw::FunctionInfo& info = hw::Function(static_cast<hw::FunctionId>(i));
      if (info.header_type == 0 && info.pm != 0 && pool.Take(info.id)) functions_[count_++] = &s.world.device(info.id);
    }
    if (count_ != 0) injected_.emplace(functions_[0]->bus->ops);
  }

  uint32_t functions_used() const override { return count_; }

  void Round(Setting& s, Member& member) override {
    const uint32_t own = member.Own(count_);
    const bool owns = own < count_;
    if (owns) s.caller.set_power_state(*functions_[own], PowerState::kD3hot);
    ReadOthers(s, member.random);
    if (owns) {
      s.caller.set_power_state(*functions_[own], PowerState::kD0);
      cycles_.fetch_add(1, std::memory_order_relaxed);
      if (bist_every_ != 0 && member.random.Below(bist_every_) == 0) SelfTest(s, *functions_[own]);
    }
    ReadOthers(s, member.random);
    if (member.number == 0 && set_ops_every_ != 0 && member.random.Below(set_ops_every_) == 0) {
      ConfigOps* const old = s.caller.set_ops(*functions_[0], &*injected_);
      uint32_t id;
      s.caller.read(*functions_[0], PCI_VENDOR_ID, Size::kDword, &id);
      s.caller.set_ops(*functions_[0], old);
    }
  }

  void Check(Setting&) override {
    for (uint32_t i = 0; i < count_; ++i) {
      if (functions_[i]->block_cfg_access.load(std::memory_order_relaxed)) {
        observer::Violation(Hazard::kAssertion, "a function is still blocked after everybody has left");
      }
    }
  }

  void Metrics() override { AddMetric("power_cycles", "cycles", cycles_.load()); }

 private:
  void ReadOthers(Setting& s, Random& random) {
    for (uint32_t i = 0; i < reads_; ++i) {
      uint32_t value;
      Device& kernel_reads = *functions_[random.Below(count_)];
      s.caller.read(kernel_reads, PCI_COMMAND, Size::kDword, &value);
      Device& user_reads = *functions_[random.Below(count_)];
      s.caller.user_read(user_reads, PCI_VENDOR_ID, Size::kDword, &value);
    }
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
  uint32_t reads_ = 0, bist_every_ = 0, set_ops_every_ = 0;
  std::optional<InjectedOps> injected_;
  std::atomic<uint32_t> cycles_{0};
};

const ProgramRegistration kDstate{{
    .kind = ProgramKind::kWorkload,
    .name = kName,
    .summary = "functions change power state, test themselves and change ops while others read",
    .hazards = "torn-pair,blocked-access,transition-access,data-race",
    .flavours = "preempt,rt",
    .bridges = "x86,indirect",
    .options = kOptions,
    .run = RunWorkload<Alone<Dstate>>,
}};

}  // namespace

std::unique_ptr<RoundWorkload> MakeDstate() { return std::make_unique<Dstate>(); }

}  // namespace cfgtorture
