// harness/kernel/observer.h: the events that judges receive from the kernel's words.
//
// In the plain build (CFGT_OBSERVED = 0) every call compiles to nothing. In the observed and instrumented builds the
// worker that loads the code implements them: checked and model feed the judges; tsan does nothing, since a judge's own
// locking would order what it watches.
#ifndef CFGTORTURE_HARNESS_KERNEL_OBSERVER_H_
#define CFGTORTURE_HARNESS_KERNEL_OBSERVER_H_

#include <cstdint>

#include "harness/kernel/engine.h"
#include "harness/result/hazard.h"

namespace cfgtorture::observer {

// lockdep's wait types (facts 7.1): a lock may be taken iff its type is at most the minimum over the context and every
// lock held in the same IRQ level.
enum class WaitType : uint8_t { kFree, kSpin, kConfig, kSleep };

enum class How : uint8_t {
  kExclusive,
  kShared,        // reader side of a lock whose queued writers stop new readers: recursion can deadlock
  kTryExclusive,  // cannot wait: exempt from wait types, adds no edge into the lock
  kTryShared,
};

using LockId = uint32_t;  // dense within an execution; 0 where nothing observes

#if CFGT_OBSERVED

// A lock came into being. `name` is its class (lockdep's key): instances of one name are one class. `subclass` orders
// instances of a class along the topology (depth of the bus), 0 where it means nothing.
CFGT_EXPORT LockId LockCreated(const void* lock, const char* name, WaitType type, int subclass);
// Its memory goes away: nobody holds it then, and nobody waits for it.
CFGT_EXPORT void LockGone(LockId lock);
// Called before waiting (`LockWait`), once it is held (`LockAcquired`) and before it is given up (`LockReleased`).
// A trylock calls LockAcquired alone, on success.
//
// False: this acquisition, or the release that belongs to one, is to be left out. Whoever audits asks what becomes of
// the program without it (design 8); LockAcquired() is then not called.
[[nodiscard]] CFGT_EXPORT bool LockWait(LockId lock, How how);
CFGT_EXPORT void LockAcquired(LockId lock, How how);
[[nodiscard]] CFGT_EXPORT bool LockReleased(LockId lock);
// Somebody is about to be woken. False: this wake-up is to be left out.
[[nodiscard]] CFGT_EXPORT bool Wakes();
// A call that may sleep, whether or not it does.
CFGT_EXPORT void MightSleep(const char* what);
// The current task begins or ends to wait for something that a wake-up will tell (for reports of who waits for what).
CFGT_EXPORT void WaitBegin(const void* queue, const char* name);
CFGT_EXPORT void WaitEnd(const void* queue);
// What becomes of wait entries: linked to a queue, unlinked from it; and the memory of an entry or a queue that goes
// away. Told by whoever does it, under whatever lock it believes to be the right one.
CFGT_EXPORT void EntryLinked(const void* queue, const void* entry);
CFGT_EXPORT void EntryUnlinked(const void* entry);
CFGT_EXPORT void EntryGone(const void* entry);
CFGT_EXPORT void QueueGone(const void* queue);
// The configuration space of a function (its FunctionId) was blocked, or is about to be given back: not necessarily by
// who blocked it.
CFGT_EXPORT void Blocked(uint32_t function);
CFGT_EXPORT void Unblocked(uint32_t function);
// A kernel word's own check failed: BUG, WARN, DEBUG_LIST and the like. `text` is a literal.
CFGT_EXPORT void Violation(Hazard hazard, const char* text);

#else

inline LockId LockCreated(const void*, const char*, WaitType, int) { return 0; }
inline void LockGone(LockId) {}
inline bool LockWait(LockId, How) { return true; }
inline void LockAcquired(LockId, How) {}
inline bool LockReleased(LockId) { return true; }
inline bool Wakes() { return true; }
inline void MightSleep(const char*) {}
inline void WaitBegin(const void*, const char*) {}
inline void WaitEnd(const void*) {}
inline void EntryLinked(const void*, const void*) {}
inline void EntryUnlinked(const void*) {}
inline void EntryGone(const void*) {}
inline void QueueGone(const void*) {}
inline void Blocked(uint32_t) {}
inline void Unblocked(uint32_t) {}
inline void Violation(Hazard, const char*) {}

#endif

}  // namespace cfgtorture::observer

#endif  // CFGTORTURE_HARNESS_KERNEL_OBSERVER_H_
