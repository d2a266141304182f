// Code under test of native_test.cc: loops that an interrupt has to get into, and races that libtsan has to see or not.
// Built three ways by cfgt_add_code, as all code under test.
#include <cstddef>
#include <cstring>

#include "harness/kernel/engine.h"

namespace engine = cfgtorture::engine;

namespace {

volatile int g_stop = 0;  // volatile only keeps the loop below from being taken for endless
uint64_t g_handled = 0;
uint64_t g_shared = 0;
uint64_t g_counter = 0;
uint64_t g_word = 0;
char g_block[64];

// Writes a variable on the stack, as whoever compares and exchanges does: what it expects has an address.
void WriteToTheStack() {
  uint64_t expected = 0;
  __atomic_compare_exchange_n(&g_word, &expected, 0, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}
// Deep enough that it lies where a handler that ran here before would have had its frames.
__attribute__((noinline)) void WriteDeepInTheStack(int depth) {
  WriteToTheStack();
  if (depth > 0) WriteDeepInTheStack(depth - 1);
}
void HandlerThatUsesItsStack(int) { WriteDeepInTheStack(100); }

}  // namespace

extern "C" {

// Runs until the handler below has interrupted it: no call and no atomic inside. Returns false after `limit` turns.
CFGT_EXPORT bool test_loop_without_calls(uint64_t limit) {
  while (g_stop == 0) {
    if (--limit == 0) return false;
  }
  return true;
}
CFGT_EXPORT void test_stop_handler(int) { g_stop = 1; }
CFGT_EXPORT void test_clear_stop() { g_stop = 0; }

CFGT_EXPORT void test_increment_handler(int) {
  ++g_shared;
  ++g_handled;
}
CFGT_EXPORT uint64_t test_handled() {
  engine::IrqDisable();
  const uint64_t handled = g_handled;
  engine::IrqEnable();
  return handled;
}

// A handler with variables of its own runs in the middle of a task that has such too, IRQs on.
CFGT_EXPORT void test_stacks_of_task_and_handler(uint64_t rounds) {
  engine::SetIrqEntry(HandlerThatUsesItsStack);
  for (uint64_t i = 0; i < rounds; ++i) {
    engine::RaiseIrq(engine::CurrentCpu(), 5);
    engine::Relax();
    WriteDeepInTheStack(100);
  }
}
// A task and a handler of its CPU increment one plain variable; with `irqs_off`, the task masks interrupts meanwhile.
CFGT_EXPORT void test_task_against_handler(bool irqs_off, uint64_t rounds) {
  engine::SetIrqEntry(test_increment_handler);
  const int cpu = engine::CurrentCpu();
  for (uint64_t i = 0; i < rounds; ++i) {
    engine::RaiseIrq(cpu, 5);
    engine::Relax();
    if (irqs_off) engine::IrqDisable();
    ++g_shared;
    if (irqs_off) engine::IrqEnable();
  }
}
// Two tasks, one memory function.
CFGT_EXPORT void test_fill(int value, size_t bytes) { std::memset(g_block, value, bytes); }

CFGT_EXPORT void test_plain_write() { ++g_counter; }
CFGT_EXPORT void test_atomic_write() { __atomic_fetch_add(&g_counter, 1, __ATOMIC_RELAXED); }
CFGT_EXPORT void test_volatile_write() {
  volatile uint64_t* counter = &g_counter;
  *counter = *counter + 1;
}
// An entry point for a timer: counts in softirq context.
CFGT_EXPORT void test_count(void* counter) { ++*static_cast<uint64_t*>(counter); }

}  // extern "C"
