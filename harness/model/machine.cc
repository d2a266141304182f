#include "harness/model/machine.h"

#include <bit>

#include "absl/strings/str_cat.h"
#include "harness/model/assert.h"
#include "harness/model/findings.h"
#include "harness/model/recorder.h"

namespace cfgtorture::model {

using engine::Context;

Machine machine;

namespace {

uint64_t ValueAt(const AtomicLocation& location, unsigned size) {
  const void* at = reinterpret_cast<const void*>(location.address);
  uint64_t value = 0;
  std::memcpy(&value, at, size);
  return value;
}

}  // namespace

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

void Machine::Configure(engine::Flavour flavour, unsigned cpus, uint64_t step_limit, uint32_t rounds) {
  CFGT_ASSERT(cpus >= 1 && cpus <= kMaxCpus);
  flavour_ = flavour;
  cpu_count_ = cpus;
  configured_limit_ = step_limit;
  rounds_ = rounds;
}

EndReason Machine::Run(uint64_t number, void (*program)(void*), void* argument) {
  races_.BeginExecution();
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
    cpu.irq_lock = ClockVector{};
  }
  used_cpus_ = 0;
  next_cpu_ = cpu_count_ > 1 ? 1 : 0;
  context_count_ = 0;
  steps_ = preemptions_ = interrupts_ = 0;
  now_ = 0;
  device_version_ = 0;
  device_waiters_ = clock_waiters_ = sleepers_ = 0;
  ready_ = enabled_ = 0;
  asking_ = false;
  spinners_asked_ = 0;
  irq_entry_ = nullptr;
  why_stopped_ = nullptr;
  step_limit_ = configured_limit_;
  choice_.Begin(number);

  const unsigned init = NewContext("init", 0, Context::kTask);
  MachineContext& context = contexts_[init];
  context.entry = program;
  context.argument = argument;
  context.fiber.Make(reinterpret_cast<void*>(StackBottom(init)), kStackBytes, TaskFiber);
  cpus_[0].current = 0;
  SetReady(init);
  BeCurrent(init);
  running_ = true;
  main_.SwitchTo(context.fiber);
  running_ = false;
  BeCurrent(0);  // between executions the ABI finds nobody to turn to
  enabled_ = current_bit_;
  step_limit_ = UINT64_MAX;
  return reason_;
}

void Machine::End(EndReason reason) {
  reason_ = reason;
  contexts_[current_].fiber.SwitchTo(main_);
  __builtin_unreachable();
}

void Machine::Stop(const char* why) {
  why_stopped_ = why;
  End(EndReason::kStopped);
}

void Machine::StepLimit() {
  StepLimitReached();
  End(EndReason::kStepLimit);
}

unsigned Machine::NewContext(const char* name, unsigned cpu_number, Context kind) {
  CFGT_ASSERT(context_count_ < kMaxContexts);
  const unsigned number = context_count_++;
  MachineContext& context = contexts_[number];
  context.name = name;
  context.kind = kind;
  context.state = State::kIdle;
  context.cpu = static_cast<uint8_t>(cpu_number);
  context.permit = context.forced = context.changed = false;
  context.read_count = context.rounds = 0;
  context.joiners = 0;
  context.progress = 0;
  context.task_data = nullptr;
  races_.AddContext(number);
  Cpu& cpu = cpus_[cpu_number];
  if (cpu_number >= used_cpus_) used_cpus_ = cpu_number + 1;
  if (kind == Context::kTask) {
    if (cpu.tasks != 0) cpu.simple = false;
    cpu.tasks |= Bit(number);
  } else {
    cpu.simple = false;
  }
  cpu.all |= Bit(number);
  ContextCreated(number);
  return number;
}

// ---- who may run
// -----------------------------------------------------------------------------------------------------

void Machine::Update(Cpu& cpu) {
  uint64_t may = 0;
  if (cpu.in_hardirq) {
    may = ready_ & Bit(static_cast<unsigned>(cpu.hardirq));
  } else {
    if (cpu.pending != 0 && !cpu.irqs_off) may |= Bit(static_cast<unsigned>(cpu.hardirq));
    if (cpu.in_softirq) {
      may |= ready_ & Bit(static_cast<unsigned>(cpu.softirq));
    } else {
      if (!cpu.due.empty() && !cpu.irqs_off) may |= Bit(static_cast<unsigned>(cpu.softirq));
      uint64_t tasks = cpu.tasks;
      if (cpu.current >= 0) {
        const MachineContext& holder = contexts_[cpu.current];
        const bool gave_up = holder.state == State::kParked || holder.state == State::kSleeping ||
                             holder.state == State::kJoining || holder.state == State::kEnded;
        const bool keeps = cpu.preempt_count > 0 || cpu.irqs_off || flavour_ == engine::Flavour::kVoluntary;
        if (!gave_up && keeps) tasks = Bit(static_cast<unsigned>(cpu.current));
      }
      may |= ready_ & tasks;
    }
  }
  enabled_ = (enabled_ & ~cpu.all) | may;
}

void Machine::SetReady(unsigned context) {
  contexts_[context].state = State::kReady;
  ready_ |= Bit(context);
  Cpu& cpu = cpus_[contexts_[context].cpu];
  if (cpu.simple) {
    enabled_ |= Bit(context);
  } else {
    Update(cpu);
  }
}

void Machine::SetNotReady(unsigned context, State state) {
  contexts_[context].state = state;
  ready_ &= ~Bit(context);
  Cpu& cpu = cpus_[contexts_[context].cpu];
  if (cpu.simple) {
    enabled_ &= ~Bit(context);
  } else {
    Update(cpu);
  }
}

void Machine::Turn() {
  const unsigned next = choice_.Pick(enabled_, current_);
  if (next == current_) return;
  if (next != explore::kClockStep) {
    MachineContext& to = contexts_[next];
    const bool task = to.kind == Context::kTask;
    if ((enabled_ & current_bit_) != 0) ++(task ? preemptions_ : interrupts_);
    if (task && cpus_[to.cpu].current == static_cast<int>(next)) {  // it has its CPU: nothing else changes
      MachineContext& from = *own_;
      BeCurrent(next);
      from.fiber.SwitchTo(to.fiber);
      return;
    }
  }
  Dispatch(next, own_->fiber);
}

void Machine::Dispatch(unsigned next, Fiber& from) {
  while (next == explore::kClockStep) {
    AdvanceClock();
    if (enabled_ == 0) Stuck();  // whom the deadline woke has no CPU to run on
    next = choice_.Pick(enabled_, current_);
  }
  if (next == current_) return;
  MachineContext& to = contexts_[next];
  if (to.kind == Context::kTask) {
    Cpu& cpu = cpus_[to.cpu];
    if (cpu.current != static_cast<int>(next)) {
      cpu.current = static_cast<int>(next);
      if (!cpu.simple) Update(cpu);
    }
  } else if (to.state == State::kIdle) {
    BeginInterrupt(next);
  }
  BeCurrent(next);
  from.SwitchTo(to.fiber);
}

void Machine::Leave() {
  if (enabled_ == 0) Stuck();
  Dispatch(choice_.Pick(enabled_, current_), own_->fiber);
}

// The stack of who has ended is dead from its top on.
void Machine::LeaveForEver() {
  if (enabled_ == 0) Stuck();
  own_->fiber.saved = reinterpret_cast<void*>(StackTop(current_));
  Dispatch(choice_.Pick(enabled_, current_), graveyard_);
  __builtin_unreachable();
}

// Nobody can run and no deadline is left. Either an init task that waits for tasks which wait for one another: a
// deadlock; or a task sleeps though its condition holds: a lost wake-up. The difference is found by asking: a spurious
// wake-up is legal for every kernel wait loop, so each parked task is made to look at its condition once more.
void Machine::Stuck() {
  if (spinners_asked_ < kSpinnersAsked && AskSpinners()) return;
  if (!asking_) {
    asking_ = true;
    EverybodyStuck();
    bool anybody = false;
    for (unsigned i = 0; i < context_count_; ++i) {
      MachineContext& context = contexts_[i];
      if (context.state != State::kParked) continue;
      context.permit = context.forced = true;
      context.progress = 0;
      SetReady(i);
      anybody = true;
    }
    if (anybody) return;
  }
  StillStuck();
  End(EndReason::kStuck);
}

// A loop that polls a number of times, or until a time, and then gives up looks at more than the memory it reads: with
// nobody else left to run, spinners go round again and time passes, a bounded number of times.
bool Machine::AskSpinners() {
  bool anybody = false;
  for (unsigned i = 0; i < context_count_; ++i) {
    if (contexts_[i].state != State::kSpinning) continue;
    SetReady(i);
    anybody = true;
  }
  if (!anybody || enabled_ == 0) return false;
  ++spinners_asked_;
  if (clock_waiters_ != 0) now_ += uint64_t{1'000'000} << (spinners_asked_ < 20 ? spinners_asked_ : 20);
  clock_waiters_ = 0;
  return true;
}

uint64_t Machine::unfinished_tasks() const {
  uint64_t mask = 0;
  for (unsigned i = 0; i < context_count_; ++i) {
    if (contexts_[i].kind == Context::kTask && contexts_[i].state != State::kEnded) mask |= Bit(i);
  }
  return mask;
}

// ---- tasks
// -----------------------------------------------------------------------------------------------------------

unsigned Machine::StartTask(const char* name, int cpu, void (*entry)(void*), void* argument) {
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
  context.fiber.Make(reinterpret_cast<void*>(StackBottom(number)), kStackBytes, TaskFiber);
  races_.Fork(number);
  SetReady(number);
  return number;
}

void Machine::TaskFiber(boost::context::detail::transfer_t from) {
  Fiber::Arrived(from);
  MachineContext& own = machine.context();
  own.entry(own.argument);
  machine.context().progress = 1;
  if (machine.current_ == 0) machine.End(EndReason::kDone);
  ForEachBit(own.joiners, [&](unsigned waiter) { machine.SetReady(waiter); });
  machine.SetNotReady(machine.current_, State::kEnded);
  ContextEnded(machine.current_);
  machine.LeaveForEver();
}

void Machine::JoinTask(unsigned task) {
  CFGT_ASSERT(task < context_count_ && contexts_[task].kind == Context::kTask);
  if (own_->kind != Context::kTask || cpu().preempt_count > 0 || cpu().irqs_off) {
    SleptInAtomic();
    End(EndReason::kStopped);
  }
  while (contexts_[task].state != State::kEnded) {
    contexts_[task].joiners |= current_bit_;
    SetNotReady(current_, State::kJoining);
    Leave();
  }
  races_.Join(task);
}

bool Machine::Park() {
  MachineContext& own = contexts_[current_];
  if (own.kind != Context::kTask || cpu().preempt_count > 0 || cpu().irqs_off) {
    SleptInAtomic();
    End(EndReason::kStopped);
  }
  if (!own.permit) {
    findings.Opportunity(Hazard::kLostWakeup);
    if (recorder.on()) recorder.Row("sleeps");
    SetNotReady(current_, State::kParked);
    Leave();
  }
  const bool forced = own.forced;
  own.permit = own.forced = false;
  own.read_count = 0;
  own.changed = false;
  return forced;
}

void Machine::Unpark(unsigned task) {
  MachineContext& context = contexts_[task];
  context.permit = true;
  if (recorder.on()) recorder.Row(absl::StrCat("wakes ", context.name));
  if (context.state == State::kParked) SetReady(task);
}

// ---- preemption, spinning
// ----------------------------------------------------------------------------------------------

void Machine::PreemptDisable() {
  Cpu& own = cpu();
  if (own.preempt_count++ == 0 && !own.simple) Update(own);
}

void Machine::PreemptEnable() {
  Cpu& own = cpu();
  CFGT_ASSERT(own.preempt_count > 0);
  if (--own.preempt_count == 0 && !own.simple) {
    Update(own);
    if (enabled_ != current_bit_) Point();
  }
}

// Design 3, "Spinning, one rule".
void Machine::Relax() {
  MachineContext& own = contexts_[current_];
  const uint32_t reads = own.read_count;
  const bool changed = own.changed;
  own.read_count = 0;
  own.changed = false;
  if (changed || reads > kSpinReads || reads == 0) {
    // A forced choice of somebody else: an iteration that changed something may be repeated, but a fair schedule
    // lets the others run in between. Not the clock: it does not move because somebody spins.
    ++steps_;
    const uint64_t others = enabled_ & ~current_bit_ & ~kClockBit;
    if (others != 0) Dispatch(choice_.Pick(others, current_), own.fiber);
    if (steps_ >= step_limit_) StepLimit();
    return;
  }
  for (uint32_t i = 0; i < reads; ++i) {
    const SpinRead& read = own.reads[i];
    if (read.location != nullptr ? ValueAt(*read.location, read.size) != read.value
        : read.size == 255       ? now_ != read.value
                                 : device_version_ != read.value) {
      return;
    }
  }
  for (uint32_t i = 0; i < reads; ++i) {
    const SpinRead& read = own.reads[i];
    (read.location != nullptr ? read.location->spin_waiters
     : read.size == 255       ? clock_waiters_
                              : device_waiters_) |= current_bit_;
  }
  SetNotReady(current_, State::kSpinning);
  Leave();
}

void Machine::WakeSpinners(AtomicLocation& location) {
  const uint64_t waiters = location.spin_waiters;
  location.spin_waiters = 0;
  ForEachBit(waiters, [&](unsigned waiter) {
    if (contexts_[waiter].state == State::kSpinning) SetReady(waiter);
  });
}

void Machine::DeviceChanged() {
  ++device_version_;
  contexts_[current_].changed = true;
  const uint64_t waiters = device_waiters_;
  device_waiters_ = 0;
  ForEachBit(waiters, [&](unsigned waiter) {
    if (contexts_[waiter].state == State::kSpinning) SetReady(waiter);
  });
}

}  // namespace cfgtorture::model
