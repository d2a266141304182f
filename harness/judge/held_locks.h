// harness/judge/held_locks.h: what one context holds, oldest first, and whether it may release what it releases.
//
// A mutex and a spinlock belong to the context that took them; so does each read of a semaphore. What may be released
// by another, as the block of a function's configuration space may, is no lock here (blocks.h). A lock's memory may not
// go away while somebody holds it.
//
// Cost        taking a lock, and releasing the newest, a store and a compare; else one pass over those held.
// Misses      nothing of what it is told.
// Cries wolf  at a lock that is handed over on purpose.
// Source      print_unlock_imbalance_bug(), debug_check_no_locks_held(), debug_check_no_locks_freed() of
//             kernel/locking/lockdep.c, v6.12.
#ifndef CFGTORTURE_HARNESS_JUDGE_HELD_LOCKS_H_
#define CFGTORTURE_HARNESS_JUDGE_HELD_LOCKS_H_

#include <cstdint>

#include "harness/judge/lock_order.h"

namespace cfgtorture::judge {

class HeldLocks {
 public:
  static constexpr unsigned kMost = 24;

  unsigned count() const { return count_; }
  bool empty() const { return count_ == 0; }
  const HeldLock* data() const { return held_; }
  const HeldLock& operator[](unsigned i) const { return held_[i]; }
  const HeldLock* begin() const { return held_; }
  const HeldLock* end() const { return held_ + count_; }

  // As it is kept. Null if there is no room: it holds kMost locks.
  [[nodiscard]] HeldLock* Take(const HeldLock& lock) {
    if (count_ == kMost) return nullptr;
    held_[count_] = lock;
    return &held_[count_++];
  }
  // Drops the newest hold of that instance. False if there is none: it is not the releaser's to release.
  [[nodiscard]] bool Drop(uint32_t lock) {
    if (count_ != 0 && held_[count_ - 1].place.lock == lock) [[likely]] {
      --count_;
      return true;
    }
    return DropInner(lock);
  }
  // The newest hold of that instance, whose memory is about to go away; null: it may.
  const HeldLock* Find(uint32_t lock) const {
    for (unsigned i = count_; i-- > 0;) {
      if (held_[i].place.lock == lock) return &held_[i];
    }
    return nullptr;
  }
  void Clear() { count_ = 0; }

 private:
  bool DropInner(uint32_t lock) {
    const HeldLock* const held = Find(lock);
    if (held == nullptr) return false;
    --count_;
    for (auto i = static_cast<unsigned>(held - held_); i < count_; ++i) held_[i] = held_[i + 1];
    return true;
  }

  unsigned count_ = 0;
  HeldLock held_[kMost];
};

}  // namespace cfgtorture::judge

#endif  // CFGTORTURE_HARNESS_JUDGE_HELD_LOCKS_H_
