// harness/judge/irq_usage.h: which classes interrupts take, and which are held while interrupts may come: not both, and
// none of the second kind inside one of the first. lockdep's usage bits and its two IRQ rules (facts 7.1).
//
// *Safe* is a class that is taken in an interrupt of that level, *unsafe* one that is held while one may come.
//   inconsistent  one class is both: whoever holds it can be interrupted by a handler that waits for it.
//   inversion     an unsafe class is waited for inside a safe one, over any number of edges: its holder is interrupted
//                 by a handler that waits for the safe one, whose holder waits for the unsafe one.
// Softirqs count as on where interrupts are on and no softirq runs, as lockdep marks it; under rt they run in threads,
// which may sleep, and are no level.
//
// Pure: facts in, complaints out; calls are serialised by the caller.
//
// Cost        a known use is one bit. A new use, and a new edge of the order, look at each safe class.
// Misses      what no run did. A trylock is told of only where it would make a class unsafe: it waits for nobody.
// Cries wolf  nowhere known.
// Source      Documentation/locking/lockdep-design.rst; mark_usage(), check_irq_usage() of kernel/locking/lockdep.c,
//             v6.12.
#ifndef CFGTORTURE_HARNESS_JUDGE_IRQ_USAGE_H_
#define CFGTORTURE_HARNESS_JUDGE_IRQ_USAGE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "harness/judge/context.h"
#include "harness/judge/lock_order.h"

namespace cfgtorture::judge {

class IrqUsage {
 public:
  enum IrqLevel : uint8_t { kHardirqs, kSoftirqs };
  static constexpr unsigned kLevels = 2;

  // Is there nothing to be learnt from that class being taken, or held, in such a place?
  bool Knows(ClassId lock_class, const Situation& situation, bool shared) const {
    const PlaceKind where = Where(situation);
    return where == kElsewhere || (known_[shared][where] >> lock_class & 1) != 0;
  }
  // It was taken there, or interrupts came on there while it was held. The level at which it is both safe and unsafe,
  // the first time that both are known.
  std::optional<IrqLevel> Used(ClassId lock_class, const Situation& situation, bool shared, const Place& place);

  struct Inversion {
    IrqLevel level;
    ClassId safe, unsafe;
    LockOrder::Path path;  // from the one to the other
  };
  // Is any class safe at all? If not, there is no inversion.
  bool any_safe() const {
    return (safe_[kHardirqs][0] | safe_[kHardirqs][1] | safe_[kSoftirqs][0] | safe_[kSoftirqs][1]) != 0;
  }
  // One that has not been told of yet. Not those of classes that are inconsistent, nor one that has another within it.
  std::optional<Inversion> FindInversion(const LockOrder& order);

  // Where each use was first seen; meaningless if it was not.
  const Place& safe_place(IrqLevel level, ClassId lock_class) const { return safe_places_[level][lock_class]; }
  const Place& unsafe_place(IrqLevel level, ClassId lock_class) const { return unsafe_places_[level][lock_class]; }
  // As lockdep prints it, "-.-.": hardirq, hardirq shared, softirq, softirq shared; '-' safe, '+' unsafe, '?' both,
  // '.' neither.
  std::string Text(ClassId lock_class) const;

  void Forget() {  // a new execution
    if (learnt_) ForgetAll();
  }

 private:
  enum PlaceKind : uint8_t { kElsewhere, kTaskOn, kSoftirqOn, kSoftirqOff, kHardirq };
  static PlaceKind Where(const Situation& situation) {
    if (situation.level == Level::kHardirq) return kHardirq;
    if (situation.level == Level::kSoftirq && !situation.rt) return situation.irqs_off ? kSoftirqOff : kSoftirqOn;
    return situation.irqs_off ? kElsewhere : kTaskOn;
  }

  void ForgetAll();

  bool learnt_ = false;
  // Sets of classes.
  uint64_t known_[2][5] = {};  // [shared][PlaceKind]
  uint64_t safe_[kLevels][2] = {}, unsafe_[kLevels][2] = {};
  std::array<uint64_t, kMaxClasses> told_{};  // [safe]: unsafe ones
  uint64_t tellers_ = 0;                      // who has bits in told_
  Place safe_places_[kLevels][kMaxClasses], unsafe_places_[kLevels][kMaxClasses];
};

}  // namespace cfgtorture::judge

#endif  // CFGTORTURE_HARNESS_JUDGE_IRQ_USAGE_H_
