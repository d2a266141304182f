// workloads/irq_msi.cc: configuration access from interrupts.
//
// Each task drives one function: it makes the function raise its MSI and its INTx, moves the MSI to other CPUs and
// vectors, and reads. The handlers hold the raw lock of the interrupt's descriptor, as the interrupt core does, mask
// and unmask the vector, and check and mask INTx. The scheduler of every CPU reads a counter as perf's uncore driver
// does. Shows     context and lock-order findings, deadlocks of sleeping locks, torn messages, races on current_state.
// Needs     functions with a maskable MSI: at most eight are used. A function without gets no move: facts 3.3's dance
//           for unmaskable ones is a scenario of its own.
#include <atomic>
#include <optional>

#include "harness/kernel/irq.h"
#include "harness/kernel/spinlock.h"
#include "harness/kernel/task.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"
#include "workloads/parts.h"

namespace cfgtorture {
namespace {

constexpr char kName[] = "irq-msi";
constexpr OptionText kOptions[] = {
    {"move", 1, 0, 1'000'000, "weight: the MSI goes to another CPU and vector"},
    {"intx", 1, 0, 1'000'000, "weight: the function raises INTx, vfio unmasks it"},
    {"capability", 1, 0, 1'000'000, "weight: Link Control is updated"},
    {"read", 1, 0, 1'000'000, "weight: nothing but the read and the MSI that every round has"},
};

constexpr int kFirstVector = 0x30;  // two for the MSI of a function, one for its INTx
constexpr int kVectorsPerFunction = 3;

// x86: bits 19..12 of the address are the CPU, bits 7..0 of the data the vector.
MsiMessage MessageFor(int cpu, int vector) {
  return {.address_low = 0xfee00000u | static_cast<uint32_t>(cpu) << 12,
          .address_high = 0,
          .data = static_cast<uint32_t>(vector)};
}

struct Function {
  Setting* setting = nullptr;
  Device* dev = nullptr;
  RawSpinlock desc_lock{"irq_desc"};  // of its MSI: held by the handler and by whoever moves it
  int cpu = 0;                        // guarded by desc_lock: where the MSI goes now
  int vector = 0;                     // guarded by desc_lock
  int first_vector = 0;
  std::atomic<uint32_t> handled{0};
};

void HandleMsi(int, void* data) {
  Function& function = *static_cast<Function*>(data);
  Caller& caller = function.setting->caller;
  const unsigned long flags = function.desc_lock.lock_irqsave();
  caller.msi_mask(*function.dev, 0, true);
  caller.msi_mask(*function.dev, 0, false);
  function.desc_lock.unlock_irqrestore(flags);
  function.handled.fetch_add(1, std::memory_order_relaxed);
}

void HandleIntx(int, void* data) {
  Function& function = *static_cast<Function*>(data);
  if (!function.setting->caller.intx_mask(*function.dev, true)) return;  // not ours
  hw::SignalIntx(function.dev->function, false, 0, 0);                   // served: the function drops its line
  function.handled.fetch_add(1, std::memory_order_relaxed);
}

class IrqMsi final : public RoundWorkload {
 public:
  const char* task_name() const override { return "driver"; }

  void SetUp(Setting& s, Pool& pool) override {
    move_ = OptionOf(s.params, kName, "move");
    intx_ = OptionOf(s.params, kName, "intx");
    capability_ = OptionOf(s.params, kName, "capability");
    sum_ = move_ + intx_ + capability_ + OptionOf(s.params, kName, "read");
    const int functions = hw::FunctionCount();
    for (int i = 0; i < functions && count_ < pool.most() && count_ < s.params.threads; ++i) {
      const hw::FunctionInfo& info = hw::Function(static_cast<hw::FunctionId>(i));
      if (info.header_type != 0 || info.msi == 0 || !info.msi_maskable || !pool.Take(info.id)) continue;
      Device& dev = s.world.device(info.id);
      if (count_ == 0) {  // before there is any other task: under rt a handler is one
        counter_ = {&s, &dev};
        SetSchedulerHook(ReadCounter, &counter_);
      }
      Enable(s, functions_[count_], dev, static_cast<int>(count_));
      ++count_;
    }
  }

  uint32_t functions_used() const override { return count_; }

  void Round(Setting& s, Member& member) override {
    Function& function = functions_[member.number % count_];
    Device& dev = *function.dev;
    hw::SignalMsi(dev.function, 0);
    const uint32_t what = sum_ == 0 ? 0 : member.random.Below(sum_);
    if (what < move_) {
      Move(s, function, static_cast<int>(member.random.Below(static_cast<uint32_t>(engine::CpuCount()))));
    } else if (what < move_ + intx_) {
      hw::SignalIntx(dev.function, true, engine::CurrentCpu(), function.first_vector + 2);
      s.caller.intx_mask(dev, false);  // vfio's unmask: does nothing while the line is still up
    } else if (what < move_ + intx_ + capability_) {
      s.caller.capability_update(dev, PCI_EXP_LNKCTL, 0, 0);
    }
    uint32_t id;
    s.caller.read(dev, PCI_VENDOR_ID, Size::kDword, &id);
  }

  void TearDown(Setting&) override {
    for (uint32_t i = 0; i < count_; ++i) {
      for (int vector = 0; vector < kVectorsPerFunction; ++vector) free_irq(functions_[i].first_vector + vector);
    }
    SetSchedulerHook(nullptr, nullptr);
  }

  void Metrics() override {
    uint32_t handled = 0;
    for (uint32_t i = 0; i < count_; ++i) handled += functions_[i].handled.load();
    AddMetric("interrupts_handled", "interrupts", handled);
  }

 private:
  struct Counter {
    Setting* setting;
    Device* dev;
  };

  // perf's uncore driver, in a context switch, under pi_lock (cdcb33f98244).
  static void ReadCounter(void* data) {
    const Counter& counter = *static_cast<Counter*>(data);
    uint32_t value;
    counter.setting->caller.read(*counter.dev, PCI_BASE_ADDRESS_0, Size::kDword, &value);
  }

  void Enable(Setting& s, Function& function, Device& dev, int number) {
    function.setting = &s;
    function.dev = &dev;
    function.first_vector = kFirstVector + number * kVectorsPerFunction;
    function.vector = function.first_vector;
    function.cpu = number % engine::CpuCount();
    request_irq(function.first_vector, "msi", HandleMsi, &function, IrqFlags::kNoThread);      // irqchip code
    request_irq(function.first_vector + 1, "msi", HandleMsi, &function, IrqFlags::kNoThread);  // irqchip code
    request_irq(function.first_vector + 2, "intx", HandleIntx, &function);

    const unsigned long flags = function.desc_lock.lock_irqsave();
    hw::VectorAssigned(dev.function, 0, function.cpu, function.vector);
    s.caller.msi_write(dev, MessageFor(function.cpu, function.vector));
    s.caller.msi_mask(dev, 0, false);
    function.desc_lock.unlock_irqrestore(flags);
    const auto control = static_cast<Offset>(dev.info().msi + PCI_MSI_FLAGS);
    uint32_t value;
    s.caller.read(dev, control, Size::kWord, &value);
    s.caller.write(dev, control, Size::kWord, value | PCI_MSI_FLAGS_ENABLE);
    s.caller.intx_mask(dev, false);
  }

  // A maskable MSI is moved masked, under the descriptor's lock (facts 3.3). Both vectors are the interrupt's
  // meanwhile.
  void Move(Setting& s, Function& function, int cpu) {
    Device& dev = *function.dev;
    const unsigned long flags = function.desc_lock.lock_irqsave();
    const int old_cpu = function.cpu;
    const int old_vector = function.vector;
    const int vector = old_vector == function.first_vector ? function.first_vector + 1 : function.first_vector;
    s.caller.msi_mask(dev, 0, true);
    hw::VectorAssigned(dev.function, 0, cpu, vector);
    s.caller.msi_write(dev, MessageFor(cpu, vector));
    s.caller.msi_mask(dev, 0, false);
    hw::VectorReleased(dev.function, 0, old_cpu, old_vector);
    function.cpu = cpu;
    function.vector = vector;
    function.desc_lock.unlock_irqrestore(flags);
  }

  Function functions_[kMostFunctions];
  uint32_t count_ = 0;
  uint32_t move_ = 0, intx_ = 0, capability_ = 0, sum_ = 0;  // weights
  Counter counter_{};
};

const ProgramRegistration kIrqMsi{{
    .kind = ProgramKind::kWorkload,
    .name = kName,
    .summary = "MSI masks and moves, INTx check-and-mask in handlers, reads under the scheduler's locks",
    .hazards = "torn-pair,lost-update,torn-message,lock-order,deadlock,context,data-race",
    .flavours = "preempt,rt",
    .bridges = "x86,indirect",
    .options = kOptions,
    .run = RunWorkload<Alone<IrqMsi>>,
}};

}  // namespace

std::unique_ptr<RoundWorkload> MakeIrqMsi() { return std::make_unique<IrqMsi>(); }

}  // namespace cfgtorture
