// harness/native/judging.h: the judges of the checked worker (harness/judge), fed by what the observed build reports
// (lock_events.cc). Contexts, lock order, owners, interrupts and wait entries, of what real threads did.
//
// What a thread holds, and which facts it has told already, is its own; a fact that is new to it goes to the judges,
// one thread at a time. So the judges cost little once the program has shown what it does, and order its threads a
// little until then: a worker that is to see races is another one (design 1).
#ifndef CFGTORTURE_HARNESS_NATIVE_JUDGING_H_
#define CFGTORTURE_HARNESS_NATIVE_JUDGING_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "harness/judge/held_locks.h"
#include "harness/kernel/observer.h"
#include "harness/measure/lock_stat.h"
#include "harness/native/machine.h"

namespace cfgtorture::native {

inline constexpr judge::ClassId kUnjudged = judge::kMaxClasses;  // classes beyond what the judges have room for

struct JudgedLockClass {
  judge::ClassId lock_class = kUnjudged, family = kUnjudged;
};

// Of one context of one thread. All zero bytes is an empty one.
struct ContextJudge {
  judge::HeldLocks held;
  uint64_t edges[judge::kMaxClasses];     // [from]: those that it has told
  uint64_t uses[2][6];                    // [shared][level and whether interrupts are on]: the same
  std::atomic<uint64_t> waits, releases;  // written by its thread alone
};

// A class came into being. One thread at a time.
JudgedLockClass JudgeClass(const char* name, observer::WaitType type, int subclass);

// ---- By the task's own thread. `frame`: that of the observer's function, of which the call chain is read.
void JudgeWait(Task& task, ContextJudge& own, observer::LockId lock, JudgedLockClass of, observer::How how,
               const void* frame);
void JudgeTaken(Task& task, ContextJudge& own, observer::LockId lock, JudgedLockClass of, observer::How how,
                const measure::LockSite& site, const void* frame);
void JudgeDropped(Task& task, ContextJudge& own, observer::LockId lock, JudgedLockClass of, const void* frame);

// A lock's memory goes away; `use`: a hold of it, or null.
void JudgeGone(Task& task, ContextJudge& own, const judge::HeldLock* use, const void* frame);

void JudgeSleep(Task& task, ContextJudge& own, const char* what, const void* frame);
// The task ends, and may hold nothing.
void JudgeEnd(Task& task, ContextJudge& own);
// What became of the block of a function, and that all tasks have ended.
void JudgeBlocked(Task& task, ContextJudge& own, uint32_t function, const void* frame);
void JudgeUnblocked(uint32_t function);
void JudgeProgramEnd();
// What became of a wait entry.
void JudgeEntryLinked(Task& task, ContextJudge& own, const void* queue, const void* entry, const void* frame);
void JudgeEntryUnlinked(Task& task, ContextJudge& own, const void* entry, const void* frame);
void JudgeEntryGone(Task& task, ContextJudge& own, const void* entry, const void* frame);
void JudgeQueueGone(Task& task, ContextJudge& own, const void* queue, const void* frame);

// ---- What lock_events.cc knows.
void ForEachJudge(const std::function<void(const ContextJudge&)>& visit);
std::string InstanceOf(observer::LockId lock);  // "#2" of its class, "" where there is one only

}  // namespace cfgtorture::native

#endif  // CFGTORTURE_HARNESS_NATIVE_JUDGING_H_
