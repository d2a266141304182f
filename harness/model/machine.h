// harness/model/machine.h: the virtual machine that the code under test runs on: CPUs, contexts, interrupts, the clock.
//
// One OS thread. A context (a task, or one CPU's softirq or hardirq) is a fiber; Point() is where the schedule may
// turn: before every atomic operation, every register access, every racy plain access, and where interrupts or
// preemption come back on. `enabled_` is the mask of contexts that may take the next step, kept up to date by every
// change.
//
// Invariants  a context is in enabled_ only if it is in ready_ (an idle interrupt context: only if its CPU has
// something
//             pending); a CPU in hardirq has no other bit in enabled_; cpu.simple means that the CPU has at most one
//             task, no interrupt context in use and nothing pending, so its enabled bits are its ready bits.
#ifndef CFGTORTURE_HARNESS_MODEL_MACHINE_H_
#define CFGTORTURE_HARNESS_MODEL_MACHINE_H_

#include <bit>
#include <cstdint>
#include <vector>

#include "harness/kernel/engine.h"
#include "harness/model/arena.h"
#include "harness/model/choice.h"
#include "harness/model/fiber.h"
#include "harness/model/race_detector.h"

namespace cfgtorture::model {

inline constexpr unsigned kMaxCpus = 16;
inline constexpr uint32_t kSpinnersAsked = 32;  // rounds that spinners get before "nobody can run" is believed
inline constexpr unsigned kSpinReads = 8;       // an iteration of a spin loop that reads more yields instead of parking

enum class State : uint8_t { kReady, kSpinning, kParked, kJoining, kSleeping, kDelaying, kIdle, kEnded };
const char* NameOf(State state);

// Sets of contexts are masks.
constexpr uint64_t Bit(unsigned context) { return uint64_t{1} << context; }
inline constexpr uint64_t kClockBit = Bit(explore::kClockStep);

template <typename F>
void ForEachBit(uint64_t mask, F&& f) {
  for (; mask != 0; mask &= mask - 1) f(static_cast<unsigned>(std::countr_zero(mask)));
}

struct SpinRead {
  AtomicLocation* location;  // null: a device register or the clock
  uint64_t value;            // of the location, or the version of what else was read
  uint8_t size;              // of the location; 0: any device register, 255: the clock
};

struct MachineContext {
  Fiber fiber;
  const char* name = "";
  void (*entry)(void*) = nullptr;
  void* argument = nullptr;
  void* task_data = nullptr;
  engine::Context kind = engine::Context::kTask;
  State state = State::kEnded;
  uint8_t cpu = 0;
  bool permit = false;
  bool forced = false;   // woken by the lost-wakeup judge, not by anybody else
  bool changed = false;  // since the last cpu_relax(): this context has changed a value that others can see
  uint32_t read_count = 0;
  uint32_t rounds = 0;  // of KeepGoing()
  uint64_t deadline = 0;
  uint64_t joiners = 0;
  uint64_t progress = 0;  // waits and calls that came to their end
  SpinRead reads[kSpinReads];
};

struct Timer {
  uint64_t deadline;
  void (*callback)(void*);
  void* argument;
  ClockVector clock;  // of who armed it
};

struct Cpu {
  uint64_t tasks = 0;  // contexts
  uint64_t all = 0;    // with the interrupt contexts
  int current = -1;    // task that has the CPU
  int hardirq = -1;    // context numbers, made at first use
  int softirq = -1;
  int preempt_count = 0;
  bool irqs_off = false;
  bool in_hardirq = false;
  bool in_softirq = false;
  bool simple = true;
  uint64_t pending = 0;  // vectors, folded to 64
  uint8_t pending_vector[64];
  std::vector<Timer> timers;  // not yet due, then due ones at the front of `due`
  std::vector<Timer> due;
  ClockVector irq_lock;  // "IRQs enabled", the lock that a handler holds while it runs
};

enum class EndReason : uint8_t { kDone, kStopped, kStuck, kStepLimit };

class Machine {
 public:
  // Ends an execution with nobody able to run; the judge may have woken somebody to ask (waiting.cc).
  void Configure(engine::Flavour flavour, unsigned cpus, uint64_t step_limit, uint32_t rounds);
  // Runs program(argument) as the init task until it returns or the execution ends otherwise.
  EndReason Run(uint64_t number, void (*program)(void*), void* argument);

  // ---- the hot path, called by the ABI
  void Point() {
    if (++steps_ >= step_limit_) [[unlikely]]
      StepLimit();
    if (enabled_ == current_bit_) return;
    Turn();
  }
  MachineContext& context() { return *own_; }
  // Is `address` outside the current context's own stack?
  bool Foreign(uintptr_t address) const { return address - own_stack_ >= kStackBytes; }
  unsigned current() const { return current_; }
  RaceDetector& races() { return races_; }
  Choice& choice() { return choice_; }

  void SawValue(AtomicLocation* location, uint64_t value, unsigned size) {
    MachineContext& own = *own_;
    if (own.read_count < kSpinReads) own.reads[own.read_count] = {location, value, static_cast<uint8_t>(size)};
    ++own.read_count;
  }
  void ChangedValue(AtomicLocation* location) {
    own_->changed = true;
    if (location->spin_waiters != 0) [[unlikely]]
      WakeSpinners(*location);
  }

  // ---- engine.h
  unsigned StartTask(const char* name, int cpu, void (*entry)(void*), void* argument);
  void JoinTask(unsigned task);
  bool Park();
  void Unpark(unsigned task);
  void PreemptDisable();
  void PreemptEnable();
  void Relax();
  void IrqDisable();
  void IrqEnable();
  void RaiseIrq(int cpu, int vector);
  void Sleep(uint64_t ns, State how);
  void ArmTimer(uint64_t after_ns, void (*callback)(void*), void* argument);
  void DeviceChanged();
  void SawDevice() { SawValue(nullptr, device_version_, 0); }
  uint64_t NowNs() {
    SawValue(nullptr, now_, 255);
    return now_;
  }
  [[noreturn]] void End(EndReason reason);
  [[noreturn]] void Stop(const char* why);  // the code under test ends the execution; `why` is a literal
  const char* why_stopped() const { return why_stopped_; }  // null: it did not

  Cpu& cpu() { return cpus_[own_->cpu]; }
  bool irqs_off() { return cpu().irqs_off || own_->kind == engine::Context::kHardirq; }
  unsigned current_task() { return own_->kind == engine::Context::kTask ? current_ : InterruptedTask(); }
  // Where the live part of a context's stack begins, as of its last switch; meaningless for the current one.
  uintptr_t stack_floor(unsigned context) const { return reinterpret_cast<uintptr_t>(contexts_[context].fiber.saved); }
  MachineContext& at(unsigned context) { return contexts_[context]; }
  unsigned context_count() const { return context_count_; }
  unsigned cpu_count() const { return cpu_count_; }
  engine::Flavour flavour() const { return flavour_; }
  uint64_t now() const { return now_; }
  uint64_t steps() const { return steps_; }
  uint64_t preemptions() const { return preemptions_; }
  uint64_t interrupts() const { return interrupts_; }
  uint32_t rounds() const { return rounds_; }
  bool running() const { return running_; }
  void SetIrqEntry(void (*entry)(int)) { irq_entry_ = entry; }

  // May somebody else than the judge still wake a context? Contexts that wait for one another, for reports.
  uint64_t unfinished_tasks() const;
  // The lost-wakeup judge's question: makes every parked task return from Park(), once an execution.
  bool asking() const { return asking_; }

 private:
  void BeCurrent(unsigned context) {
    current_ = context;
    current_bit_ = uint64_t{1} << context;
    own_ = &contexts_[context];
    own_stack_ = StackBottom(context);
    races_.SetCurrent(context);
  }
  void Turn();  // more than the current context is enabled, or it is not
  [[gnu::noinline]] void Dispatch(unsigned next, Fiber& from);  // to `next`, which may be the clock step
  void Leave();                      // the current context cannot go on: somebody else's turn
  [[noreturn]] void LeaveForEver();  // it has ended
  bool AskSpinners();
  void Stuck();  // nobody is enabled
  void AdvanceClock();
  void Update(Cpu& cpu);
  void SetReady(unsigned context);
  void SetNotReady(unsigned context, State state);
  [[gnu::noinline]] void WakeSpinners(AtomicLocation& location);
  void BeginInterrupt(unsigned context);
  void MakeInterruptContext(Cpu& cpu, unsigned cpu_number, int& slot, engine::Context kind);
  unsigned NewContext(const char* name, unsigned cpu, engine::Context kind);
  unsigned InterruptedTask();
  [[noreturn, gnu::cold]] void StepLimit();
  static void TaskFiber(boost::context::detail::transfer_t from);
  static void HardirqFiber(boost::context::detail::transfer_t from);
  static void SoftirqFiber(boost::context::detail::transfer_t from);

  // Hot first.
  uint64_t steps_ = 0;
  uint64_t step_limit_ = UINT64_MAX;
  uint64_t enabled_ = 1;
  uint64_t current_bit_ = 1;
  unsigned current_ = 0;
  MachineContext* own_ = &contexts_[0];  // of current_
  uintptr_t own_stack_ = 0;              // of current_
  bool running_ = false;
  bool asking_ = false;
  uint32_t spinners_asked_ = 0;  // how often in this execution
  Choice choice_;
  uint64_t ready_ = 0;
  uint64_t preemptions_ = 0;
  uint64_t interrupts_ = 0;
  uint64_t now_ = 0;
  uint64_t device_version_ = 0;
  uint64_t device_waiters_ = 0;
  uint64_t clock_waiters_ = 0;
  uint64_t sleepers_ = 0;
  unsigned context_count_ = 0;
  unsigned cpu_count_ = 8;
  unsigned next_cpu_ = 1;
  unsigned used_cpus_ = 0;  // highest + 1 that this execution touched
  uint32_t rounds_ = 3;
  uint64_t configured_limit_ = UINT64_MAX;
  engine::Flavour flavour_ = engine::Flavour::kPreempt;
  EndReason reason_ = EndReason::kDone;
  const char* why_stopped_ = nullptr;
  void (*irq_entry_)(int) = nullptr;
  Fiber main_;
  Fiber graveyard_;              // what ended contexts switch away from
  MachineContext contexts_[64];  // kMaxContexts of them are used
  Cpu cpus_[kMaxCpus];
  RaceDetector races_;
};

extern Machine machine;

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_MACHINE_H_
