// harness/native/machine.h: the virtual CPUs of the native engine and the threads that run on them.
//
// A task is a thread. It runs code under test only while it *owns* its virtual CPU: ownership is a FIFO lock that a
// task gives up where it sleeps, and, if others wait, where the emulated kernel could preempt it. So tasks of one CPU
// exclude each other as on a real one, and no more threads run at a time than there are virtual CPUs.
//
// Interrupts of a CPU (pending vectors, due timers) are run by the CPU's owner: asynchronously by a signal (signals.cc)
// or at polled points (polled.cc). A CPU without an owner is served by one idle thread.
//
// Invariants
//   A thread sleeps or waits only with engine_depth > 0, and then its signal handler does nothing.
//   engine_depth == 0 implies that the thread owns its CPU.
//   Whoever makes work pending sets Cpu::work before it reads Cpu::current; whoever becomes owner sets Cpu::current
//   before it reads Cpu::work; whoever stops being owner reads Cpu::work afterwards (all seq_cst). So pending work is
//   never lost.
//
// In the tsan worker these files are compiled without -fsanitize=thread and wait by raw futexes, so that libtsan learns
// no ordering from them. What orders tasks are the kernel words' own atomics.
#ifndef CFGTORTURE_HARNESS_NATIVE_MACHINE_H_
#define CFGTORTURE_HARNESS_NATIVE_MACHINE_H_

#include <pthread.h>
#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>

#include "harness/kernel/engine.h"
#include "harness/measure/irqs_off.h"
#include "harness/measure/recorder.h"
#include "harness/pci/hardware/hardware.h"

namespace cfgtorture::native {

inline constexpr int kMaxCpus = 64;
inline constexpr int kVectors = 256;
inline constexpr int kContexts = 3;  // engine::Context

enum class TaskState : uint8_t { kNew, kRunning, kWaitsForCpu, kParked, kSleeping, kJoining, kEnded };

// Bits of Cpu::work.
inline constexpr uint32_t kHardirqWork = 1;
inline constexpr uint32_t kSoftirqWork = 2;
inline constexpr uint32_t kReschedule = 4;  // somebody waits for the CPU

struct InterruptContext;  // polled.cc
struct Task;
struct ThreadLocks;  // lock_events.cc
struct Timer;

struct alignas(64) Cpu {
  std::atomic<uint32_t> work{0};
  std::atomic<uint32_t> serving{0};  // ticket that owns the CPU; a futex
  std::atomic<uint32_t> next_ticket{0};
  std::atomic<Task*> current{nullptr};  // the owner
  std::atomic<Task*> last{nullptr};     // the last task that owned it: whom an interrupt of an idle CPU interrupts
  std::array<std::atomic<uint64_t>, kVectors / 64> pending{};
  int number = 0;
  // The tsan worker's (polled.cc): what "IRQs enabled" is to libtsan, and the contexts that are not tasks.
  char irq_enable = 0;
  InterruptContext* hardirqs = nullptr;
  InterruptContext* softirqs = nullptr;
};

// Where the longest IRQs-off section of a task ended.
struct IrqsOffPlace {
  engine::Context context = engine::Context::kTask;
  uint32_t depth = 0;
  std::array<uintptr_t, 16> pcs{};  // return addresses, innermost first
};

using OperationRecorder = measure::Recorder<hw::kCallCount>;

struct Task {
  // Written before the thread starts.
  engine::TaskId id = 0;
  const char* name = "";
  Cpu* cpu = nullptr;
  void (*entry)(void*) = nullptr;
  void* argument = nullptr;
  pthread_t thread{};
  // Its own thread and signal handler only.
  uint32_t engine_depth = 1;
  uint32_t preempt_count = 0;
  bool irqs_off = false;
  engine::Context context = engine::Context::kTask;
  Task* face = nullptr;  // what CurrentTask() answers: itself, or whom the idle thread stands for
  void* data = nullptr;
  uint64_t owns_cpu_since = 0;              // ticks
  uint64_t stolen = 0;                      // ticks that handlers took from the task
  uint64_t random = 0;                      // of MaybeStandStill()
  std::array<uint64_t, kContexts> spins{};  // rounds of spin loops
  uintptr_t stack_top = 0;                  // no frame of the thread lies above
  ThreadLocks* locks = nullptr;
  measure::IrqsOffMeter irqs_off_meter;
  IrqsOffPlace irqs_off_place;      // of its longest section
  std::atomic<uint32_t> period{0};  // that irqs_off_meter is of
  std::array<OperationRecorder*, kContexts> recorders{};
  // Anybody.
  std::atomic<pid_t> tid{0};
  std::atomic<uint32_t> permit{0};  // Park and Unpark; a futex
  std::atomic<uint64_t> progress{0};
  std::atomic<uint64_t> interrupts{0};  // handlers that ran on top of it
  std::atomic<TaskState> state{TaskState::kNew};
};

// Null in a thread that is no task of the machine. constinit: without it each use asks whether it is initialised.
extern thread_local constinit Task* t_self __attribute__((tls_model("initial-exec")));

// The machine of the process.
bool PreemptsAnywhere();  // by flavour: voluntary switches only where a task asks for it
int Cpus();
Cpu& CpuAt(int number);
// Between programs: nothing of the last one is pending, and its interrupt entry is not called again.
void ForgetInterrupts();
void ForgetTimers();
// The idle thread runs the interrupts of CPUs that nobody owns.
void StartIdleThread();
void WakeIdleThread();

// REQUIRES: engine_depth > 0.
void AcquireCpu(Task& task);
void ReleaseCpu(Task& task);

// Runs what is pending on the task's CPU and its state allows; then, if `may_switch` and the kernel could preempt here,
// lets others have the CPU. Never with `may_switch` from a signal: the task may hold a lock of libc.
// REQUIRES: engine_depth == 0.
void RunPending(Task& task, bool may_switch);

// Makes `bits` of work pending on `cpu` and sees to it that somebody runs it.
void RaiseWork(Cpu& cpu, uint32_t bits);

// timers.cc: runs what is due on `cpu`, in the softirq context of the caller.
void RunDueTimers(Cpu& cpu);
void StartTimerThread();

// Inside, this thread's signal handler defers; at the outermost end, what is pending runs.
class EngineScope {
 public:
  EngineScope() : task_(t_self) {
    if (task_ == nullptr) return;
    ++task_->engine_depth;
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  ~EngineScope() {
    if (task_ == nullptr) return;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    --task_->engine_depth;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (task_->engine_depth == 0 && task_->cpu->work.load(std::memory_order_relaxed) != 0) {
      RunPending(*task_, PreemptsAnywhere());
    }
  }
  EngineScope(const EngineScope&) = delete;
  EngineScope& operator=(const EngineScope&) = delete;

 private:
  Task* task_;
};

// A wait of the calling task without its CPU: inside an EngineScope.
class OffCpu {
 public:
  OffCpu(Task& task, TaskState state);
  ~OffCpu();
  OffCpu(const OffCpu&) = delete;
  OffCpu& operator=(const OffCpu&) = delete;

 private:
  Task& task_;
};

inline void CountProgress(Task& task) {
  task.progress.store(task.progress.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace cfgtorture::native

#endif  // CFGTORTURE_HARNESS_NATIVE_MACHINE_H_
