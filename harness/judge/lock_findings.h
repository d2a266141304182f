// harness/judge/lock_findings.h: what the judges of locks and contexts found, as findings: with what lockdep would say
// of it (LockReport), so that reports can print it in lockdep's layout.
//
// Judges deal in numbers; their caller knows what these stand for (Evidence). Pure: no engine, no clock.
#ifndef CFGTORTURE_HARNESS_JUDGE_LOCK_FINDINGS_H_
#define CFGTORTURE_HARNESS_JUDGE_LOCK_FINDINGS_H_

#include <cstdint>
#include <functional>
#include <string>

#include "harness/judge/context.h"
#include "harness/judge/held_locks.h"
#include "harness/judge/irq_usage.h"
#include "harness/judge/lock_order.h"
#include "harness/result/cell.h"

namespace cfgtorture::judge {

struct ClassText {
  const char* name = "";
  int subclass = 0;
  WaitType type = WaitType::kSleep;
};

// What the caller knows: of its numbers, and of who is judged.
struct Evidence {
  std::function<ClassText(ClassId)> class_of;
  std::function<std::string(uint32_t lock)> instance_of;  // "#2" of its class; "" where there is one only
  std::function<Access(const Place&)> access_at;          // who and where
  const IrqUsage& usage;
  const HeldLocks& held;  // by who is judged
  Situation situation;    // of who is judged
  Access now;             // who is judged, where he stands and what he holds
};

// "task context, interrupts off, rt".
std::string TextOf(const Situation& situation);
// "pci_lock", "device_lock/1".
std::string TextOf(const ClassText& lock_class);

// Waiting for `wanted`, or a call that may sleep (null), where the context forbids it. `what`: "waits for pci_lock".
Finding ContextFinding(const Evidence& evidence, ContextFault fault, const std::string& what, const HeldLock* wanted);
Finding CycleFinding(const Evidence& evidence, const LockOrder::Path& cycle, const HeldLock& wanted);
Finding InconsistentFinding(const Evidence& evidence, IrqUsage::IrqLevel level, const HeldLock& taken);
Finding InversionFinding(const Evidence& evidence, const IrqUsage::Inversion& inversion);
// `holder`: who does hold it, "nobody"; "" if that is not known.
Finding ReleaseFinding(const Evidence& evidence, const HeldLock& released, const std::string& holder);
// A task or a handler ends, and holds something.
Finding HeldAtEndFinding(const Evidence& evidence);

// The memory of a lock goes away in this `use`: while somebody holds it (`held`), or waits for it.
Finding FreedFinding(const Evidence& evidence, const HeldLock& use, bool held);
// The program has ended, and `function` is blocked since `by`.
Finding BlockLeftFinding(const std::string& function, Access by);

// What of a cycle is the same whoever came first: its classes.
uint64_t KeyOf(const LockOrder::Path& cycle);

}  // namespace cfgtorture::judge

#endif  // CFGTORTURE_HARNESS_JUDGE_LOCK_FINDINGS_H_
