// harness/kernel/start.h: what must stand before a program's first task: the spin algorithm, run queues, interrupts.
#ifndef CFGTORTURE_HARNESS_KERNEL_START_H_
#define CFGTORTURE_HARNESS_KERNEL_START_H_

namespace cfgtorture {

// Called by the init task, once a program. `spin` names the algorithm of its spinning locks, "" the default.
// False if there is no such algorithm.
bool StartKernel(const char* spin);

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_START_H_
