// harness/kernel/fake_engine_test.h: an engine of one thread, which says what it was asked and plays others' part.
//
// What cannot be seen on one thread (schedules, races) is the model's: workloads/probes and workloads/scenarios.
#ifndef CFGTORTURE_HARNESS_KERNEL_FAKE_ENGINE_TEST_H_
#define CFGTORTURE_HARNESS_KERNEL_FAKE_ENGINE_TEST_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/kernel/engine.h"
#include "harness/kernel/observer.h"

namespace cfgtorture::fake {

struct State {
  engine::TaskId task = 0;
  engine::Context context = engine::Context::kTask;
  engine::Flavour flavour = engine::Flavour::kPreempt;
  int cpu = 0;
  bool irqs_off = false;
  int preempt_count = 0;
  std::map<engine::TaskId, void*> task_data;
  void (*irq_entry)(int vector) = nullptr;

  // Runs when the code under test waits: parks, relaxes. Must make what it waits for come true, or throws.
  std::function<void()> others;

  std::vector<std::string> calls;       // what the engine was asked and the observers were told, in order
  std::vector<std::string> violations;  // hazard name and text
  std::vector<std::string> may_sleep;   // what has said that it may
};
State& Get();
void Reset();

// The calls since the last Take(), joined by blanks.
std::string Take();

// Runs `body` as another task, or as a hardirq on the current CPU, then goes back.
void AsTask(engine::TaskId task, const std::function<void()>& body);
void AsHardirq(const std::function<void()>& body);

}  // namespace cfgtorture::fake

#endif  // CFGTORTURE_HARNESS_KERNEL_FAKE_ENGINE_TEST_H_
