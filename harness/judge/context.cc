#include "harness/judge/context.h"

namespace cfgtorture::judge {

const char* TextOf(ContextFault fault) {
  switch (fault) {
    case ContextFault::kNone:
      return "none";
    case ContextFault::kInvalidWait:
      return "invalid wait context";
    case ContextFault::kSleepInAtomic:
      return "sleeping function called from atomic context";
    case ContextFault::kIrqUnsafe:
      return "inconsistent lock state: taken in hardirq, and held with interrupts on";
  }
  return "?";
}

ContextFault CheckWait(const Situation& situation, WaitType wanted, WaitType tightest_held) {
  // Without RT a spinlock_t is a raw one: config counts as spin.
  auto effective = [&](WaitType type) { return !situation.rt && type == WaitType::kConfig ? WaitType::kSpin : type; };
  WaitType bound = WaitType::kSleep;
  if (situation.level == Level::kHardirq) bound = WaitType::kSpin;
  if (situation.level == Level::kSoftirq) bound = WaitType::kConfig;
  // Interrupts or preemption off forbid whatever may schedule, as a raw lock held does.
  if (situation.irqs_off || situation.preempt_off) bound = bound < WaitType::kSpin ? bound : WaitType::kSpin;
  if (effective(tightest_held) < bound) bound = effective(tightest_held);
  if (effective(wanted) <= effective(bound)) return ContextFault::kNone;
  return wanted == WaitType::kSleep && tightest_held == WaitType::kSleep ? ContextFault::kSleepInAtomic
                                                                         : ContextFault::kInvalidWait;
}

ContextFault CheckSleep(const Situation& situation, bool holds_spinning) {
  if (situation.level != Level::kTask || situation.irqs_off || situation.preempt_off || holds_spinning) {
    return ContextFault::kSleepInAtomic;
  }
  return ContextFault::kNone;
}

ContextFault IrqUsage::Acquired(ClassId lock_class, const Situation& situation, uint64_t site) {
  const uint64_t bit = uint64_t{1} << lock_class;
  const bool was_unsafe = (in_hardirq_ & with_irqs_on_ & bit) != 0;
  if (situation.level == Level::kHardirq) {
    if ((in_hardirq_ & bit) == 0) hardirq_sites_[lock_class] = site;
    in_hardirq_ |= bit;
  } else if (!situation.irqs_off) {
    if ((with_irqs_on_ & bit) == 0) irqs_on_sites_[lock_class] = site;
    with_irqs_on_ |= bit;
  }
  return !was_unsafe && (in_hardirq_ & with_irqs_on_ & bit) != 0 ? ContextFault::kIrqUnsafe : ContextFault::kNone;
}

}  // namespace cfgtorture::judge
