// harness/kernel/engine.h: what the kernel's words need from whoever runs them.
//
// Implemented twice, chosen at link time: harness/native (threads, futexes, signals) and harness/model (fibers on
// virtual CPUs, every choice explored). The code under test reaches both through the dynamic linker, so nothing above
// this line knows which engine it runs on.
//
// Contexts: a *context* is what runs: a task, or one CPU's softirq or hardirq. Each function says where it is legal.
// Memory: no function orders the caller's plain accesses unless it says so. What orders a wake-up are the kernel
// words' own atomics, so that a detector sees exactly the ordering that the code under test has paid for.
#ifndef CFGTORTURE_HARNESS_KERNEL_ENGINE_H_
#define CFGTORTURE_HARNESS_KERNEL_ENGINE_H_

#include <cstddef>
#include <cstdint>

#define CFGT_EXPORT __attribute__((visibility("default")))

namespace cfgtorture::engine {

using TaskId = uint32_t;  // dense from 0 (the init task, which runs the program); not reused within an execution

enum class Context : uint8_t { kTask, kSoftirq, kHardirq };

// Preemption model of the emulated kernel, a parameter of the cell (design 3).
enum class Flavour : uint8_t { kVoluntary, kPreempt, kRt };

// ---- Tasks ---------------------------------------------------------------------------------------------------------

// Starts a task on virtual CPU `cpu` (-1: the next CPU in turn). `name` must outlive the execution. What the caller did
// before is visible to the task. Task context.
CFGT_EXPORT TaskId StartTask(const char* name, int cpu, void (*entry)(void*), void* argument);

// Waits for the end of all of `tasks`; what they did is visible to the caller, who is not woken before the last has
// ended. Task context, sleeps.
CFGT_EXPORT void JoinTasks(const TaskId* tasks, uint32_t count);
inline void JoinTask(TaskId task) { JoinTasks(&task, 1); }

// The running task; in an interrupt, the interrupted one. Any context.
CFGT_EXPORT TaskId CurrentTask();
CFGT_EXPORT Context CurrentContext();
CFGT_EXPORT int CurrentCpu();
CFGT_EXPORT int CpuCount();

// One pointer a task, for the kernel's task_struct (task.h). Null at the start of a task. Any context.
CFGT_EXPORT void* TaskData();
CFGT_EXPORT void SetTaskData(void* data);

CFGT_EXPORT Flavour CurrentFlavour();

// ---- Blocking ------------------------------------------------------------------------------------------------------

// Blocks until a permit is there and takes it; may also return without one. At most one permit is kept. Orders nothing.
// Returns true if nobody woke the task but the engine: everybody is stuck, and the lost-wakeup judge asks whether this
// task's condition holds. schedule() then returns as if woken (always false natively).
// Task context, IRQs on, preemption on.
CFGT_EXPORT bool Park();
// Gives `task` its permit. Orders nothing. Any context.
CFGT_EXPORT void Unpark(TaskId task);

// ---- Preemption and spinning ---------------------------------------------------------------------------------------

CFGT_EXPORT void PreemptDisable();  // nests
CFGT_EXPORT void PreemptEnable();
CFGT_EXPORT int PreemptCount();  // of the current CPU
// Ends an iteration of a spin loop (design 3, "Spinning, one rule"). Any context.
CFGT_EXPORT void Relax();

// ---- Interrupts of the current CPU ----------------------------------------------------------------------------------
// "IRQs enabled on CPU c" is a lock that a handler on c holds while it runs: disabling acquires it, enabling releases
// it, and that is also the happens-before between a handler and an IRQs-off section of its CPU.

CFGT_EXPORT void IrqDisable();  // does not nest: callers keep the old state (irq.h)
CFGT_EXPORT void IrqEnable();
CFGT_EXPORT bool IrqsOff();  // true inside a hardirq handler too
// The code under test's first function in hardirq context; set once, at the start of a program.
CFGT_EXPORT void SetIrqEntry(void (*entry)(int vector));
// Makes `vector` pending on `cpu`; pending vectors merge, as in a request register. Orders nothing. Any context.
CFGT_EXPORT void RaiseIrq(int cpu, int vector);

// ---- Time ----------------------------------------------------------------------------------------------------------
// Nanoseconds of the engine's clock. Model: the explore clock, which only an explorable step moves. Native: real time
// multiplied by --time-scale, so that sleeps and timers are over that much sooner and the clock agrees with them; a
// DelayNs is a latency of hardware, and takes its real time.

CFGT_EXPORT uint64_t NowNs();
CFGT_EXPORT void SleepNs(uint64_t ns);  // task context, sleeps
CFGT_EXPORT void DelayNs(uint64_t ns);  // busy wait; any context
// Runs callback(argument) in softirq context of the arming CPU after `after_ns`. What the caller did before is visible
// to it. Any context.
CFGT_EXPORT void ArmTimer(uint64_t after_ns, void (*callback)(void*), void* argument);

// ---- Program and hardware ------------------------------------------------------------------------------------------

// Should the calling task begin another round of its loop? Native: until the cell's time is over. Model: as many rounds
// as the cell's --ops says. Task context.
CFGT_EXPORT bool KeepGoing();

// Called by emulated hardware before every register access: a scheduling point of the model, where `location` counts as
// read (a polled register that a spin loop may wait for). Does nothing natively. Any context.
CFGT_EXPORT void DevicePoint(uint64_t location, bool is_write);
// A register's value became another one: lets who spun on it run again.
CFGT_EXPORT void DeviceChanged(uint64_t location);

// True while an execution is recorded for a person: then, and only then, Note() adds a row to the drawn schedule, in
// the column of the current context ("read PCI_COMMAND -> 0x0002"). Any context.
CFGT_EXPORT bool Recording();
CFGT_EXPORT void Note(const char* text);

// Stops this execution after a finding that makes going on meaningless (model), or the process (native).
[[noreturn]] CFGT_EXPORT void EndExecution(const char* why);

}  // namespace cfgtorture::engine

#endif  // CFGTORTURE_HARNESS_KERNEL_ENGINE_H_
