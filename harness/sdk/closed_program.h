/* harness/sdk/closed_program.h: a closed program in C or C++, as a plug-in of its own: litmus tests, locks, other
 * people's test programs. No part of cfgtorture is built again for it.
 *
 *   static void run(void) { start tasks, join them, assert what must hold }
 *   const struct cfgt_program cfgt_programs[] = {{"my-lock", "one line on what it does", run}, {0, 0, 0}};
 *
 * and in CMake
 *
 *   find_package(cfgtorture REQUIRED)
 *   cfgtorture_add_programs(mine my_lock.c)
 *
 * and then
 *
 *   cfgtorture explore --plugin libmine_instrumented.so --scenario my-lock
 *
 * Memory    atomics are C11's or the compiler's __atomic builtins. A volatile access is what READ_ONCE and WRITE_ONCE
 *           mean in the kernel: marked, so no race against another marked one, and ordering nothing; not even what
 *           its address or value is used for, see cfgt_dereference(). All else is plain, and races.
 * Spinning  a loop that waits for another task calls cfgt_cpu_relax() in each iteration.
 * Globals   are put back before each execution. Not seen, and refused by name when the object is loaded: pthreads,
 *           thread_local, C11 threads, stdio. Inline assembly is not seen either: spell barriers as __atomic fences.
 */
#ifndef CFGTORTURE_HARNESS_SDK_CLOSED_PROGRAM_H_
#define CFGTORTURE_HARNESS_SDK_CLOSED_PROGRAM_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cfgt_program {
  const char* name;
  const char* summary;
  void (*run)(void); /* in the init task, once an execution; tasks that it has not joined are, when it returns */
};
/* The program's own; ends with a null name. */
extern const struct cfgt_program cfgt_programs[];

typedef uint32_t cfgt_task;

/* Starts a task on virtual CPU `cpu` (-1: the next in turn). What the caller did before is visible to it; what it did
 * is visible to who has joined it. `name` is a literal. Task context; joining sleeps. */
cfgt_task cfgt_task_start(const char* name, int cpu, void (*entry)(void*), void* argument);
void cfgt_task_join(cfgt_task task);
cfgt_task cfgt_task_current(void);
int cfgt_cpu(void);

/* Ends an iteration of a spin loop: the task runs again once something that it read has changed. Any context. */
void cfgt_cpu_relax(void);

/* rcu_dereference() of a pointer: what is read through it comes after. The kernel orders that by the dependency alone;
 * here nobody sees which address was computed from what, and through a pointer that READ_ONCE has read, a plain access
 * is told as a race. So this is an acquire load, which orders more than the dependency would: a mistake that shows only
 * without that goes unseen. */
#define cfgt_dereference(pointer) __atomic_load_n(&(pointer), __ATOMIC_ACQUIRE)

/* Sleeps until a permit is there, and takes it; may return without one. Orders nothing, as unpark: the condition that
 * is waited for does. Park in a loop over it. Task context, interrupts and preemption on. */
void cfgt_park(void);
void cfgt_unpark(cfgt_task task);

void cfgt_preempt_disable(void); /* nests */
void cfgt_preempt_enable(void);

/* Interrupts of the current CPU; do not nest. A handler runs with them off, on any CPU where one is raised. */
void cfgt_irq_disable(void);
void cfgt_irq_enable(void);
void cfgt_irq_handler(void (*handler)(int vector)); /* of all vectors; before any is raised */
void cfgt_irq_raise(int cpu, int vector);

/* What the user wrote after the program's name: "4" of my-lock:4; "" if nothing. */
const char* cfgt_argument(void);

/* A finding: assertion. The execution goes on. `text` is a literal. */
void cfgt_fail(const char* text);
#define cfgt_assert(condition) ((condition) ? (void)0 : cfgt_fail(#condition))

#ifdef __cplusplus
}
#endif

#endif /* CFGTORTURE_HARNESS_SDK_CLOSED_PROGRAM_H_ */
