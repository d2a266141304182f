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
  // Is there nothing to be learnt from a class taken in hardirq, or elsewhere with interrupts on?
  bool Knows(ClassId lock_class, bool hardirq) const {
    return ((hardirq ? in_hardirq_ : with_irqs_on_) >> lock_class & 1) != 0;
  }
  // `lock_class` was taken. kIrqUnsafe the first time that both usages are known.
  ContextFault Acquired(ClassId lock_class, const Situation& situation, uint64_t site);
  // Where each usage was first seen; meaningless if it was not.
  uint64_t hardirq_site(ClassId lock_class) const { return hardirq_sites_[lock_class]; }
  uint64_t irqs_on_site(ClassId lock_class) const { return irqs_on_sites_[lock_class]; }
  void Forget() { in_hardirq_ = with_irqs_on_ = 0; }  // a new execution

 private:
  uint64_t in_hardirq_ = 0, with_irqs_on_ = 0;  // sets of classes
  std::array<uint64_t, kMaxClasses> hardirq_sites_{}, irqs_on_sites_{};
};

}  // namespace cfgtorture::judge

#endif  // CFGTORTURE_HARNESS_JUDGE_CONTEXT_H_
