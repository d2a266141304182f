#include "harness/kernel/task.h"

#include "harness/kernel/time.h"

namespace cfgtorture {
namespace {

struct RunQueue {
  RawSpinlock lock{"rq->lock"};
};

RunQueue* run_queues = nullptr;  // one a CPU
TaskStruct* newest_task = nullptr;
SchedulerHook scheduler_hook = nullptr;
void* scheduler_hook_argument = nullptr;

// Who is to be freed is no business of the program's, so it is kept out of its schedules and its orderings.
__attribute__((no_sanitize("thread"), noinline)) void Remember(TaskStruct* task) {
  task->older = __atomic_load_n(&newest_task, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(&newest_task, &task->older, task, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
  }
}

__attribute__((no_sanitize("thread"), noinline)) void FreeTasks() {
  for (TaskStruct* task = newest_task; task != nullptr;) {
    TaskStruct* const older = task->older;
    delete task;
    task = older;
  }
  newest_task = nullptr;
}

}  // namespace

__attribute__((no_sanitize("thread"), noinline)) TaskStruct* NewestTask() {
  return __atomic_load_n(&newest_task, __ATOMIC_ACQUIRE);
}

void MakeRunQueues() {
  FreeTasks();
  engine::SetTaskData(nullptr);
  delete[] run_queues;
  run_queues = new RunQueue[static_cast<size_t>(engine::CpuCount())];
}

void SetSchedulerHook(SchedulerHook hook, void* argument) {
  scheduler_hook_argument = argument;
  scheduler_hook = hook;
}

TaskStruct* current() {
  auto* task = static_cast<TaskStruct*>(engine::TaskData());
  if (task == nullptr) {
    task = new TaskStruct(engine::CurrentTask(), engine::CurrentCpu());
    Remember(task);
    engine::SetTaskData(task);
  }
  return task;
}

// Where perf reads: in the context switch, under the run queue's lock. The report speaks of pi_lock (C6, facts 2.4),
// which perf does not take: what lockdep saw is that the wake-up takes the run queue's lock inside pi_lock. A hook
// inside try_to_wake_up() would be the waker's read of a register, and under v3.3 it would wait for the pci_lock that
// the waker itself holds: another bug than the one reported.
void schedule() {
  observer::MightSleep("schedule");
  TaskStruct& task = *current();
  if (in_atomic()) {
    observer::Violation(Hazard::kContext, "scheduling while atomic");
    smp_cond_load_acquire(task.state, [](TaskState state) { return state == TaskState::kRunning; });
    return;
  }
  RunQueue& queue = run_queues[task.cpu];
  const unsigned long flags = queue.lock.lock_irqsave();
  // Woken already: nobody is switched out, so nothing is counted.
  if (scheduler_hook != nullptr && task.state.load(std::memory_order_relaxed) != TaskState::kRunning) {
    scheduler_hook(scheduler_hook_argument);
  }
  queue.lock.unlock_irqrestore(flags);
  while (task.state.load(std::memory_order_acquire) != TaskState::kRunning) {
    // Nobody woke it: the judge asks what its condition says, so it looks again.
    if (engine::Park()) task.state.store(TaskState::kRunning, std::memory_order_relaxed);
  }
}

bool try_to_wake_up(TaskStruct& task) {
  if (!observer::Wakes()) return false;
  const unsigned long flags = task.pi_lock.lock_irqsave();
  smp_mb();  // between the waker's store of the condition and this look: smp_mb__after_spinlock()
  if (task.state.load(std::memory_order_relaxed) == TaskState::kRunning) {
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
