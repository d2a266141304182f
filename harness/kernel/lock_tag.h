// harness/kernel/lock_tag.h: all that a spinning lock reads of itself on each acquisition, in one word: its algorithm,
// whether it sleeps, and its LockId. An instrumented read costs as much as the acquisition's own work, so there is one;
// and a release, whose acquisition has found the lock where it should be, reads it unseen: no kernel lock has a tag.
#ifndef CFGTORTURE_HARNESS_KERNEL_LOCK_TAG_H_
#define CFGTORTURE_HARNESS_KERNEL_LOCK_TAG_H_

#include <cstdint>

#include "harness/kernel/observer.h"
#include "harness/kernel/spin/algorithm.h"

namespace cfgtorture {

class LockTag {
 public:
  // Not inlined where accesses are seen, since its caller's are; inlined elsewhere.
  __attribute__((no_sanitize("thread"))) static LockTag Unseen(const LockTag& tag) { return tag; }
  LockTag(observer::LockId id, SpinAlgorithm algorithm, bool sleeps)
      : bits_(id << 4 | uint32_t{sleeps} << 3 | static_cast<uint32_t>(algorithm)) {}
  observer::LockId id() const { return bits_ >> 4; }
  SpinAlgorithm algorithm() const { return static_cast<SpinAlgorithm>(bits_ & 7); }
  bool sleeps() const { return (bits_ & 8) != 0; }

 private:
  uint32_t bits_;
};
static_assert(kSpinAlgorithmCount <= 8);

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_LOCK_TAG_H_
