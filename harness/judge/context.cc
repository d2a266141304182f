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

ContextFault CheckEnd(const Situation& situation) {
  return situation.level == Level::kTask ? CheckSleep(situation, /*holds_spinning=*/false) : ContextFault::kNone;
}

}  // namespace cfgtorture::judge
