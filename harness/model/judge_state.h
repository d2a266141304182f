// harness/model/judge_state.h: what the judges' two halves share: judges.cc, which hears the kernel words' events, and
// judge_reports.cc, which tells what they found.
#ifndef CFGTORTURE_HARNESS_MODEL_JUDGE_STATE_H_
#define CFGTORTURE_HARNESS_MODEL_JUDGE_STATE_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/judge/blocks.h"
#include "harness/judge/context.h"
#include "harness/judge/held_locks.h"
#include "harness/judge/irq_usage.h"
#include "harness/judge/lock_order.h"
#include "harness/judge/wait_list.h"
#include "harness/model/machine.h"
#include "harness/model/recorder.h"
#include "harness/result/cell.h"

namespace cfgtorture::model {

struct JudgedLock {
  const char* name;
  judge::WaitType type;
  judge::HeldLock as_held;  // what they hold who hold it, but for where, who and how
};

struct JudgedClass {
  const char* name;  // a literal of the object: stable, and few
  int subclass;
  judge::ClassId family;
  judge::WaitType type;
};

// What a context holds and waits for.
struct Holdings {
  judge::HeldLocks held;
  uint32_t waits_for_lock = 0;  // its id
  uintptr_t waits_at = 0;       // and where
  const char* waits_for_event = nullptr;
};

struct JudgeState {
  std::array<JudgedLock, 1 << 16> locks;  // of this execution; index is the id, 0 is nobody
  uint32_t lock_count = 1;
  std::array<JudgedClass, judge::kMaxClasses> classes;
  unsigned class_count = 0;
  Holdings holdings[kMaxContexts];
  judge::LockOrder order;
  judge::IrqUsage irq_usage;
  judge::WaitList wait_list;
  judge::Blocks blocks;
  std::vector<std::vector<Frame>> stacks;  // of this execution, if it is recorded: what Place::stack means, less 1
};
extern JudgeState judged;

inline judge::Situation SituationNow() {
  const MachineContext& context = machine.context();
  return {static_cast<judge::Level>(context.kind), machine.flavour() == engine::Flavour::kRt, machine.irqs_off(),
          machine.cpu().preempt_count > 0};
}
// The tightest type among the held locks.
judge::WaitType TightestHeld(const Holdings& own);
uint32_t KeepStack(uintptr_t pc);
// The call chain here, for Place::stack; 0 where none are kept.
inline uint32_t StackHere(uintptr_t pc) { return recorder.keeps_rows() ? KeepStack(pc) : 0; }
// Here and now, for a lock.
inline judge::Place PlaceNow(uintptr_t pc, uint32_t lock) { return {pc, StackHere(pc), lock, machine.current()}; }
Access HereAndNow(uintptr_t pc, std::string what, std::string location);

// ---- Findings. Each asks Findings::Hit() first, and is slow only if it is to be told.
void ReportContext(judge::ContextFault fault, uintptr_t pc, const char* what, uint64_t key,
                   const judge::HeldLock* wanted);
void ReportCycle(const judge::LockOrder::Path& cycle, const judge::HeldLock& wanted);
void ReportInconsistent(judge::IrqUsage::IrqLevel level, const judge::HeldLock& taken);
// The newest edge or use has closed it; `pc`: where.
void ReportInversion(const judge::IrqUsage::Inversion& inversion, uintptr_t pc);
// A release of what its releaser does not hold; `holder`: who does, or -1.
void ReportRelease(uint32_t lock, int holder, uintptr_t pc);
void ReportHeldAtEnd(unsigned context);
// A lock's memory goes away while it is so used.
void ReportFreed(const judge::HeldLock& use, bool held, uintptr_t pc);
void ReportBlockLeft(const judge::Blocks::Block& block);
// `text` is a literal.
// The program asks the machine for what there is not, as to join a task 99. Ends the execution.
[[noreturn]] void ReportMisuse(uintptr_t pc, std::string&& how);
void ReportViolation(Hazard hazard, const char* text, uintptr_t pc);

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_JUDGE_STATE_H_
