// harness/judge/context.h: may this lock be taken, this call sleep, here? lockdep's wait types and IRQ rules
// (facts 7.1).
//
// Pure: each function is told the situation and answers with a complaint or none.
//
// Cost        one pass over the held locks a new lock; the IRQ rules two bits a class.
// Misses      what no run did.
// Cries wolf  nowhere known.
// Source      Documentation/locking/locktypes.rst, lockdep-design.rst; wait types include/linux/lockdep_types.h, v6.12.
#ifndef CFGTORTURE_HARNESS_JUDGE_CONTEXT_H_
#define CFGTORTURE_HARNESS_JUDGE_CONTEXT_H_

#include <array>
#include <cstdint>

#include "harness/judge/lock_order.h"

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
  kIrqUnsafe,      // taken in hardirq, and held elsewhere with interrupts on
};
const char* TextOf(ContextFault fault);

// Waiting for a lock of type `wanted` while holding locks whose tightest type is `tightest_held` (kSleep if none).
ContextFault CheckWait(const Situation& situation, WaitType wanted, WaitType tightest_held);
// A call that may sleep. `holds_spinning`: a lock that forbids it is held.
ContextFault CheckSleep(const Situation& situation, bool holds_spinning);

// Whether classes are taken in hardirq, and whether they are held with interrupts on: not both.
class IrqUsage {
 public:
  struct Usage {
    bool in_hardirq = false, with_irqs_on = false;
    uint64_t hardirq_site = 0, irqs_on_site = 0;
  };
  // `lock_class` was taken. kIrqUnsafe the first time that both usages are known.
  ContextFault Acquired(ClassId lock_class, const Situation& situation, uint64_t site);
  const Usage& usage(ClassId lock_class) const { return usages_[lock_class]; }
  void Forget();  // a new execution

 private:
  std::array<Usage, kMaxClasses> usages_{};
  uint64_t touched_ = 0;
};

}  // namespace cfgtorture::judge

#endif  // CFGTORTURE_HARNESS_JUDGE_CONTEXT_H_
