// workloads/mixed.cc: rounds of all the other workloads, dealt out by weight.
//
// Every task does rounds of every part, in an order in which each part comes as often as its weight says and as evenly
// as can be; the tasks begin at different places of that order. No randomness: an execution of the model is as long as
// its --ops, and `--ops` of the sum of the weights has them all.
// Functions  one workload a function, as one driver has it; config-scan reads everybody's. A part for which the machine
//            has nothing is left out (its rounds_* metric is 0).
// Shows      what the parts show, and what they do to each other.
#include <array>
#include <atomic>

#include "workloads/parts.h"

namespace cfgtorture {
namespace {

struct Part {
  std::unique_ptr<RoundWorkload> (*make)();
  const char* rounds_metric;
};

// In the order in which they choose functions: those with the rarer needs first.
constexpr uint32_t kParts = 4;
constexpr char kName[] = "mixed";
constexpr OptionText kOptions[kParts] = {
    {"irq-msi", 2, 0, 1000, "weight of its rounds"},
    {"dstate", 1, 0, 1000, "weight of its rounds"},
    {"vfio-hotplug", 4, 0, 1000, "weight of its rounds"},
    {"config-scan", 8, 0, 1000, "weight of its rounds"},
};
constexpr Part kPart[kParts] = {
    {MakeIrqMsi, "rounds_irq_msi"},
    {MakeDstate, "rounds_dstate"},
    {MakeVfioHotplug, "rounds_vfio_hotplug"},
    {MakeConfigScan, "rounds_config_scan"},
};

class Mixed final : public Workload {
 public:
  void SetUp(Setting& s) override {
    // A small machine is shared out evenly.
    const auto functions = static_cast<uint32_t>(hw::FunctionCount());
    const uint32_t share = functions / (kParts - 1) == 0 ? 1 : functions / (kParts - 1);
    Pool pool(share < kMostFunctions ? share : kMostFunctions);
    std::array<uint32_t, kParts> weights{};
    for (uint32_t i = 0; i < kParts; ++i) {
      const uint32_t weight = OptionOf(s.params, kName, kOptions[i].name);
      if (weight == 0) continue;
      parts_[i] = kPart[i].make();
      parts_[i]->SetUp(s, pool);
      if (parts_[i]->functions_used() != 0) weights[i] = weight;
    }
    DealOut(weights);
    pause_us_ = OptionOf(s.params, nullptr, "pause-us");
  }

  void Start(Setting& s) override {
    if (!order_.empty()) {
      const uint32_t crew = s.params.threads;
      RunCrew(s, "mixed", crew, [&](uint32_t number) { Work(s, number, crew); });
    }
    for (auto& part : parts_) {
      if (part != nullptr) part->TearDown(s);
    }
  }

  void Check(Setting& s) override {
    for (auto& part : parts_) {
      if (part != nullptr) part->Check(s);
    }
  }

  void Metrics() override {
    for (uint32_t i = 0; i < kParts; ++i) {
      AddMetric(kPart[i].rounds_metric, "rounds", rounds_[i].load());
      if (parts_[i] != nullptr) parts_[i]->Metrics();
    }
  }

 private:
  // Smooth weighted round robin, as nginx balances load: each turn everybody gains his weight, the richest is next and
  // pays the sum.
  void DealOut(const std::array<uint32_t, kParts>& weights) {
    uint32_t sum = 0;
    for (const uint32_t weight : weights) sum += weight;
    std::array<int64_t, kParts> credit{};
    for (uint32_t turn = 0; turn < sum; ++turn) {
      uint8_t next = 0;
      for (uint8_t i = 0; i < kParts; ++i) {
        credit[i] += weights[i];
        if (credit[i] > credit[next]) next = i;
      }
      credit[next] -= sum;
      order_.push_back(next);
    }
  }

  void Work(Setting& s, uint32_t number, uint32_t crew) {
    std::array<Member, kParts> members = {
        Member{.number = number, .crew = crew}, Member{.number = number, .crew = crew},
        Member{.number = number, .crew = crew}, Member{.number = number, .crew = crew}};
    const size_t begin = order_.size() * number / crew;
    for (size_t turn = begin; engine::KeepGoing(); ++turn) {
      const uint8_t part = order_[turn % order_.size()];
      parts_[part]->Round(s, members[part]);
      ++members[part].round;
      rounds_[part].fetch_add(1, std::memory_order_relaxed);
      Pause(pause_us_);
    }
  }

  std::unique_ptr<RoundWorkload> parts_[kParts];
  std::vector<uint8_t> order_;  // of one cycle: numbers of parts
  uint32_t pause_us_ = 0;
  std::atomic<uint32_t> rounds_[kParts] = {};
};

const ProgramRegistration kMixed{{
    .kind = ProgramKind::kWorkload,
    .name = kName,
    .summary = "rounds of all the other workloads, dealt out by weight",
    .hazards = "torn-pair,lost-update,torn-message,blocked-access,transition-access,use-after-remove,dead-entry,"
               "lost-wakeup,deadlock,lock-order,context,data-race",
    .flavours = "preempt,rt",
    .bridges = "x86,indirect",
    .topology = "vfio-nic.txt",
    .options = kOptions,
    .run = RunWorkload<Mixed>,
}};

}  // namespace
}  // namespace cfgtorture
