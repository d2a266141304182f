#include "harness/model/machine.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "absl/strings/str_cat.h"
#include "harness/model/abi.h"
#include "harness/model/assert.h"
#include "harness/model/findings.h"
#include "harness/model/judges.h"
#include "harness/model/recorder.h"
#include "harness/model/virtual_time.h"

namespace cfgtorture::model {

using engine::Context;

Machine machine;

const char* NameOf(State state) {
  switch (state) {
    case State::kReady:
      return "ready";
    case State::kSpinning:
      return "spins";
    case State::kParked:
      return "sleeps until woken";
    case State::kJoining:
      return "waits for a task's end";
    case State::kSleeping:
      return "sleeps";
    case State::kDelaying:
      return "delays";
    case State::kIdle:
      return "idle";
    case State::kEnded:
      return "ended";
  }
  return "?";
}

void Machine::Configure(engine::Flavour flavour, unsigned cpus, uint64_t step_limit, uint32_t rounds, bool fair,
                        bool by_steps) {
  CFGT_ASSERT(cpus >= 1 && cpus <= kMaxCpus);
  flavour_ = flavour;
  cpu_count_ = cpus;
  configured_limit_ = step_limit;
  rounds_ = rounds;
  fair_ = fair;
  by_steps_ = by_steps;
}

EndReason Machine::Run(uint64_t number, void (*program)(void*), void* argument) {
  races_.BeginExecution();
  if (weak_ != nullptr) [[unlikely]]
    weak_->BeginExecution();
  for (unsigned i = 0; i < used_cpus_; ++i) {
    Cpu& cpu = cpus_[i];
    cpu.tasks = cpu.all = 0;
    cpu.current = cpu.hardirq = cpu.softirq = -1;
    cpu.preempt_count = 0;
    cpu.irqs_off = cpu.in_hardirq = cpu.in_softirq = false;
    cpu.simple = true;
    cpu.pending = 0;
    cpu.timers.clear();
    cpu.due.clear();
    if (cpu.irqs_were_off) cpu.irq_lock = ClockVector{};
    cpu.irqs_were_off = false;
  }
  used_cpus_ = 0;
  next_cpu_ = cpu_count_ > 1 ? 1 : 0;
  context_count_ = 0;
  preemptions_ = interrupts_ = 0;
  now_ = 0;
  devices_ = clock_ = {};
  sleepers_ = 0;
  ready_ = 0;
  enabled_ = 0;
  passed_over_ = 0;
  asking_ = volatile_pending_ = false;
  spinners_asked_ = 0;
  irq_entry_ = nullptr;
  why_stopped_ = nullptr;
  window_ = std::clamp<uint64_t>(configured_limit_ / 2, 1, kWindow);
  progressed_at_ = 0;
  steps_left_ = granted_ = std::min(configured_limit_, window_);
  not_granted_ = configured_limit_ - granted_;
  next_access_ = 0;
  devices_version_ = 0;
  choice_.Begin(number);
  if (choice_.steps() != nullptr) {
    WatchSteps();
  } else if (choice_.repeats()) {
    Watch();
  }

  const unsigned init = NewContext("init", 0, Context::kTask);
  SetAlone(true);
  MachineContext& context = contexts_[init];
  context.entry = program;
  context.argument = argument;
  fibers_.Make<TaskFiber>(init, StackBottom(init), StackBytes(init));
  cpus_[0].current = 0;
  on_cpu_ = Bit(0);
  SetReady(init);
  BeCurrent(init);
  running_ = true;
  fibers_.Switch(kMainFiber, init);
  running_ = false;
  SetAlone(false);
  BeCurrent(0);  // between executions the ABI finds nobody to turn to
  enabled_ = current_bit_;
  granted_ = steps();               // is asked later
  watched_left_ = steps_left_ = 0;  // and is not reached again before the counter wraps
  return reason_;
}

void Machine::End(EndReason reason) {
  reason_ = reason;
  fibers_.Switch(current(), kMainFiber);
  __builtin_unreachable();
}

void Machine::Stop(const char* why) {
  why_stopped_ = why;
  End(EndReason::kStopped);
}

void Machine::Grant(uint64_t& left) {
  EndWindow();
  if (fair_ && granted_ >= 2 * window_ && granted_ - progressed_at_ >= window_) {
    LivelockFound();
    End(EndReason::kLivelock);
  }
  if (not_granted_ == 0) End(EndReason::kStepLimit);
  if (while_it_takes_) while_it_takes_();
  left = std::min(not_granted_, window_);
  granted_ += left;
  not_granted_ -= left;
}

// Who has changed something in it, and not gone round a loop that says so, is no spinner.
void Machine::EndWindow() {
  for (unsigned i = 0; i < context_count_; ++i) {
    MachineContext& context = contexts_[i];
    if (context.changed && !context.looped_here) progressed_at_ = granted_;
    context.changed_earlier |= context.changed;
    context.changed = context.looped_here = false;
  }
}

void Machine::WatchedPoint(uintptr_t access) {
  if (volatile_pending_) {  // which is all that it was watched for
    FinishVolatile();
    return Point(access);
  }
  CountWatchedStep();
  if (choice_.steps() == nullptr && enabled_ == settled_) return Acted();
  next_access_ = access;
  LetRun(choice_.Pick(enabled_, current()));
}

// As if steps_left_ had not been made 1: the next point is then a watched one.
void Machine::BeginVolatile() {
  volatile_pending_ = true;
  left_after_volatile_ = std::exchange(steps_left_, 1);
  LookAgain();
}

void Machine::FinishVolatile() {
  volatile_pending_ = false;
  steps_left_ = left_after_volatile_;
  LookAgain();
  VolatileWasMade();
}

// Keeps the others of its CPU off it.
bool Machine::Holds() {
  if (own_->state != State::kReady && own_->state != State::kSpinning && own_->state != State::kDelaying) return false;
  return own_->kind != Context::kTask || cpu().preempt_count > 0 || cpu().irqs_off ||
         flavour_ == engine::Flavour::kVoluntary;
}

unsigned Machine::ChooseStep(uint64_t enabled, unsigned current) {
  uint64_t excluded = 0;
  for (unsigned i = 0; i < used_cpus_; ++i) {
    if (!cpus_[i].simple) excluded |= cpus_[i].all & ~Allowed(cpus_[i]);
  }
  const unsigned chosen = choice_.steps()->Step({enabled, excluded, current, Holds(), std::exchange(next_access_, 0)});
  if (chosen == explore::kPruned) End(EndReason::kPruned);
  return chosen;
}

unsigned ChooseStep(uint64_t enabled, unsigned current) { return machine.ChooseStep(enabled, current); }

void Machine::WatchSteps() {
  watched_left_ = std::exchange(steps_left_, 1);
  Watch();
}

void WatchSteps() { machine.WatchSteps(); }

unsigned Machine::NewContext(const char* name, unsigned cpu_number, Context kind) {
  if (context_count_ >= kMaxContexts) BeyondLimit("tasks and interrupt contexts", kMaxContexts);
  SetAlone(false);
  const unsigned number = context_count_++;
  MachineContext& context = contexts_[number];
  context.name = name;
  context.kind = kind;
  context.state = State::kIdle;
  context.cpu = static_cast<uint8_t>(cpu_number);
  context.permit = context.forced = context.changed = context.changed_earlier = false;
  context.looked_only = context.looped = context.looped_here = false;
  context.read_count = context.rounds = context.retries = 0;
  context.joiners = 0;
  context.progress = context.relaxes_at = 0;
  context.task_data = nullptr;
  races_.AddContext(number);
  if (weak_ != nullptr) [[unlikely]]
    weak_->AddContext(number);
  Cpu& cpu = cpus_[cpu_number];
  if (cpu_number >= used_cpus_) used_cpus_ = cpu_number + 1;
  if (kind == Context::kTask) {
    if (cpu.tasks != 0) cpu.simple = false;
    cpu.tasks |= Bit(number);
  } else {
    cpu.simple = false;
  }
  cpu.all |= Bit(number);
  if (choice_.steps() != nullptr) [[unlikely]] {
    choice_.steps()->Context(number, cpu_number);
    Touched(object::kContexts, true);
  }
  JudgesForgetContext(number);
  return number;
}

// ---- who may run
// -----------------------------------------------------------------------------------------------------

// Whom the CPU would run if they were ready: what is pending or due counts as ready.
uint64_t Machine::Allowed(const Cpu& cpu) const {
  if (cpu.in_hardirq) return Bit(static_cast<unsigned>(cpu.hardirq));
  uint64_t allowed = 0;
  if (cpu.hardirq >= 0 && !cpu.irqs_off) allowed |= Bit(static_cast<unsigned>(cpu.hardirq));
  if (cpu.in_softirq) return allowed | Bit(static_cast<unsigned>(cpu.softirq));
  if (cpu.softirq >= 0 && !cpu.irqs_off) allowed |= Bit(static_cast<unsigned>(cpu.softirq));
  if (cpu.current >= 0) {
    const MachineContext& holder = contexts_[cpu.current];
    const bool gave_up = holder.state == State::kParked || holder.state == State::kSleeping ||
                         holder.state == State::kJoining || holder.state == State::kEnded;
    const bool keeps = cpu.preempt_count > 0 || cpu.irqs_off || flavour_ == engine::Flavour::kVoluntary;
    if (!gave_up && keeps) return allowed | Bit(static_cast<unsigned>(cpu.current));
  }
  return allowed | cpu.tasks;
}

// Of its contexts, whoever would run if the others let them.
uint64_t Machine::Ready(const Cpu& cpu) const {
  uint64_t ready = ready_ & cpu.all;
  if (cpu.pending != 0 && !cpu.in_hardirq) ready |= Bit(static_cast<unsigned>(cpu.hardirq));
  if (!cpu.due.empty() && !cpu.in_softirq) ready |= Bit(static_cast<unsigned>(cpu.softirq));
  return ready;
}

void Machine::Update(Cpu& cpu) { enabled_ = (enabled_ & ~cpu.all) | (Ready(cpu) & Allowed(cpu)); }

uint64_t Machine::KeptOff() const {
  uint64_t kept_off = 0;
  for (unsigned i = 0; i < used_cpus_; ++i) kept_off |= Ready(cpus_[i]) & ~Allowed(cpus_[i]);
  return kept_off;
}

void Machine::TurnTo(unsigned next) {
  if (next != explore::kClockStep) {
    ++(contexts_[next].kind == Context::kTask ? preemptions_ : interrupts_);
  }
  Dispatch(next, current());
}

void Machine::Dispatch(unsigned next, unsigned from) {
  while (next == explore::kClockStep) {
    AdvanceClock();
    if (enabled_ == 0) Stuck();  // whom the deadline woke has no CPU to run on
    next = choice_.Pick(enabled_, current());
  }
  if (next == current()) return;
  MachineContext& to = contexts_[next];
  if (to.kind == Context::kTask) {
    Cpu& cpu = cpus_[to.cpu];
    if (cpu.current != static_cast<int>(next)) {
      if (weak_ != nullptr) [[unlikely]]
        weak_->TurnsTo(next, cpu.all);
      cpu.current = static_cast<int>(next);
      on_cpu_ = (on_cpu_ & ~cpu.tasks) | Bit(next);
      if (!cpu.simple) Update(cpu);
    }
  } else if (to.state == State::kIdle) {
    BeginInterrupt(next);
  }
  BeCurrent(next);
  fibers_.Switch(from, next);
}

// The stack of who has ended is dead from its top on.
void Machine::LeaveForEver() {
  if (enabled_ == 0) Stuck();
  fibers_.Bury(current(), StackTop(current()));
  const unsigned next = choice_.Pick(enabled_, current());
  if (TaskOnItsCpu(next)) [[likely]] {
    BeCurrent(next);
    fibers_.Switch(kGraveyardFiber, next);
  }
  Dispatch(next, kGraveyardFiber);
  __builtin_unreachable();
}

// Nobody can run and no deadline is left. Either an init task that waits for tasks which wait for one another: a
// deadlock; or a task sleeps though its condition holds: a lost wake-up. The difference is found by asking: a spurious
// wake-up is legal for every kernel wait loop, so each parked task is made to look at its condition once more.
void Machine::Stuck() {
  if (spinners_asked_ < kSpinnersAsked && AskSpinners()) return;
  if (!asking_) {
    if (choice_.steps() != nullptr) {
      if (const uint64_t kept_off = KeptOff(); kept_off != 0) choice_.steps()->Ends(kept_off);
      choice_.steps()->Freeze();
    }
    if (weak_ != nullptr) [[unlikely]]
      weak_->Settle();
    EverybodyStuck();
    asking_ = true;
    bool anybody = false;
    for (unsigned i = 0; i < context_count_; ++i) {
      MachineContext& context = contexts_[i];
      if (context.state != State::kParked) continue;
      context.permit = context.forced = true;
      context.progress = 0;
      SetReady(i);
      anybody = true;
    }
    if (anybody && enabled_ != 0) return;  // else handlers that spin keep them all off their CPUs
  }
  StillStuck();
  End(EndReason::kStuck);
}

// A loop that polls a number of times, or until a time, and then gives up looks at more than the memory it reads: with
// nobody else left to run, spinners go round again and time passes, a bounded number of times.
bool Machine::AskSpinners() {
  uint64_t asked = 0;
  for (unsigned i = 0; i < context_count_; ++i) {
    if (contexts_[i].state != State::kSpinning) continue;
    SetReady(i);
    asked |= Bit(i);
  }
  if (enabled_ == 0) {  // none of them has a CPU to run on
    ForEachBit(asked, [this](unsigned i) { contexts_[i].state = State::kSpinning; });
    ready_ &= ~asked;
    return false;
  }
  ++spinners_asked_;
  if (clock_.waiters != 0) {
    now_ += uint64_t{1'000'000} << (spinners_asked_ < 20 ? spinners_asked_ : 20);
    ClockChanged();
  }
  return true;
}

// ---- tasks
// -----------------------------------------------------------------------------------------------------------

unsigned Machine::StartTask(const char* name, int cpu, void (*entry)(void*), void* argument) {
  DrainPoint();
  Acted();
  unsigned where = static_cast<unsigned>(cpu);
  if (cpu < 0) {
    where = next_cpu_;
    next_cpu_ = next_cpu_ + 1 < cpu_count_ ? next_cpu_ + 1 : 0;
  }
  CFGT_ASSERT(where < cpu_count_);
  const unsigned number = NewContext(name, where, Context::kTask);
  MachineContext& context = contexts_[number];
  context.entry = entry;
  context.argument = argument;
  fibers_.Make<TaskFiber>(number, StackBottom(number), StackBytes(number));
  if (weak_ != nullptr) [[unlikely]]
    weak_->Fork(number);
  races_.Fork(number);
  SetReady(number);
  Touched(object::kStart + number, true);
  return number;
}

void Machine::TaskFiber() {
  MachineContext& own = machine.context();
  machine.Touched(object::kStart + machine.current(), false, 1, /*waits=*/true);
  own.entry(own.argument);
  machine.DrainPoint();
  machine.context().progress = 1;
  machine.Progressed();
  if (machine.current() == 0) {
    ProgramEnded();
    if (machine.choice_.steps() != nullptr) [[unlikely]]
      machine.choice_.steps()->Ends(machine.enabled_ & ~machine.current_bit_);
    machine.End(EndReason::kDone);
  }
  ForEachBit(own.joiners, [&](unsigned waiter) {
    uint64_t& awaited = machine.at(waiter).awaited;
    awaited &= ~machine.current_bit_;
    if (awaited == 0) machine.SetReady(waiter);
  });
  machine.GiveUp(State::kEnded);
  machine.Touched(object::kEnd + machine.current(), true);
  ContextEnded(machine.current());
  machine.LeaveAtomic();
  machine.LeaveForEver();
}

// Who comes next finds interrupts on, as after finish_task_switch(), and a preempt_count of its own.
void Machine::LeaveAtomic() {
  Cpu& own = cpu();
  if (!own.irqs_off && own.preempt_count == 0) [[likely]]
    return;
  if (own.irqs_off) ReleaseIrqLock(own);
  own.irqs_off = false;
  own.preempt_count = 0;
  Update(own);
}

void Machine::RequireMaySleep() {
  if (own_->kind == Context::kTask && cpu().preempt_count == 0 && !cpu().irqs_off) [[likely]]
    return;
  SleptInAtomic();
  End(EndReason::kStopped);
}

void Machine::JoinTasks(const unsigned* tasks, unsigned count) {
  RequireMaySleep();
  DrainPoint();
  uint64_t awaited = 0;
  for (unsigned i = 0; i < count; ++i) {
    const unsigned task = tasks[i];
    CFGT_ASSERT(task < context_count_ && contexts_[task].kind == Context::kTask);
    if (contexts_[task].state == State::kEnded) continue;
    contexts_[task].joiners |= current_bit_;
    awaited |= Bit(task);
  }
  if (awaited != 0) {
    own_->awaited = awaited;
    GiveUp(State::kJoining);
    Leave();
  }
  for (unsigned i = 0; i < count; ++i) {
    races_.Join(tasks[i]);
    Touched(object::kEnd + tasks[i], false, 1, /*waits=*/true);
    if (weak_ != nullptr) [[unlikely]]
      weak_->Join(tasks[i]);
  }
  if (AloneAgain()) SetAlone(true);
}

void Machine::SetAlone(bool alone) {
  if (alone_ == alone) return;
  alone_ = alone;
  LookAgain();
}

bool Machine::AloneAgain() const {
  if (current() != 0 || weak_ != nullptr) return false;
  for (unsigned i = 1; i < context_count_; ++i) {
    if (contexts_[i].kind != Context::kTask || contexts_[i].state != State::kEnded) return false;
    if (races_.Knows(i) != races_.clock(i)[i]) return false;
  }
  return true;
}

bool Machine::Park() {
  MachineContext& own = *own_;
  RequireMaySleep();
  DrainPoint();
  if (!own.permit) {
    findings.Opportunity(Hazard::kLostWakeup);
    if (recorder.on()) recorder.RowAs(RowKind::kSleep, "", "sleeps");
    GiveUp(State::kParked);
    Leave();
  }
  if (weak_ != nullptr) [[unlikely]]
    weak_->Woken();
  Acted();
  const bool forced = own.forced;
  own.permit = own.forced = false;
  own.read_count = 0;
  own.changed = own.changed_earlier = false;
  Touched(object::kPermit + current(), true, 1, /*waits=*/true);
  return forced;
}

void Machine::Unpark(unsigned task) {
  Point();
  Acted();
  MachineContext& context = contexts_[task];
  Touched(object::kPermit + task, true, context.permit ? 1 : 0);
  context.permit = true;
  if (weak_ != nullptr) [[unlikely]]
    weak_->Wakes(task);
  if (recorder.on()) recorder.RowAs(RowKind::kWake, context.name, "wakes ", context.name);
  if (context.state == State::kParked) SetReady(task);
}

// ---- preemption, spinning
// ----------------------------------------------------------------------------------------------

// Another task of its CPU may come just before: who looks and then takes a lock can be preempted in between.
void Machine::PreemptGoesOff(Cpu& own) {
  if (own_->kind == Context::kTask && (own.tasks & (own.tasks - 1)) != 0 && flavour_ != engine::Flavour::kVoluntary)
    Point();
  ++own.preempt_count;
  PreemptCountChanged(own);
}

void Machine::PreemptCountChanged(Cpu& own) {
  Acted();
  Update(own);
  if (own.preempt_count == 0 && enabled_ != current_bit_) Point();
}

// Design 3, "Spinning, one rule".
void Machine::Spin() {
  MachineContext& own = *own_;
  const uint32_t reads = own.read_count;
  const bool changed = own.changed || own.changed_earlier;
  own.read_count = 0;
  own.changed = own.changed_earlier = false;
  own.looped_here = true;
  own.retries = changed ? own.retries + 1 : 0;
  if (!IsTakingLock(current())) {  // of a lock, that it gets it is what counts
    own.looped = true;
    if (changed && own.looked_only) Progressed();  // it waited, and then did something
    own.looked_only = !changed;
  }
  if (changed || reads > kSpinReads || reads == 0) {
    if (virtual_time != nullptr) [[unlikely]] {
      virtual_time->Relaxed();
      Point();
      return;
    }
    // A forced choice of somebody else: an iteration that changed something may be repeated, but a fair schedule
    // lets the others run in between. Not the clock: it does not move because somebody spins.
    CountStep();
    most_retries_ = std::max(most_retries_, own.retries);
    const uint64_t others = enabled_ & ~current_bit_ & ~kClockBit;
    if (others != 0) {
      passed_over_ = current_bit_ | kClockBit;
      GoTo(choice_.Pick(others, current()));
      JustPicked();
    }
    return;
  }
  for (uint32_t i = 0; i < reads; ++i) {
    if (own.reads[i].what->changes != own.reads[i].changes) return;
  }
  for (uint32_t i = 0; i < reads; ++i) own.reads[i].what->waiters |= current_bit_;
  GiveUp(State::kSpinning);
  Leave();
  JustPicked();
}

void Machine::DrainPointOf(const MemoryModel& weak) {
  EndVolatile();
  if (weak.Delays()) Point();
}

void Machine::RelaxWeakly() {
  EndVolatile();
  const uint32_t reads = own_->read_count;
  Spin();
  weak_->Relaxed(reads);
}

void Machine::WakeSpinners(AtomicLocation& location) {
  uint64_t waiters = std::exchange(location.watched.waiters, 0);
  if (location.overlapped) waiters |= races_.DisturbOverlapping(location);
  Wake(waiters);
}

void Machine::DeviceChanged() {
  Acted();
  ++devices_.changes;
  Touched(object::kDevices, true);
  devices_version_ = choice_.hash();
  own_->changed = true;
  if (devices_.waiters != 0) Wake(std::exchange(devices_.waiters, 0));
}

}  // namespace cfgtorture::model
