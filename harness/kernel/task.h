// harness/kernel/task.h: task_struct, the run queues, schedule() and the wake-up with the locks that the kernel's
// takes.
//
// Lock order  pi_lock of the task, then the run queue's lock of its CPU; interrupts off (facts 7.2).
// Lifetime    a TaskStruct is made when its task first needs one and lives until the program ends: a waker may still
//             hold a pointer to a task that has returned.
#ifndef CFGTORTURE_HARNESS_KERNEL_TASK_H_
#define CFGTORTURE_HARNESS_KERNEL_TASK_H_

#include <atomic>
#include <cstdint>

#include "harness/kernel/engine.h"
#include "harness/kernel/raw_spinlock.h"

namespace cfgtorture {

enum class TaskState : uint32_t { kRunning = 0, kInterruptible = 1, kUninterruptible = 2 };

struct TaskStruct {
  TaskStruct(engine::TaskId id_in, int cpu_in) : id(id_in), cpu(cpu_in) {}
  const engine::TaskId id;
  const int cpu;  // tasks do not migrate
  std::atomic<TaskState> state{TaskState::kRunning};
  RawSpinlock pi_lock{"p->pi_lock"};
  TaskStruct* older = nullptr;  // of all that are to be freed (task.cc)
  // The monitor's (linked_entries.h).
  const void* linked_entries[4] = {};
  bool links_more = false;
};

// The running task; in an interrupt, the interrupted one.
TaskStruct* current();

// Starts a task on virtual CPU `cpu` (-1: the next in turn); waits for its end. Task context; joining sleeps.
inline engine::TaskId kthread_run(const char* name, int cpu, void (*function)(void*), void* argument) {
  return engine::StartTask(name, cpu, function, argument);
}
inline void kthread_join(engine::TaskId task) { engine::JoinTask(task); }

// Orders all before it against all after it, where release and acquire do not suffice: a store and a later load.
inline void smp_mb() { std::atomic_thread_fence(std::memory_order_seq_cst); }

// Full barrier after the store: pairs with the barrier of try_to_wake_up() (facts 7.2, lost wake-up rule). Two fences,
// because the condition on the other side of each is the caller's and may be relaxed.
inline void set_current_state(TaskState state) {
  current()->state.store(state, std::memory_order_relaxed);
  smp_mb();
}
inline void __set_current_state(TaskState state) { current()->state.store(state, std::memory_order_relaxed); }

// Gives the CPU up until the task's state is running again. Task context, nothing held. In atomic context, which is the
// kernel's "scheduling while atomic", it spins instead, for nobody else can run.
void schedule();
// Makes `task` run if it is not; true if it was not. Full barrier before it looks. What the caller did before is
// visible to the task when its schedule() returns. Any context (not hardirq under rt by way of a wait queue, whose lock
// sleeps there).
bool try_to_wake_up(TaskStruct& task);
inline bool wake_up_process(TaskStruct& task) { return try_to_wake_up(task); }

// What schedule() calls with the run queue's lock held and interrupts off when a task is about to be switched out: perf
// reading an uncore counter through PCI configuration space (cdcb33f98244). The wake-up takes that lock inside pi_lock,
// so pci_lock inside it closes the cycle that lockdep reported. Null for none.
using SchedulerHook = void (*)(void* argument);
void SetSchedulerHook(SchedulerHook hook, void* argument);

// A point that may sleep, whether or not it does. `what` is a literal.
inline void might_sleep(const char* what = "might_sleep") { observer::MightSleep(what); }

// The head of the list of all tasks that have slept.
TaskStruct* NewestTask();

// Frees the tasks and run queues of the last program, makes the run queues of this one. Called by StartKernel().
void MakeRunQueues();

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_TASK_H_
