// harness/kernel/irq.h: interrupt descriptors. A handler's entry takes and drops its descriptor's raw lock, as
// request_irq() and free_irq() do, so what a driver set up before request_irq() is visible to its handler on any CPU
// (design 3).
#ifndef CFGTORTURE_HARNESS_KERNEL_IRQ_H_
#define CFGTORTURE_HARNESS_KERNEL_IRQ_H_

#include "harness/kernel/irqflags.h"

namespace cfgtorture {

using IrqHandler = void (*)(int vector, void* data);

// Under rt a handler runs in a thread of its own, woken by the hard half, unless it says that it must not (facts 7.1):
// interrupt-core, timer and irqchip code stays hard. Interrupts that come before the thread has run are one to it.
enum class IrqFlags { kThreadable, kNoThread };

inline constexpr int kIrqVectors = 256;  // 0 to 255, as on x86

// Task context. REQUIRES: the vector is free. `name`, a literal, is the thread's.
void request_irq(int vector, const char* name, IrqHandler handler, void* data, IrqFlags flags = IrqFlags::kThreadable);
// Waits until no handler of the vector runs any more, and ends its thread. Task context.
void free_irq(int vector);
// Makes the vector pending on `cpu`. Any context.
void raise_irq(int cpu, int vector);

// Makes the table of a program and tells the engine where interrupts enter. Called by StartKernel().
void MakeIrqTable();

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_IRQ_H_
