// harness/kernel/irqflags.h: interrupts of the current CPU, off and on. Nesting is kept by the caller, as in the
// kernel: local_irq_save() returns what local_irq_restore() needs.
#ifndef CFGTORTURE_HARNESS_KERNEL_IRQFLAGS_H_
#define CFGTORTURE_HARNESS_KERNEL_IRQFLAGS_H_

#include "harness/kernel/engine.h"

namespace cfgtorture {

// 1 if interrupts were off already. Any context.
inline unsigned long local_irq_save() {
  if (engine::IrqsOff()) return 1;
  engine::IrqDisable();
  return 0;
}
inline void local_irq_restore(unsigned long flags) {
  if (flags == 0) engine::IrqEnable();
}
inline void local_irq_disable() { engine::IrqDisable(); }
inline void local_irq_enable() { engine::IrqEnable(); }
inline bool irqs_disabled() { return engine::IrqsOff(); }
inline bool in_hardirq() { return engine::CurrentContext() == engine::Context::kHardirq; }

// Where sleeping is a bug: interrupts or preemption off (a raw lock held), softirq, hardirq.
inline bool in_atomic() {
  return engine::CurrentContext() != engine::Context::kTask || engine::PreemptCount() > 0 || engine::IrqsOff();
}

inline void preempt_disable() { engine::PreemptDisable(); }
inline void preempt_enable() { engine::PreemptEnable(); }

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_IRQFLAGS_H_
