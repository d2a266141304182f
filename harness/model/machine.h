// harness/model/machine.h: the virtual machine that the code under test runs on: CPUs, contexts, interrupts, the clock.
//
// One OS thread. A context (a task, or one CPU's softirq or hardirq) is a fiber; Point() is where the schedule may
// turn: before every atomic operation, every register access, every racy plain access, and where interrupts or
// preemption come back on. `enabled_` is the mask of contexts that may take the next step, kept up to date by
// every change.
//
// Invariants  whoever runs is enabled, until it leaves; a context is enabled only if it is in ready_ (an idle interrupt
// context: only if its CPU has
//             something pending); a CPU in hardirq has no other bit in enabled_; cpu.simple means that the CPU has at
//             most one task, no interrupt context in use and nothing pending, so its enabled bits are its ready bits;
//             on_cpu_ holds cpu.current of every CPU that has one.
#ifndef CFGTORTURE_HARNESS_MODEL_MACHINE_H_
#define CFGTORTURE_HARNESS_MODEL_MACHINE_H_

#include <bit>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "harness/kernel/engine.h"
#include "harness/model/arena.h"
#include "harness/model/assert.h"
#include "harness/model/choice.h"
#include "harness/model/fiber.h"
#include "harness/model/memory_model.h"
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
  Watched* what;
  uint64_t changes;  // that it had seen
};

// The judge of livelocks (Progressed()) asks of each context what five flags remember between two of its moments; each
// program of testdata/livelocks.cc is judged wrongly without one of them.
struct alignas(256) MachineContext {
  uint32_t read_count = 0;
  bool changed = false;  // since the last cpu_relax(), and in this window: a value that others can see
  // What it had changed before the window: an iteration that a window's end cuts in two is one that changes.
  bool changed_earlier = false;
  // Its last iteration of a loop of its own has changed nothing. To change something after one is to have waited; to
  // change something in each is to try again.
  bool looked_only = false;
  // It has ended an iteration of a loop of its own, or slept, since it last got a lock that it had waited for. To get
  // the next one, then, may be to try again.
  bool looped = false;
  // It has ended any iteration, those that wait for a lock included, in this window. Who has not, but has changed
  // something, does a long piece of work.
  bool looped_here = false;
  uint32_t retries = 0;      // iterations in a row of the loop there that have changed something,
  uintptr_t relaxes_at = 0;  // since it last got a lock
  engine::Context kind = engine::Context::kTask;
  State state = State::kEnded;
  uint8_t cpu = 0;
  SpinRead reads[kSpinReads];
  const char* name = "";
  void (*entry)(void*) = nullptr;
  void* argument = nullptr;
  void* task_data = nullptr;
  bool permit = false;
  bool forced = false;  // woken by the lost-wakeup judge, not by anybody else
  uint32_t rounds = 0;  // of KeepGoing()
  uint64_t deadline = 0;
  uint64_t joiners = 0;   // who waits for its end
  uint64_t awaited = 0;   // whose end it waits for
  uint64_t progress = 0;  // waits and calls that came to their end
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
  uint64_t pending = 0;        // vectors, four a bit
  uint8_t pending_vector[64];  // of a bit that is set: which of the four
  std::vector<Timer> timers;   // not yet due, then due ones at the front of `due`
  std::vector<Timer> due;
  bool irqs_were_off = false;  // in this execution, or a handler ran: irq_lock knows something
  ClockVector irq_lock;        // "IRQs enabled", the lock that a handler holds while it runs
};

enum class EndReason : uint8_t { kDone, kStopped, kStuck, kLivelock, kStepLimit, kPruned };

// What belongs to the machine and not to memory, as explorers of steps name it.
namespace object {
inline constexpr uint64_t kClock = 1, kDevices = 2, kContexts = 3, kTotalOrder = 4;
inline constexpr uint64_t kPermit = 64, kEnd = 128, kStart = 192;  // and a context
inline constexpr uint64_t kPending = 256;                          // and a CPU
}  // namespace object

class Machine {
 public:
  // `rounds` is what KeepGoing() grants each task. `fair`: schedules let everybody take part in the long run, so that
  // who does not get on by then never does. `by_steps`: the explorer is one of steps, or was when a token was made.
  void Configure(engine::Flavour flavour, unsigned cpus, uint64_t step_limit, uint32_t rounds, bool fair,
                 bool by_steps);
  // Runs program(argument) as the init task until it returns or the execution ends otherwise.
  [[gnu::hot]] EndReason Run(uint64_t number, void (*program)(void*), void* argument);

  // ---- the hot path, called by the ABI
  // `access`: address of what follows, if that is one.
  [[gnu::always_inline]] inline void Point(uintptr_t access = 0) {
    if (--steps_left_ == 0) [[unlikely]]
      return WatchedPoint(access);
    if (enabled_ == settled_) [[unlikely]]
      return Acted();
    LetRun(choice_.Pick(enabled_, current()));
  }
  MachineContext& context() { return *own_; }
  unsigned current() const { return races_.current(); }
  RaceDetector& races() { return races_; }
  Choice& choice() { return choice_; }
  // Null: sequential consistency. abi.cc asks it only where at_a_glance is 0 (SetAttentive()).
  MemoryModel* weak() { return weak_; }
  void Use(MemoryModel* weak) { weak_ = weak; }
  // The current context is about to make a volatile access itself (volatile.cc), before whatever it does next: the next
  // point, or what may let others run or orders memory without one, calls VolatileWasMade() first.
  void BeginVolatile();
  void EndVolatile() {
    if (volatile_pending_) [[unlikely]]
      FinishVolatile();
  }
  bool volatile_pending() const { return volatile_pending_; }

  void Saw(Watched& what) {
    MachineContext& own = *own_;
    if (own.read_count < kSpinReads) [[likely]]
      own.reads[own.read_count] = {&what, what.changes};
    ++own.read_count;
  }
  void ChangedValue(AtomicLocation& location) {
    own_->changed = true;
    ++location.watched.changes;
    if (location.watched.waiters != 0 || location.overlapped) [[unlikely]]
      WakeSpinners(location);
  }
  // A value changed some time after its store was executed.
  void ValueDrained(AtomicLocation& location) {
    ++location.watched.changes;
    WakeSpinners(location);
  }
  // Contexts that spin until something changes, which now has.
  void Wake(uint64_t spinners) {
    ForEachBit(spinners, [this](unsigned context) {
      if (contexts_[context].state == State::kSpinning) SetReady(context);
    });
  }

  // Nobody but init is there: what it does now happens before all that others will do, since whoever starts, interrupts
  // or calls back later learns of it at that moment; and after all that others have done, if it has joined them. So
  // races need not be looked for (abi.cc), which is a third of what a closed program costs: its set-up and its end.
  bool alone() const { return alone_; }

  // ---- engine.h
  [[gnu::hot]] unsigned StartTask(const char* name, int cpu, void (*entry)(void*), void* argument);
  [[gnu::hot]] CFGT_SWITCHES void JoinTasks(const unsigned* tasks, unsigned count);
  CFGT_SWITCHES bool Park();
  void Unpark(unsigned task);
  CFGT_SWITCHES void PreemptDisable() {
    Cpu& own = cpu();
    if (own.preempt_count == 0 && !own.simple) [[unlikely]]
      return PreemptGoesOff(own);
    ++own.preempt_count;
  }
  void PreemptEnable() {
    Cpu& own = cpu();
    CFGT_ASSERT(own.preempt_count > 0);
    if (--own.preempt_count == 0 && !own.simple) [[unlikely]]
      PreemptCountChanged(own);
  }
  [[gnu::hot]] CFGT_SWITCHES void Relax(uintptr_t site) {
    if (choice_.steps() != nullptr) [[unlikely]]
      choice_.steps()->SpinEnds(site);
    if (alone_) [[unlikely]]
      SetAlone(false);  // from now on it is seen what it waits for
    if (own_->relaxes_at != site) {
      own_->relaxes_at = site;
      own_->retries = 0;
    }
    if (weak_ != nullptr) [[unlikely]]
      return RelaxWeakly();
    Spin();
  }
  CFGT_SWITCHES void IrqDisable();
  CFGT_SWITCHES void IrqEnable();
  CFGT_SWITCHES void RaiseIrq(int cpu, int vector);
  CFGT_SWITCHES void Sleep(uint64_t ns, State how);
  CFGT_SWITCHES void Delay(uint64_t ns);
  void ArmTimer(uint64_t after_ns, void (*callback)(void*), void* argument);
  void DeviceWrite() {
    if (weak_ != nullptr) weak_->DeviceWrite();
    DeviceChanged();
  }
  void DeviceChanged();
  void SawDevice() {
    Saw(devices_);
    Touched(object::kDevices, false, devices_version_);
  }
  uint64_t NowNs();
  // UINT64_MAX: nobody sleeps, and no timer runs.
  uint64_t NextDeadline() const;
  // For an explorer of steps: the current one touches `what`; nothing, if nobody wants to know.
  void Touched(uint64_t what, bool write, uint64_t before = 0, bool waits = false) {
    if (choice_.steps() != nullptr) [[unlikely]]
      choice_.steps()->Touched({what, before, 1, write, waits});
  }
  unsigned ChooseStep(uint64_t enabled, unsigned current);
  void WatchSteps();
  [[noreturn]] void End(EndReason reason);
  // Ends the execution at its next scheduling point: what it was run for has been seen.
  void StopSoon() {
    EndVolatile();
    granted_ -= steps_left_ - 1;
    steps_left_ = 1;
    not_granted_ = 0;
  }
  [[noreturn]] void Stop(const char* why);  // the code under test ends the execution; `why` is a literal
  const char* why_stopped() const { return why_stopped_; }  // null: it did not

  Cpu& cpu() { return cpus_[own_->cpu]; }
  bool irqs_off() { return cpu().irqs_off || own_->kind == engine::Context::kHardirq; }
  unsigned current_task() { return own_->kind == engine::Context::kTask ? current() : InterruptedTask(); }
  // Below it no frame of a suspended context's stack is alive; 0 for the current one.
  uintptr_t stack_floor(unsigned context) const { return fibers_.floor(context); }
  MachineContext& at(unsigned context) { return contexts_[context]; }
  unsigned context_count() const { return context_count_; }
  unsigned cpu_count() const { return cpu_count_; }
  engine::Flavour flavour() const { return flavour_; }
  uint64_t now() const { return now_; }
  uint64_t steps() const {
    if (choice_.steps() != nullptr) return granted_ - watched_left_;
    return granted_ - (volatile_pending_ ? left_after_volatile_ : steps_left_);
  }
  uint64_t preemptions() const { return preemptions_; }
  uint64_t interrupts() const { return interrupts_; }
  uint32_t rounds() const { return rounds_; }
  bool running() const { return running_; }
  bool fair() const { return fair_; }
  uint64_t step_limit() const { return configured_limit_; }
  void SetStepLimit(uint64_t steps) { configured_limit_ = steps; }  // of executions to come
  // Steps of an execution within which somebody has to get on, or it is a livelock; another window comes before them,
  // for what the program does until then.
  static constexpr uint64_t kWindow = 100'000;
  uint64_t window() const { return window_; }
  // The current context gets on: it ends a round, a wait, itself. Design 7: livelock, no operation completes.
  void Progressed() { progressed_at_ = granted_ - steps_left_; }
  // It has waited for a lock, and has it. Who has gone round a loop of its own since it last got one may take locks for
  // ever, give them back, and try again: for it that is no progress.
  void HasWaitedForLock() {
    if (!own_->looped) Progressed();
    own_->looped = false;
    own_->retries = 0;
  }
  // The most iterations in a row of one loop that each changed something, in any execution: a loop that may go on so is
  // explored no further than that.
  uint32_t most_retries() const { return most_retries_; }
  // Called, on the stack of whoever runs, each window of an execution: who waits for it may want to hear.
  void WhileItTakes(std::function<void()> tell) { while_it_takes_ = std::move(tell); }
  void SetRounds(uint32_t rounds) { rounds_ = rounds; }  // the same
  void SetIrqEntry(void (*entry)(int)) { irq_entry_ = entry; }

  // The lost-wakeup judge's question: makes every parked task return from Park(), once an execution.
  bool asking() const { return asking_; }

 private:
  void BeCurrent(unsigned context) {
    settled_ = current_bit_ = uint64_t{1} << context;
    own_ = &contexts_[context];
    races_.SetCurrent(context);
  }
  // A spinner goes on: it was picked among those that are enabled, and has done nothing since that others could see. If
  // they still are the same at its next point, to choose again would show nothing new. (Of a task that begins this is
  // not so: it may have opened a window of the monitors', which the machine does not hear of.) An explorer of steps,
  // for which it is no matter, keeps its steps apart: what a wait orders must not be taken for the order of what
  // follows (trace.h).
  void JustPicked() {
    if (!by_steps_) settled_ = enabled_ & ~std::exchange(passed_over_, 0);
  }
  // It has, other than at a point.
  void Acted() { settled_ = current_bit_; }
  // Then nothing but the switch is left to be done to let it run.
  bool TaskOnItsCpu(unsigned next) const { return (on_cpu_ >> next & 1) != 0; }
  [[gnu::always_inline]] inline void Switch(unsigned next) {
    const unsigned from = current();
    BeCurrent(next);
    fibers_.Switch(from, next);
  }
  // Whoever was picked at a point.
  [[gnu::always_inline]] inline void LetRun(unsigned next) {
    if (next == current()) [[unlikely]]
      return;
    if (TaskOnItsCpu(next)) [[likely]] {
      ++preemptions_;
      Switch(next);
    } else {
      TurnTo(next);
    }
  }
  [[gnu::noinline, gnu::hot]] CFGT_SWITCHES void TurnTo(unsigned next);  // not simply a task on its CPU
  [[gnu::noinline, gnu::hot]] CFGT_SWITCHES void Dispatch(unsigned next,
                                                          unsigned from);  // to `next`, which may be the clock step
  // To whoever was picked, of one's own free will.
  [[gnu::always_inline]] inline void GoTo(unsigned next) {
    if (next == current()) [[unlikely]]
      return;
    if (TaskOnItsCpu(next)) [[likely]] {
      Switch(next);
    } else {
      Dispatch(next, current());
    }
  }
  // The current context cannot go on: somebody else's turn.
  [[gnu::always_inline]] inline void Leave() {
    if (enabled_ == 0) [[unlikely]]
      Stuck();
    GoTo(choice_.Pick(enabled_, current()));
  }
  [[gnu::hot]] CFGT_SWITCHES void Spin();
  void Looped() { own_->looped = own_->looped_here = true; }
  void EndWindow();
  CFGT_SWITCHES void RelaxWeakly();
  // What drains a store buffer without an access is a step of its own.
  [[gnu::always_inline]] inline void DrainPoint() {
    if (weak_ != nullptr) [[unlikely]]
      DrainPointOf(*weak_);
  }
  [[gnu::noinline, gnu::cold]] CFGT_SWITCHES void DrainPointOf(const MemoryModel& weak);
  void RequireMaySleep();
  void LeaveAtomic();
  [[gnu::cold]] void FinishVolatile();
  void AcquireIrqLock(Cpu& cpu) {
    EndVolatile();
    if (cpu.irqs_were_off) races_.Acquire(cpu.irq_lock);
  }
  void ReleaseIrqLock(Cpu& cpu) {
    EndVolatile();
    cpu.irqs_were_off = true;
    races_.Release(cpu.irq_lock);
  }
  [[noreturn, gnu::hot]] void LeaveForEver();  // it has ended
  bool AskSpinners();
  void Stuck();  // nobody is enabled
  void AdvanceClock();
  uint64_t Allowed(const Cpu& cpu) const;
  uint64_t Ready(const Cpu& cpu) const;
  uint64_t KeptOff() const;  // who is ready, and off its CPU because another is in a section
  void Update(Cpu& cpu);
  void SetReady(unsigned context) {
    contexts_[context].state = State::kReady;
    ready_ |= Bit(context);
    Cpu& cpu = cpus_[contexts_[context].cpu];
    if (cpu.simple) [[likely]] {
      enabled_ |= Bit(context);
    } else {
      Update(cpu);
    }
  }
  [[gnu::noinline, gnu::hot]] void WakeSpinners(AtomicLocation& location);
  void ClockChanged();
  void SetAlone(bool alone);
  // Under a memory model only until somebody else is there: from then on a location's stores are the model's.
  bool AloneAgain() const;
  [[gnu::noinline]] CFGT_SWITCHES void PreemptCountChanged(Cpu& own);
  [[gnu::noinline]] CFGT_SWITCHES void PreemptGoesOff(Cpu& own);
  // The current context cannot go on from here.
  void GiveUp(State state) {
    if (weak_ != nullptr && state != State::kSpinning) [[unlikely]]
      weak_->GivesUp(cpu().all);
    own_->state = state;
    ready_ &= ~current_bit_;
    Cpu& own = cpu();
    if (own.simple) [[likely]] {
      enabled_ &= ~current_bit_;
    } else {
      Update(own);
    }
  }
  void BeginInterrupt(unsigned context);
  CFGT_SWITCHES void ReturnFromInterrupt(bool& inside);
  void MakeInterruptContext(Cpu& cpu, unsigned cpu_number, int& slot, engine::Context kind);
  [[gnu::hot]] unsigned NewContext(const char* name, unsigned cpu, engine::Context kind);
  unsigned InterruptedTask();
  // A point of an execution whose explorer wants to know each step; or the last one that it was granted.
  [[gnu::noinline, gnu::cold]] CFGT_SWITCHES void WatchedPoint(uintptr_t access);
  void CountStep() {
    if (--steps_left_ == 0) [[unlikely]]
      CountWatchedStep();
  }
  void CountWatchedStep() {
    if (choice_.steps() == nullptr) return Grant(steps_left_);
    steps_left_ = 1;
    if (--watched_left_ == 0) Grant(watched_left_);
  }
  [[gnu::cold]] void Grant(uint64_t& left);  // more steps, or the end of the execution
  bool Holds();
  [[gnu::hot]] static void TaskFiber();
  static void HardirqFiber();
  static void SoftirqFiber();

  static constexpr unsigned kMainFiber = 63;       // the worker's own stack
  static constexpr unsigned kGraveyardFiber = 62;  // what ended contexts switch away from
  static_assert(kMaxContexts <= kGraveyardFiber && kMainFiber < Fibers::kCount);

  // Hot first.
  uint64_t steps_left_ = UINT64_MAX;
  uint64_t enabled_ = 1;
  uint64_t current_bit_ = 1;
  uint64_t settled_ = 1;                 // if this is who is enabled, the next point has nothing to choose
  uint64_t passed_over_ = 0;             // who was enabled and no candidate when somebody last had to yield
  uint64_t on_cpu_ = 0;                  // tasks that have their CPUs
  MachineContext* own_ = &contexts_[0];  // of the current context
  uint64_t preemptions_ = 0;
  Choice choice_;
  uint64_t ready_ = 0;
  MemoryModel* weak_ = nullptr;
  uint64_t granted_ = UINT64_MAX;  // steps so far, those that are left counted; the rest of the limit:
  uint64_t not_granted_ = 0;
  bool running_ = false;
  bool fair_ = true;
  bool by_steps_ = false;
  bool alone_ = false;
  bool asking_ = false;
  bool volatile_pending_ = false;
  uint64_t left_after_volatile_ = 0;  // what steps_left_ was
  uint32_t spinners_asked_ = 0;       // how often in this execution
  uint32_t most_retries_ = 0;
  uint64_t watched_left_ = 0;  // steps, of an execution in which steps_left_ is 1 always, so that each is watched
  uintptr_t next_access_ = 0;
  uint64_t devices_version_ = 0;  // tells apart what devices may hold: the choices before their last change
  uint64_t interrupts_ = 0;
  uint64_t now_ = 0;
  Watched devices_;
  Watched clock_;
  uint64_t sleepers_ = 0;
  unsigned context_count_ = 0;
  unsigned cpu_count_ = 8;
  unsigned next_cpu_ = 1;
  unsigned used_cpus_ = 0;  // highest + 1 that this execution touched
  uint32_t rounds_ = 3;
  uint64_t configured_limit_ = UINT64_MAX;
  uint64_t window_ = kWindow;   // of this execution
  uint64_t progressed_at_ = 0;  // the step at which somebody got on last
  std::function<void()> while_it_takes_;
  engine::Flavour flavour_ = engine::Flavour::kPreempt;
  EndReason reason_ = EndReason::kDone;
  const char* why_stopped_ = nullptr;
  void (*irq_entry_)(int) = nullptr;
  Fibers fibers_;
  RaceDetector races_;
  MachineContext contexts_[kMaxContexts];
  Cpu cpus_[kMaxCpus];
};

extern Machine machine;

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_MACHINE_H_
