// harness/kernel/task.h: task_struct, the run queues, schedule() and the wake-up with the locks that the kernel's takes.
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
};

// The running task; in an interrupt, the interrupted one.
TaskStruct* current();

// Full barrier after the store: pairs with the barrier of try_to_wake_up() (facts 7.2, lost wake-up rule).
inline void set_current_state(TaskState state) { current()->state.store(state, std::memory_order_seq_cst); }
inline void __set_current_state(TaskState state) { current()->state.store(state, std::memory_order_relaxed); }

// Gives the CPU up until the task's state is running again. Task context, nothing held.
void schedule();
// Makes `task` run if it is not; true if it was not. Full barrier before it looks. Any context (not hardirq under rt by
// way of a wait queue, whose lock sleeps there).
bool try_to_wake_up(TaskStruct& task);

// What schedule() calls with the run queue's lock held and interrupts off when a task is about to be switched out: perf
// reading an uncore counter through PCI configuration space (cdcb33f98244). The wake-up takes that lock inside pi_lock,
// so pci_lock inside it closes the cycle that lockdep reported. Null for none.
using SchedulerHook = void (*)(void* argument);
void SetSchedulerHook(SchedulerHook hook, void* argument);

// A point that may sleep, whether or not it does.
void might_sleep();

// Makes the run queues of a program. Called by StartKernel().
void MakeRunQueues();

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_TASK_H_
