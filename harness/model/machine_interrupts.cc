// The machine's interrupts and clock.
#include <bit>
#include <utility>

#include "harness/model/assert.h"
#include "harness/model/findings.h"
#include "harness/model/machine.h"
#include "harness/model/recorder.h"
#include "harness/model/virtual_time.h"

namespace cfgtorture::model {

using engine::Context;

// ---- interrupts
// --------------------------------------------------------------------------------------------------------

void Machine::IrqDisable() {
  Cpu& own = cpu();
  if (irqs_off()) return;    // in hardirq they are, until it returns
  if (!own.simple) Point();  // what is pending may come just before
  own.irqs_off = true;
  AcquireIrqLock(own);
  if (!own.simple) Update(own);
  if (recorder.on()) recorder.RowAs(RowKind::kIrqsOff, "", "interrupts off");
}

void Machine::IrqEnable() {
  Cpu& own = cpu();
  if (!own.irqs_off) return;
  if (recorder.on()) recorder.RowAs(RowKind::kIrqsOn, "", "interrupts on");
  ReleaseIrqLock(own);
  own.irqs_off = false;
  if (!own.simple) {
    Update(own);
    if (enabled_ != current_bit_) Point();
  }
}

void Machine::MakeInterruptContext(Cpu& cpu, unsigned cpu_number, int& slot, Context kind) {
  if (slot >= 0) return;
  const bool hard = kind == Context::kHardirq;
  slot = static_cast<int>(NewContext(hard ? "hardirq" : "softirq", cpu_number, kind));
  const unsigned number = static_cast<unsigned>(slot);
  if (hard) {
    fibers_.Make<HardirqFiber>(number, StackBottom(number), StackBytes(number));
  } else {
    fibers_.Make<SoftirqFiber>(number, StackBottom(number), StackBytes(number));
  }
  Update(cpu);
}

void Machine::RaiseIrq(int cpu_number, int vector) {
  CFGT_ASSERT(cpu_number >= 0 && static_cast<unsigned>(cpu_number) < cpu_count_ && vector >= 0);
  if (running_) Point();
  Acted();
  Cpu& target = cpus_[cpu_number];
  MakeInterruptContext(target, static_cast<unsigned>(cpu_number), target.hardirq, Context::kHardirq);
  if (weak_ != nullptr) weak_->Wakes(static_cast<unsigned>(target.hardirq));
  Touched(object::kPending + static_cast<unsigned>(cpu_number), true, target.pending != 0 ? 1 : 0);
  // The request register of x86 has a bit for each of 256 vectors (Intel SDM, volume 3, "Interrupt Acceptance for Fixed
  // Interrupts"). Here a bit stands for four, and which of them is told beside it.
  const unsigned group = static_cast<unsigned>(vector) / 4 & 63, bit = 1u << (vector & 3);
  const unsigned others = (target.pending & Bit(group)) != 0 ? target.pending_vector[group] : 0;
  target.pending |= Bit(group);
  target.pending_vector[group] = static_cast<uint8_t>(others | bit);
  Update(target);
  if (running_) Point();
}

void Machine::BeginInterrupt(unsigned number) {
  MachineContext& context = contexts_[number];
  Cpu& cpu = cpus_[context.cpu];
  if (weak_ != nullptr) weak_->TurnsTo(number, cpu.all);
  context.state = State::kReady;
  ready_ |= Bit(number);
  (context.kind == Context::kHardirq ? cpu.in_hardirq : cpu.in_softirq) = true;
  Update(cpu);
}

// Comes back when the next interrupt of this context begins.
void Machine::ReturnFromInterrupt(bool& inside) {
  DrainPoint();
  own_->read_count = 0;
  inside = false;
  GiveUp(State::kIdle);
  Leave();
  if (own_->state == State::kIdle) BeginInterrupt(current());  // it is its own successor
}

void Machine::HardirqFiber() {
  const unsigned number = machine.current();
  Cpu& cpu = machine.cpus_[machine.contexts_[number].cpu];
  for (;;) {
    const unsigned group = static_cast<unsigned>(std::countr_zero(cpu.pending));
    const unsigned of_four = cpu.pending_vector[group];
    const int vector = static_cast<int>(group) * 4 + std::countr_zero(of_four);  // the lowest first
    cpu.pending_vector[group] = static_cast<uint8_t>(of_four & (of_four - 1));
    if (cpu.pending_vector[group] == 0) cpu.pending &= cpu.pending - 1;
    machine.Touched(object::kPending + machine.contexts_[number].cpu, true, 1, /*waits=*/true);
    machine.AcquireIrqLock(cpu);
    InterruptBegins(number, vector);
    if (machine.irq_entry_ != nullptr) machine.irq_entry_(vector);
    InterruptEnds(number);
    machine.ReleaseIrqLock(cpu);
    machine.ReturnFromInterrupt(cpu.in_hardirq);
  }
}

void Machine::SoftirqFiber() {
  const unsigned number = machine.current();
  Cpu& cpu = machine.cpus_[machine.contexts_[number].cpu];
  for (;;) {
    const Timer timer = cpu.due.front();
    cpu.due.erase(cpu.due.begin());
    machine.Touched(object::kClock, false, machine.now_);
    machine.races_.Acquire(timer.clock);
    InterruptBegins(number, -1);
    timer.callback(timer.argument);
    InterruptEnds(number);
    machine.ReturnFromInterrupt(cpu.in_softirq);
  }
}

unsigned Machine::InterruptedTask() {
  const int task = cpu().current;
  return task < 0 ? 0 : static_cast<unsigned>(task);
}

// ---- time
// --------------------------------------------------------------------------------------------------------------

uint64_t Machine::NowNs() {
  if (virtual_time != nullptr) [[unlikely]] {
    own_->changed = true;  // time goes on while somebody spins on it
    return virtual_time->NowNs();
  }
  Point();
  Acted();
  Saw(clock_);
  Touched(object::kClock, false, now_);
  return now_;
}

void Machine::Delay(uint64_t ns) {
  if (virtual_time == nullptr) [[likely]]
    return Sleep(ns, State::kDelaying);
  virtual_time->SpendNs(ns);
  Point();
}

void Machine::Sleep(uint64_t ns, State how) {
  MachineContext& own = *own_;
  if (how == State::kSleeping) RequireMaySleep();
  Point();  // the clock may move before its deadline is known
  own.deadline = (virtual_time != nullptr ? virtual_time->NowNs() : now_) + ns;
  sleepers_ |= current_bit_;
  enabled_ |= kClockBit;
  Touched(object::kClock, false, now_);
  GiveUp(how);
  Leave();
  Touched(object::kClock, false, now_);
  own.read_count = 0;
  own.changed = own.changed_earlier = false;
  Looped();
}

void Machine::ArmTimer(uint64_t after_ns, void (*callback)(void*), void* argument) {
  Point();
  Acted();
  const unsigned where = contexts_[current()].cpu;
  Cpu& own = cpus_[where];
  MakeInterruptContext(own, where, own.softirq, Context::kSoftirq);
  const uint64_t now = virtual_time != nullptr ? virtual_time->NowNs() : now_;
  own.timers.push_back({now + after_ns, callback, argument, {}});
  races_.Release(own.timers.back().clock);
  Touched(object::kClock, false, now_);
  enabled_ |= kClockBit;
}

uint64_t Machine::NextDeadline() const {
  uint64_t next = UINT64_MAX;
  ForEachBit(sleepers_, [&](unsigned i) { next = contexts_[i].deadline < next ? contexts_[i].deadline : next; });
  for (unsigned i = 0; i < used_cpus_; ++i) {
    for (const Timer& timer : cpus_[i].timers) next = timer.deadline < next ? timer.deadline : next;
  }
  return next;
}

void Machine::AdvanceClock() {
  const uint64_t next = NextDeadline();
  CFGT_ASSERT(next != UINT64_MAX);
  Touched(object::kClock, true, now_);
  if (next > now_) now_ = next;
  bool more = false;
  ForEachBit(sleepers_, [&](unsigned i) {
    if (contexts_[i].deadline > now_) {
      more = true;
      return;
    }
    sleepers_ &= ~Bit(i);
    SetReady(i);
  });
  for (unsigned i = 0; i < used_cpus_; ++i) {
    Cpu& cpu = cpus_[i];
    for (size_t t = 0; t < cpu.timers.size();) {
      if (cpu.timers[t].deadline > now_) {
        more = true;
        ++t;
        continue;
      }
      cpu.due.push_back(cpu.timers[t]);
      cpu.timers.erase(cpu.timers.begin() + static_cast<std::ptrdiff_t>(t));
      Update(cpu);
    }
  }
  if (!more) enabled_ &= ~kClockBit;
  ClockChanged();
  ClockMoved(now_);
}

void Machine::ClockChanged() {
  ++clock_.changes;
  Wake(std::exchange(clock_.waiters, 0));
}

}  // namespace cfgtorture::model
