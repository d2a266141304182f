// harness/kernel/irq.h: interrupt descriptors. A handler's entry takes and drops its descriptor's raw lock, as
// request_irq() and free_irq() do, so what a driver set up before request_irq() is visible to its handler on any CPU
// (design 3).
#ifndef CFGTORTURE_HARNESS_KERNEL_IRQ_H_
#define CFGTORTURE_HARNESS_KERNEL_IRQ_H_

#include "harness/kernel/irqflags.h"

namespace cfgtorture {

using IrqHandler = void (*)(int vector, void* data);

inline constexpr int kIrqVectors = 64;  // vectors are told apart by their low six bits

// Task context. REQUIRES: the vector is free.
void request_irq(int vector, const char* name, IrqHandler handler, void* data);
// Waits until no handler of the vector runs any more. Task context.
void free_irq(int vector);
// Makes the vector pending on `cpu`. Any context.
void raise_irq(int cpu, int vector);

// Makes the table of a program and tells the engine where interrupts enter. Called by StartKernel().
void MakeIrqTable();

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_IRQ_H_
