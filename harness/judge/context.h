// harness/judge/context.h: may this lock be taken, this call sleep, here? lockdep's wait types (facts 7.1); its rules
// about interrupts are irq_usage.h's.
//
// Pure: each function is told the situation and answers with a complaint or none.
//
// Cost        a few comparisons; the tightest type held is the caller's to find.
// Misses      what no run did.
// Cries wolf  nowhere known.
// Source      Documentation/locking/locktypes.rst, lockdep-design.rst; wait types include/linux/lockdep_types.h, v6.12.
#ifndef CFGTORTURE_HARNESS_JUDGE_CONTEXT_H_
#define CFGTORTURE_HARNESS_JUDGE_CONTEXT_H_

#include <cstdint>

namespace cfgtorture::judge {

enum class WaitType : uint8_t { kFree, kSpin, kConfig, kSleep };  // tight to loose, as observer.h's
enum class Level : uint8_t { kTask, kSoftirq, kHardirq };

struct Situation {
  Level level = Level::kTask;
  bool rt = false;  // a spinlock_t sleeps, and differs from a raw one
  bool irqs_off = false;
  bool preempt_off = false;  // preempt_count() > 0
};

enum class ContextFault : uint8_t {
  kNone,
  kInvalidWait,    // [ BUG: Invalid wait context ]
  kSleepInAtomic,  // BUG: sleeping function called from invalid context
};
const char* TextOf(ContextFault fault);

// Waiting for a lock of type `wanted` while holding locks whose tightest type is `tightest_held` (kSleep if none).
ContextFault CheckWait(const Situation& situation, WaitType wanted, WaitType tightest_held);
// A call that may sleep. `holds_spinning`: a lock that forbids it is held.
ContextFault CheckSleep(const Situation& situation, bool holds_spinning);
// The end of a context that holds no lock. A task's do_exit() sleeps (kernel/exit.c, v6.12: WARN_ON(irqs_disabled()),
// then "BUG: scheduling while atomic"); an interrupt returns to whatever it interrupted.
ContextFault CheckEnd(const Situation& situation);

}  // namespace cfgtorture::judge

#endif  // CFGTORTURE_HARNESS_JUDGE_CONTEXT_H_
