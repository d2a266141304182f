// Who owns a virtual CPU, and who runs its interrupts.
#include "harness/native/machine.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "harness/measure/tsc.h"
#include "harness/native/delivery.h"
#include "harness/native/futex.h"
#include "harness/native/lock_events.h"
#include "harness/native/races.h"
#include "harness/native/tasks.h"
#include "harness/native/timing.h"

namespace cfgtorture::native {

thread_local constinit Task* t_self __attribute__((tls_model("initial-exec"))) = nullptr;

namespace {

// How long a task keeps a CPU that others wait for. Longer than a hand-over between threads (some 50 us), so that a
// shared CPU still does something else than switching.
constexpr uint64_t kSliceTicks = 600'000;  // about 200 us

std::array<Cpu, kMaxCpus> g_cpus;
std::atomic<void (*)(int vector)> g_irq_entry{nullptr};
std::atomic<uint32_t> g_idle_wake{0};  // a futex: counts requests

void RunHardirqs(Task& task) {
  Cpu& cpu = *task.cpu;
  cpu.work.fetch_and(~kHardirqWork, std::memory_order_seq_cst);
  const engine::Context interrupted = task.context;
  const uint64_t start = measure::Ticks();
  task.context = engine::Context::kHardirq;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  BeginIrqsOffSection(task);
  for (size_t word = 0; word < cpu.pending.size(); ++word) {
    uint64_t bits = cpu.pending[word].exchange(0, std::memory_order_seq_cst);
    while (bits != 0) {
      const int vector = static_cast<int>(word) * 64 + __builtin_ctzll(bits);
      bits &= bits - 1;
      if (void (*entry)(int) = g_irq_entry.load(std::memory_order_relaxed); entry != nullptr) {
        delivery::RunHardirq(cpu, entry, vector);
        task.interrupts.store(task.interrupts.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      }
    }
  }
  EndIrqsOffSection(task, reinterpret_cast<const void*>(g_irq_entry.load(std::memory_order_relaxed)));
  BreakChain(task);
  task.stolen += measure::Ticks() - start;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  task.context = interrupted;
}

void RunSoftirqs(Task& task) {
  Cpu& cpu = *task.cpu;
  cpu.work.fetch_and(~kSoftirqWork, std::memory_order_seq_cst);
  const uint64_t start = measure::Ticks();
  const uint64_t stolen_before = task.stolen;  // by hardirqs that interrupt the softirq
  task.context = engine::Context::kSoftirq;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  RunDueTimers(cpu);
  BreakChain(task);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  task.context = engine::Context::kTask;
  task.stolen = stolen_before + (measure::Ticks() - start);
}

void* IdleThread(void*) {
  static Task idle;
  MapRecorders(idle);
  MapLockTables(idle);
  idle.stack_top = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  idle.name = "idle";
  idle.tid.store(static_cast<pid_t>(syscall(SYS_gettid)));
  t_self = &idle;
  uint32_t seen = 0;
  for (;;) {
    FutexWait(g_idle_wake, seen);
    seen = g_idle_wake.load(std::memory_order_seq_cst);
    for (int i = 0; i < Cpus(); ++i) {
      Cpu& cpu = g_cpus[static_cast<size_t>(i)];
      if ((cpu.work.load(std::memory_order_seq_cst) & (kHardirqWork | kSoftirqWork)) == 0) continue;
      // Only if nobody owns it or waits for it: an owner runs its own interrupts.
      uint32_t ticket = cpu.serving.load(std::memory_order_seq_cst);
      if (!cpu.next_ticket.compare_exchange_strong(ticket, ticket + 1, std::memory_order_seq_cst)) continue;
      idle.cpu = &cpu;
      Task* face = cpu.last.load(std::memory_order_relaxed);
      idle.face = face != nullptr && face->state.load() != TaskState::kEnded ? face : FindTask(0);
      cpu.current.store(&idle, std::memory_order_seq_cst);
      std::atomic_signal_fence(std::memory_order_seq_cst);
      idle.engine_depth = 0;
      std::atomic_signal_fence(std::memory_order_seq_cst);
      RunPending(idle, false);
      FlushAccessCount();
      idle.engine_depth = 1;
      std::atomic_signal_fence(std::memory_order_seq_cst);
      ReleaseCpu(idle);
    }
  }
  return nullptr;
}

}  // namespace

void ForgetInterrupts() {
  g_irq_entry.store(nullptr);
  for (Cpu& cpu : g_cpus) {
    for (auto& word : cpu.pending) word.store(0);
  }
}

Cpu& CpuAt(int number) { return g_cpus[static_cast<size_t>(number)]; }

void StartIdleThread() {
  pthread_t thread;
  if (pthread_create(&thread, nullptr, IdleThread, nullptr) != 0) Fatal("cannot start the idle thread");
  pthread_detach(thread);
}

void WakeIdleThread() {
  g_idle_wake.fetch_add(1, std::memory_order_seq_cst);
  FutexWakeAll(g_idle_wake);
}

void AcquireCpu(Task& task) {
  Cpu& cpu = *task.cpu;
  const uint32_t ticket = cpu.next_ticket.fetch_add(1, std::memory_order_seq_cst);
  uint32_t serving = cpu.serving.load(std::memory_order_seq_cst);
  if (serving != ticket) {
    RaiseWork(cpu, kReschedule);
    while ((serving = cpu.serving.load(std::memory_order_seq_cst)) != ticket) FutexWait(cpu.serving, serving);
  }
  cpu.last.store(&task, std::memory_order_relaxed);
  cpu.current.store(&task, std::memory_order_seq_cst);
  task.owns_cpu_since = measure::Ticks();
  cpu.work.fetch_and(~kReschedule, std::memory_order_seq_cst);
  if (cpu.next_ticket.load(std::memory_order_seq_cst) != ticket + 1) {
    cpu.work.fetch_or(kReschedule, std::memory_order_seq_cst);
  }
}

void ReleaseCpu(Task& task) {
  Cpu& cpu = *task.cpu;
  cpu.current.store(nullptr, std::memory_order_seq_cst);
  const uint32_t next = cpu.serving.fetch_add(1, std::memory_order_seq_cst) + 1;
  if (cpu.next_ticket.load(std::memory_order_seq_cst) != next) {
    FutexWakeAll(cpu.serving);
  } else if ((cpu.work.load(std::memory_order_seq_cst) & (kHardirqWork | kSoftirqWork)) != 0) {
    WakeIdleThread();
  }
}

void RaiseWork(Cpu& cpu, uint32_t bits) {
  const uint32_t before = cpu.work.fetch_or(bits, std::memory_order_seq_cst);
  if ((before & bits) == bits || bits == kReschedule) return;  // whoever set it has told somebody
  Task* owner = cpu.current.load(std::memory_order_seq_cst);
  if (owner == nullptr) {
    WakeIdleThread();
  } else if (owner != t_self) {
    delivery::Kick(*owner);
  }
}

void RunPending(Task& task, bool may_switch) {
  Cpu& cpu = *task.cpu;
  for (;;) {
    const uint32_t work = cpu.work.load(std::memory_order_seq_cst);
    if (task.irqs_off || task.context == engine::Context::kHardirq) return;
    if ((work & kHardirqWork) != 0) {
      RunHardirqs(task);
      continue;
    }
    if (task.context != engine::Context::kTask) return;
    if ((work & kSoftirqWork) != 0) {
      RunSoftirqs(task);
      continue;
    }
    if ((work & kReschedule) == 0 || !may_switch || task.preempt_count != 0 ||
        measure::Ticks() - task.owns_cpu_since <= kSliceTicks) {
      return;
    }
    ++task.engine_depth;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    { OffCpu off(task, TaskState::kWaitsForCpu); }
    std::atomic_signal_fence(std::memory_order_seq_cst);
    --task.engine_depth;
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
}

OffCpu::OffCpu(Task& task, TaskState state) : task_(task) {
  task.state.store(state, std::memory_order_relaxed);
  BreakChain(task);
  ReleaseCpu(task);
}

OffCpu::~OffCpu() {
  task_.state.store(TaskState::kWaitsForCpu, std::memory_order_relaxed);
  AcquireCpu(task_);
  task_.state.store(TaskState::kRunning, std::memory_order_relaxed);
}

}  // namespace cfgtorture::native

namespace cfgtorture::engine {

using native::EngineScope;
using native::Task;

void SetIrqEntry(void (*entry)(int vector)) { native::g_irq_entry.store(entry); }

void RaiseIrq(int cpu, int vector) {
  if (cpu < 0 || cpu >= native::Cpus() || vector < 0 || vector >= native::kVectors) return;  // no such CPU: dropped
  EngineScope engine;
  native::Cpu& target = native::CpuAt(cpu);
  const auto index = static_cast<size_t>(vector);
  target.pending[index / 64].fetch_or(uint64_t{1} << (index % 64), std::memory_order_seq_cst);
  native::RaiseWork(target, native::kHardirqWork);
}

void IrqDisable() {
  Task& self = *native::t_self;
  if (self.irqs_off || self.context == Context::kHardirq) return;
  self.irqs_off = true;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  native::BeginIrqsOffSection(self);
  native::delivery::IrqsWentOff(*self.cpu);
}

void IrqEnable() {
  Task& self = *native::t_self;
  if (!self.irqs_off || self.context == Context::kHardirq) return;
  native::delivery::IrqsGoOn(*self.cpu);
  native::EndIrqsOffSection(self);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  self.irqs_off = false;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (self.cpu->work.load(std::memory_order_relaxed) != 0 && self.engine_depth == 0) {
    native::RunPending(self, native::PreemptsAnywhere());
  }
  if (self.preempt_count == 0) native::delivery::MaybeStandStill(self);
}

bool IrqsOff() {
  const Task& self = *native::t_self;
  return self.irqs_off || self.context == Context::kHardirq;
}

}  // namespace cfgtorture::engine
