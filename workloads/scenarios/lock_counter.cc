// workloads/scenarios/lock_counter.cc: T tasks acquire one spin lock N times each and add to a plain counter.
//
// Result: clean under every algorithm. The yardstick of the engines' speed: no machine, no strategy, no interrupts.
//
// lock-counter:ALGORITHM[:TxN], 3x2 unless given.
#include <array>

#include "harness/kernel/engine.h"
#include "harness/kernel/observer.h"
#include "harness/kernel/spinlock.h"
#include "harness/sdk/registry.h"

namespace cfgtorture {
namespace {

constexpr unsigned kMostTasks = 16, kMostRounds = 100'000'000;

struct Counter {
  explicit Counter(SpinAlgorithm algorithm) : lock("counter_lock", algorithm) {}
  RawSpinlock lock;
  unsigned long value = 0;  // guarded by lock
  unsigned long rounds = 2;
};

struct Shape {
  SpinAlgorithm algorithm = SpinAlgorithm::kTicket;
  unsigned tasks = 3;
  unsigned rounds = 2;
};

// Kept out of the instrumentation: it is no part of what is explored, and runs once an execution.
__attribute__((no_sanitize("thread"), noinline)) Shape ShapeOf(const char* argument) {
  Shape shape;
  const char* end = argument;
  while (*end != '\0' && *end != ':') ++end;
  if (end != argument && !FindSpinAlgorithm(argument, static_cast<unsigned>(end - argument), &shape.algorithm)) {
    engine::EndExecution("no such spin algorithm; expected ALGORITHM[:TxN], as ticket:3x2");
  }
  if (*end == '\0') return shape;
  unsigned parts[2] = {0, 0};
  unsigned part = 0;
  for (const char* at = end + 1; *at != '\0'; ++at) {
    if (*at == 'x' && part == 0) {
      part = 1;
    } else if (*at >= '0' && *at <= '9' && parts[part] <= kMostRounds) {
      parts[part] = parts[part] * 10 + static_cast<unsigned>(*at - '0');
    } else {
      parts[part] = 0;
      break;
    }
  }
  if (parts[0] < 1 || parts[0] > kMostTasks || parts[1] < 1 || parts[1] > kMostRounds) {
    engine::EndExecution("expected 1 to 16 tasks by 1 to 100000000 acquisitions, as ticket:3x2");
  }
  shape.tasks = parts[0];
  shape.rounds = parts[1];
  return shape;
}

void Acquire(void* argument) {
  Counter& counter = *static_cast<Counter*>(argument);
  const unsigned long rounds = counter.rounds;
  for (unsigned long round = 0; round < rounds; ++round) {
    counter.lock.lock();
    ++counter.value;
    counter.lock.unlock();
  }
}

void LockCounter(const ProgramParams& params) {
  const Shape shape = ShapeOf(params.argument);
  Counter counter(shape.algorithm);
  counter.rounds = shape.rounds;
  std::array<engine::TaskId, kMostTasks> tasks;
  for (unsigned i = 0; i < shape.tasks; ++i) tasks[i] = engine::StartTask("acquires", -1, Acquire, &counter);
  engine::JoinTasks(tasks.data(), shape.tasks);
  if (counter.value != (unsigned long){shape.tasks} * shape.rounds) {
    observer::Violation(Hazard::kAssertion, "the counter is not tasks x rounds");
  }
}

const ProgramRegistration kLockCounter{{
    .kind = ProgramKind::kScenario,
    .name = "lock-counter",
    .summary = "ALGORITHM[:TxN]: T tasks, N acquisitions each of one spin lock over a plain counter",
    .hazards = "data-race,deadlock,assertion",
    .needs_strategy = false,
    .tag = Tag::kConstructed,
    .run = LockCounter,
}};

}  // namespace
}  // namespace cfgtorture
