#include "harness/kernel/task.h"

#include <memory>

namespace cfgtorture {
namespace {

struct RunQueue {
  RawSpinlock lock{"rq->lock"};
};

RunQueue* run_queues = nullptr;  // one a CPU; made anew for every program, never freed
SchedulerHook scheduler_hook = nullptr;
void* scheduler_hook_argument = nullptr;

}  // namespace

void MakeRunQueues() { run_queues = new RunQueue[static_cast<size_t>(engine::CpuCount())]; }

void SetSchedulerHook(SchedulerHook hook, void* argument) {
  scheduler_hook_argument = argument;
  scheduler_hook = hook;
}

TaskStruct* current() {
  auto* task = static_cast<TaskStruct*>(engine::TaskData());
  if (task == nullptr) {
    task = new TaskStruct(engine::CurrentTask(), engine::CurrentCpu());
    engine::SetTaskData(task);
  }
  return task;
}

void might_sleep() { observer::MightSleep("might_sleep"); }

void schedule() {
  observer::MightSleep("schedule");
  TaskStruct& task = *current();
  RunQueue& queue = run_queues[task.cpu];
  const unsigned long flags = queue.lock.lock_irqsave();
  // Woken already: nobody is switched out, so nothing is counted.
  if (task.state.load(std::memory_order_acquire) != TaskState::kRunning && scheduler_hook != nullptr) {
    scheduler_hook(scheduler_hook_argument);
  }
  queue.lock.unlock_irqrestore(flags);
  while (task.state.load(std::memory_order_acquire) != TaskState::kRunning) {
    if (engine::Park()) task.state.store(TaskState::kRunning, std::memory_order_relaxed);  // the judge asks: look again
  }
}

bool try_to_wake_up(TaskStruct& task) {
  const unsigned long flags = task.pi_lock.lock_irqsave();
  // A read-modify-write, because a full barrier must lie between the waker's store of the condition and this look.
  TaskState state = TaskState::kRunning;
  const bool runs = task.state.compare_exchange_strong(state, TaskState::kRunning, std::memory_order_seq_cst);
  if (runs) {
    task.pi_lock.unlock_irqrestore(flags);
    return false;
  }
  RunQueue& queue = run_queues[task.cpu];
  queue.lock.lock();
  task.state.store(TaskState::kRunning, std::memory_order_release);
  engine::Unpark(task.id);
  queue.lock.unlock();
  task.pi_lock.unlock_irqrestore(flags);
  return true;
}

}  // namespace cfgtorture
