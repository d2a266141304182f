#include "harness/judge/irq_usage.h"

#include <utility>

namespace cfgtorture::judge {

std::optional<IrqUsage::IrqLevel> IrqUsage::Used(ClassId lock_class, const Situation& situation, bool shared,
                                                 const Place& place) {
  const uint64_t bit = uint64_t{1} << lock_class;
  const PlaceKind where = Where(situation);
  known_[shared][where] |= bit;
  learnt_ = true;
  std::optional<IrqLevel> both;
  const auto mark = [&](uint64_t(&sets)[2], Place(&places)[kMaxClasses], const uint64_t(&others)[2], IrqLevel level) {
    const bool was_known = ((sets[0] | sets[1]) & bit) != 0;
    sets[shared] |= bit;
    if (was_known) return;
    places[lock_class] = place;
    if (!both && ((others[0] | others[1]) & bit) != 0) both = level;
  };
  const bool softirqs = !situation.rt;  // are they a level?
  switch (where) {
    case kHardirq:
      mark(safe_[kHardirqs], safe_places_[kHardirqs], unsafe_[kHardirqs], kHardirqs);
      break;
    case kSoftirqOn:
    case kSoftirqOff:
      mark(safe_[kSoftirqs], safe_places_[kSoftirqs], unsafe_[kSoftirqs], kSoftirqs);
      if (where == kSoftirqOn) mark(unsafe_[kHardirqs], unsafe_places_[kHardirqs], safe_[kHardirqs], kHardirqs);
      break;
    case kTaskOn:
      mark(unsafe_[kHardirqs], unsafe_places_[kHardirqs], safe_[kHardirqs], kHardirqs);
      if (softirqs) mark(unsafe_[kSoftirqs], unsafe_places_[kSoftirqs], safe_[kSoftirqs], kSoftirqs);
      break;
    case kElsewhere:
      break;
  }
  return both;
}

std::optional<IrqUsage::Inversion> IrqUsage::FindInversion(const LockOrder& order) {
  for (unsigned l = 0; l < kLevels; ++l) {
    const uint64_t safe = safe_[l][0] | safe_[l][1], unsafe = unsafe_[l][0] | unsafe_[l][1];
    for (uint64_t mask = safe & ~unsafe; mask != 0; mask &= mask - 1) {
      const auto from = static_cast<ClassId>(__builtin_ctzll(mask));
      for (uint64_t found = order.Reached(from) & unsafe & ~safe & ~told_[from]; found != 0; found &= found - 1) {
        const auto to = static_cast<ClassId>(__builtin_ctzll(found));
        told_[from] |= uint64_t{1} << to;
        tellers_ |= uint64_t{1} << from;
        LockOrder::Path path = order.PathBetween(from, to);
        uint64_t between = 0;
        for (const OrderEdge& edge : path) between |= uint64_t{1} << edge.to;
        between &= ~(uint64_t{1} << to);
        if (((safe | unsafe) & between) != 0) continue;  // a shorter one lies within it, or an inconsistent class
        return Inversion{static_cast<IrqLevel>(l), from, to, std::move(path)};
      }
    }
  }
  return std::nullopt;
}

std::string IrqUsage::Text(ClassId lock_class) const {
  std::string text;
  for (unsigned l = 0; l < kLevels; ++l) {
    for (unsigned shared = 0; shared < 2; ++shared) {
      const bool safe = (safe_[l][shared] >> lock_class & 1) != 0, unsafe = (unsafe_[l][shared] >> lock_class & 1) != 0;
      text += safe ? (unsafe ? '?' : '-') : unsafe ? '+' : '.';
    }
  }
  return text;
}

void IrqUsage::ForgetAll() {
  learnt_ = false;
  for (auto& by_place : known_) {
    for (uint64_t& set : by_place) set = 0;
  }
  for (unsigned l = 0; l < kLevels; ++l) safe_[l][0] = safe_[l][1] = unsafe_[l][0] = unsafe_[l][1] = 0;
  for (; tellers_ != 0; tellers_ &= tellers_ - 1) told_[static_cast<unsigned>(__builtin_ctzll(tellers_))] = 0;
}

}  // namespace cfgtorture::judge
