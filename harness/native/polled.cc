// Interrupts for the tsan worker: polled, and each CPU's hardirq and softirq a TSan fiber of its own.
//
// libtsan holds asynchronous signals back until an intercepted call, and takes a handler on a thread's own stack for
// that thread's code, which never races with it (toolchain.md). So pending interrupts are run where the owner of the
// CPU calls the engine, and libtsan is told that another context runs. It is switched to without synchronisation: the
// only order between a handler and what it interrupts is the lock "IRQs enabled on CPU c" (design 3), which a handler
// holds while it runs and local_irq_save acquires. This file is compiled without -fsanitize=thread: the switch must not
// be instrumented.
#include <sanitizer/tsan_interface.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>

#include "harness/measure/tsc.h"
#include "harness/native/delivery.h"

namespace cfgtorture::native {

// A context that is not a task: to libtsan a thread, and a stack to run on. Used by the owner of its CPU alone.
struct InterruptContext {
  void* fiber;
  InterruptContext* next;  // of the same kind and CPU
  bool busy = false;
  ucontext_t self;
  ucontext_t interrupted;
  void (*run)(void*);
  void* argument;
  alignas(64) std::array<char, 256 * 1024> stack;
};

namespace delivery {
namespace {

uint32_t g_one_in = 0;
uint64_t g_seed = 0;

// xorshift64 (Marsaglia 2003).
uint64_t NextRandom(Task& task) {
  uint64_t x = task.random != 0 ? task.random : (g_seed + 1) * 0x9e3779b97f4a7c15u + task.id * 0xbf58476d1ce4e5b9u;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  task.random = x != 0 ? x : 1;
  return task.random >> 8;
}

// Creation costs 382 us with g++'s libtsan: once a CPU, not once an interrupt.
InterruptContext* NewContext(const char* kind, const Cpu& cpu, InterruptContext* next) {
  auto* context = new InterruptContext;
  context->fiber = __tsan_create_fiber(0);
  context->next = next;
  char name[32];
  std::snprintf(name, sizeof name, "CPU%d %s", cpu.number, kind);
  __tsan_set_fiber_name(context->fiber, name);
  return context;
}

void Enter(unsigned high, unsigned low) {
  auto* context = reinterpret_cast<InterruptContext*>(uintptr_t{high} << 32 | low);
  context->run(context->argument);
}

// Runs f() in a context of `contexts`, whose CPU the caller owns. A handler that sleeps, which is a finding, keeps the
// stack and the fiber that it sleeps on: the next one gets another.
template <typename F>
void RunIn(InterruptContext*& contexts, const char* kind, Cpu& cpu, F f) {
  InterruptContext* context = contexts;
  while (context != nullptr && context->busy) context = context->next;
  if (context == nullptr) context = contexts = NewContext(kind, cpu, contexts);
  context->busy = true;
  context->run = [](void* self) { (*static_cast<F*>(self))(); };
  context->argument = &f;
  getcontext(&context->self);
  context->self.uc_stack.ss_sp = context->stack.data();
  context->self.uc_stack.ss_size = context->stack.size();
  context->self.uc_link = &context->interrupted;
  const auto address = reinterpret_cast<uintptr_t>(context);
  makecontext(&context->self, reinterpret_cast<void (*)()>(Enter), 2, static_cast<unsigned>(address >> 32),
              static_cast<unsigned>(address));

  Task& self = *t_self;
  const uintptr_t stack_top = self.stack_top;
  self.stack_top = reinterpret_cast<uintptr_t>(context->stack.end());
  void* interrupted = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(context->fiber, __tsan_switch_to_fiber_no_sync);
  swapcontext(&context->interrupted, &context->self);
  __tsan_switch_to_fiber(interrupted, __tsan_switch_to_fiber_no_sync);
  self.stack_top = stack_top;
  context->busy = false;
}

}  // namespace

void Start() {
  for (int i = 0; i < Cpus(); ++i) {
    Cpu& cpu = CpuAt(i);
    cpu.hardirqs = NewContext("hardirq", cpu, nullptr);
    cpu.softirqs = NewContext("softirq", cpu, nullptr);
  }
}

void Kick(Task&) {}

void RunHardirq(Cpu& cpu, void (*entry)(int), int vector) {
  RunIn(cpu.hardirqs, "hardirq", cpu, [&] {
    __tsan_acquire(&cpu.irq_enable);
    entry(vector);
    __tsan_release(&cpu.irq_enable);
  });
}

void RunSoftirq(Cpu& cpu, void (*callback)(void*), void* argument, void* armed) {
  // It starts only where IRQs are on, and ends before the task goes on: an IRQs-off section of its CPU is before or
  // after it. A hardirq in between has to be kept out by the callback itself.
  RunIn(cpu.softirqs, "softirq", cpu, [&] {
    __tsan_acquire(armed);
    __tsan_acquire(&cpu.irq_enable);
    callback(argument);
    __tsan_release(&cpu.irq_enable);
  });
}

void TimerArmed(void* armed) { __tsan_release(armed); }
void IrqsWentOff(Cpu& cpu) { __tsan_acquire(&cpu.irq_enable); }
void IrqsGoOn(Cpu& cpu) { __tsan_release(&cpu.irq_enable); }

void SetStandstills(uint32_t one_in, uint64_t seed) {
  g_one_in = one_in;
  g_seed = seed;
}

void MaybeStandStill(Task& task) {
  if (g_one_in == 0 || task.engine_depth != 0 || task.context != engine::Context::kTask) return;
  const uint64_t random = NextRandom(task);
  if (random % g_one_in != 0) return;
  // 1 us to 0.5 ms, each octave as likely: shorter and longer than it takes to wake a thread (some 50 us).
  const auto ns = static_cast<long>((uint64_t{1000} << (random >> 16) % 10));
  if (ns < 30'000) {
    const uint64_t until = measure::MonotonicNs() + static_cast<uint64_t>(ns);
    while (measure::MonotonicNs() < until) {
    }
    return;
  }
  const timespec time = {0, ns};
  syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &time, nullptr);  // not seen by libtsan
}

void MaybeLetRun(Task& starter, const Task& started) {
  if (g_one_in == 0 || starter.engine_depth != 0 || NextRandom(starter) % 2 != 0) return;
  const uint64_t until = measure::MonotonicNs() + 500'000;
  const timespec time = {0, 10'000};
  while (measure::MonotonicNs() < until) {
    const TaskState state = started.state.load(std::memory_order_relaxed);
    if (state == TaskState::kParked || state == TaskState::kSleeping || state == TaskState::kEnded) return;
    syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &time, nullptr);
  }
}

void ProgramEnded() {
  for (int i = 0; i < Cpus(); ++i) __tsan_acquire(&CpuAt(i).irq_enable);
  for (int i = 0; i < Cpus(); ++i) __tsan_release(&CpuAt(i).irq_enable);
}

}  // namespace delivery
}  // namespace cfgtorture::native

namespace cfgtorture::engine {

void DevicePoint(uint64_t, bool) {
  native::Task* self = native::t_self;
  if (self == nullptr || self->engine_depth != 0 || self->cpu->work.load(std::memory_order_relaxed) == 0) return;
  native::RunPending(*self, native::PreemptsAnywhere());
}

}  // namespace cfgtorture::engine
