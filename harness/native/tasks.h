// harness/native/tasks.h: the program of a native worker, seen from the thread that watches over it.
#ifndef CFGTORTURE_HARNESS_NATIVE_TASKS_H_
#define CFGTORTURE_HARNESS_NATIVE_TASKS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/kernel/engine.h"
#include "harness/native/machine.h"

namespace cfgtorture::native {

struct MachineOptions {
  int cpus = 2;  // virtual; a task on CPU c is pinned to the c-th allowed one, modulo their number
  engine::Flavour flavour = engine::Flavour::kPreempt;
  double time_scale =
      1;  // the emulated clock runs so many times faster than the real one; sleeps are that much shorter
};

// Builds the machine of the process. Once, before anything else.
void BuildCpus(const MachineOptions& options);
int AllowedCpus();  // of this process: sched_getaffinity

// Starts `program(argument)` as the init task, on CPU 0. One program at a time; a later one reuses the task numbers.
void StartProgram(void (*program)(void*), void* argument);
// True once the program's init task has returned, or EndExecution() was called.
bool ProgramEnded();
// Waits for that, at most `timeout_ns`.
bool WaitForProgram(uint64_t timeout_ns);
// After ProgramEnded() without EndedBecause(): waits for the init task's thread and clears what the program left.
void JoinProgram();
// What EndExecution() was told, or null.
const char* EndedBecause();
// KeepGoing() answers false from now on, or true again.
void SetStop(bool stop);
// KeepGoing() does not return while this holds: all tasks stand still between two rounds, then all go on at once.
void SetPause(bool pause);
// Each virtual CPU moves to the next CPU of the host, with all its tasks.
void ShuffleCpus();

// How many tasks have been started. Slots are kept when a later program reuses them.
uint32_t TaskSlots();
Task* FindTask(engine::TaskId id);
Task& Self();  // fatal in a thread that is no task

// Does anybody move? Counts rounds, operations, sleeps and ends of tasks.
uint64_t TotalProgress();
// A task that sleeps for a time will go on by itself.
bool AnyTaskSleeps();
// One line a task: name, CPU, state, the call that it is in.
std::string DescribeTasks();

[[noreturn]] void Fatal(const char* what);  // a failure of the harness: one line on stderr, exit status 3

}  // namespace cfgtorture::native

#endif  // CFGTORTURE_HARNESS_NATIVE_TASKS_H_
