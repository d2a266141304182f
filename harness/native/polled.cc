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
#include <unistd.h>

#include <cstdio>

#include "harness/measure/tsc.h"
#include "harness/native/delivery.h"

namespace cfgtorture::native::delivery {
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

void* NewFiber(const char* context, int cpu) {
  void* fiber = __tsan_create_fiber(0);
  char name[32];
  std::snprintf(name, sizeof name, "CPU%d %s", cpu, context);
  __tsan_set_fiber_name(fiber, name);
  return fiber;
}

}  // namespace

void Start() {
  // Creation costs 382 us with g++'s libtsan: once a CPU, not once an interrupt.
  for (int i = 0; i < Cpus(); ++i) {
    CpuAt(i).hardirq_fiber = NewFiber("hardirq", i);
    CpuAt(i).softirq_fiber = NewFiber("softirq", i);
  }
}

void Kick(Task&) {}

void RunHardirq(Cpu& cpu, void (*entry)(int), int vector) {
  void* interrupted = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(cpu.hardirq_fiber, __tsan_switch_to_fiber_no_sync);
  __tsan_acquire(&cpu.irq_enable);
  entry(vector);
  __tsan_release(&cpu.irq_enable);
  __tsan_switch_to_fiber(interrupted, __tsan_switch_to_fiber_no_sync);
}

void RunSoftirq(Cpu& cpu, void (*callback)(void*), void* argument, void* armed) {
  void* interrupted = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(cpu.softirq_fiber, __tsan_switch_to_fiber_no_sync);
  // It starts only where IRQs are on, and ends before the task goes on: an IRQs-off section of its CPU is before or
  // after it. A hardirq in between has to be kept out by the callback itself.
  __tsan_acquire(armed);
  __tsan_acquire(&cpu.irq_enable);
  callback(argument);
  __tsan_release(&cpu.irq_enable);
  __tsan_switch_to_fiber(interrupted, __tsan_switch_to_fiber_no_sync);
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

}  // namespace cfgtorture::native::delivery

namespace cfgtorture::engine {

void DevicePoint(uint64_t, bool) {
  native::Task* self = native::t_self;
  if (self == nullptr || self->engine_depth != 0 || self->cpu->work.load(std::memory_order_relaxed) == 0) return;
  native::RunPending(*self, native::PreemptsAnywhere());
}

}  // namespace cfgtorture::engine
