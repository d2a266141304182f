// observer.h in the model: numbers the locks and classes, keeps what each context holds, asks the judges. What they
// find is told by judge_reports.cc.
#include "harness/model/judges.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "harness/kernel/named.h"
#include "harness/kernel/observer.h"
#include "harness/model/assert.h"
#include "harness/model/audit.h"
#include "harness/model/findings.h"
#include "harness/model/judge_state.h"
#include "harness/model/recorder.h"
#include "harness/model/virtual_time.h"

#define CFGT_PC reinterpret_cast<uintptr_t>(__builtin_return_address(0))

namespace cfgtorture::model {

JudgeState judged;

judge::WaitType TightestHeld(const Holdings& own) {
  judge::WaitType tightest = judge::WaitType::kSleep;
  for (const judge::HeldLock& held : own.held) {
    const judge::WaitType type = judged.classes[held.lock_class].type;
    if (type < tightest) tightest = type;
  }
  return tightest;
}

[[gnu::noinline, gnu::cold]] uint32_t KeepStack(uintptr_t pc) {
  judged.stacks.push_back(recorder.StackNow(pc));
  return static_cast<uint32_t>(judged.stacks.size());
}

namespace {

// One name is two classes where a strategy makes a raw lock of it and another one that may sleep.
judge::ClassId ClassOf(const char* name, int subclass, judge::WaitType type) {
  for (unsigned i = 0; i < judged.class_count; ++i) {  // nearly always: that literal again
    const JudgedClass& known = judged.classes[i];
    if (known.name == name && known.subclass == subclass && known.type == type) return static_cast<judge::ClassId>(i);
  }
  unsigned family = judged.class_count;
  for (unsigned i = 0; i < judged.class_count; ++i) {
    const JudgedClass& known = judged.classes[i];
    if (known.type != type || std::strcmp(known.name, name) != 0) continue;
    if (known.subclass == subclass) return static_cast<judge::ClassId>(i);
    family = known.family;
  }
  if (judged.class_count >= judge::kMaxClasses) BeyondLimit("lock classes", judge::kMaxClasses);
  judged.classes[judged.class_count] = {name, subclass, static_cast<judge::ClassId>(family), type};
  return static_cast<judge::ClassId>(judged.class_count++);
}

void FillIn(judge::HeldLock& held, observer::How how, uintptr_t pc) {
  held.place.site = pc;
  held.place.context = machine.current();
  held.shared = how == observer::How::kShared || how == observer::How::kTryShared;
  held.by_trylock = how == observer::How::kTryExclusive || how == observer::How::kTryShared;
}

judge::HeldLock HeldAt(const JudgedLock& lock, observer::How how, uintptr_t pc) {
  judge::HeldLock held = lock.as_held;
  FillIn(held, how, pc);
  held.place.stack = StackHere(pc);
  return held;
}

// May this context wait for a lock of this type here? Spinning is legal everywhere.
[[gnu::noinline]] void CheckWaitType(const JudgedLock& lock, observer::How how, uintptr_t pc) {
  const Holdings& own = judged.holdings[machine.current()];
  const judge::ContextFault fault = judge::CheckWait(SituationNow(), lock.type, TightestHeld(own));
  if (fault == judge::ContextFault::kNone) [[likely]]
    return;
  const judge::HeldLock wanted = HeldAt(lock, how, pc);
  ReportContext(fault, pc, recorder.on() ? absl::StrCat("waits for ", lock.name).c_str() : "", lock.as_held.lock_class,
                &wanted);
}

void CheckInversion(uintptr_t pc) {
  if (!judged.irq_usage.any_safe()) [[likely]]
    return;
  while (const auto inversion = judged.irq_usage.FindInversion(judged.order)) ReportInversion(*inversion, pc);
}

[[gnu::noinline]] void CheckOrder(const JudgedLock& lock, observer::How how, uintptr_t pc) {
  const Holdings& own = judged.holdings[machine.current()];
  const judge::HeldLock wanted = HeldAt(lock, how, pc);
  judge::LockOrder::Path cycle;
  const bool is_new = judged.order.Wait(own.held.data(), own.held.count(), wanted, &cycle);
  if (!cycle.empty()) [[unlikely]]
    ReportCycle(cycle, wanted);
  if (is_new) CheckInversion(pc);
}

// What LockWait() returns.
[[gnu::noinline]] bool CheckTheWait(const JudgedLock& lock, observer::How how, uintptr_t pc) {
  if (recorder.on() && virtual_time != nullptr) virtual_time->LockWait(lock.as_held.place.lock);
  if (lock.type != judge::WaitType::kSpin) CheckWaitType(lock, how, pc);
  if (judged.holdings[machine.current()].held.empty()) return true;
  findings.Opportunity(Hazard::kLockOrder);
  CheckOrder(lock, how, pc);
  return true;
}

// It was taken, or is held as interrupts come on.
[[gnu::noinline]] void CheckIrqUsage(const judge::HeldLock& lock, const judge::Situation& now, uintptr_t pc) {
  const auto level = judged.irq_usage.Used(lock.lock_class, now, lock.shared, lock.place);
  if (level) ReportInconsistent(*level, lock);
  CheckInversion(pc);
}

// Nothing is learnt from a trylock in an interrupt, which cannot wait for whom it interrupted: it makes nothing safe.
bool TeachesNothing(const judge::HeldLock& held, const judge::Situation& now) {
  return judged.irq_usage.Knows(held.lock_class, now, held.shared) ||
         (now.level != judge::Level::kTask && held.by_trylock);
}

[[gnu::noinline]] void TookWithNews(judge::HeldLock& held, observer::How how) {
  const uintptr_t pc = held.place.site;
  held.place.stack = StackHere(pc);
  const judge::Situation now = SituationNow();
  if (!TeachesNothing(held, now)) CheckIrqUsage(held, now, pc);
  if (!recorder.on()) return;
  const observer::LockId id = held.place.lock;
  const char* name = judged.locks[id].name;
  recorder.RowAs(RowKind::kTake, name, "takes ", name, how == observer::How::kShared ? " (shared)" : "");
  recorder.LockEvent(pc, id, name, true);
  if (virtual_time != nullptr) virtual_time->LockAcquired(id, how, pc);
}
[[gnu::noinline, gnu::cold]] void Drops(observer::LockId id, uintptr_t pc) {
  recorder.RowAs(RowKind::kDrop, judged.locks[id].name, "drops ", judged.locks[id].name);
  recorder.LockEvent(pc, id, judged.locks[id].name, false);
  if (virtual_time != nullptr) virtual_time->LockReleased(id);
}

// Of a lock that its releaser does not hold.
[[gnu::noinline, gnu::cold]] void ReleasedByAnother(observer::LockId id, uintptr_t pc) {
  int holder = -1;
  for (unsigned i = 0; i < machine.context_count() && holder < 0; ++i) {
    if (judged.holdings[i].held.Drop(id)) holder = static_cast<int>(i);  // it is free now, whoever held it
  }
  ReportRelease(id, holder, pc);
}

// Its memory goes away. What an ended context still held has been told at its end.
[[gnu::noinline]] void CheckGone(const JudgedLock& lock, observer::LockId id, unsigned context, uintptr_t pc) {
  const Holdings& own = judged.holdings[context];
  if (const judge::HeldLock* use = own.held.Find(id)) ReportFreed(*use, /*held=*/true, pc);
  if (own.waits_for_lock != id) return;
  judge::HeldLock use = lock.as_held;
  use.place.site = own.waits_at;
  use.place.context = context;
  ReportFreed(use, /*held=*/false, pc);
}

// Whose entry it is, as a row of the current context tells it: entries lie on their owners' stacks, mostly.
std::string EntryText(const void* entry) {
  const uintptr_t at = reinterpret_cast<uintptr_t>(entry);
  if (!InStacks(at)) return "an entry";
  const unsigned owner = StackOwner(at);
  return owner == machine.current() ? "its entry" : absl::StrCat("the entry of ", machine.at(owner).name);
}

void ReportList(judge::ListFault fault, uintptr_t pc) {
  if (fault != judge::ListFault::kNone) ReportViolation(Hazard::kListCorrupt, judge::TextOf(fault), pc);
}

}  // namespace

void JudgesBeginExecution() {
  judged.lock_count = 1;
  judged.order.Forget();
  judged.irq_usage.Forget();
  judged.wait_list.Forget();
  judged.blocks.Forget();
  if (!judged.stacks.empty()) [[unlikely]]
    judged.stacks.clear();
}

void JudgesForgetContext(unsigned context) {
  Holdings& own = judged.holdings[context];
  own.held.Clear();
  own.waits_for_lock = 0;
  own.waits_for_event = nullptr;
}

void JudgesContextEnds(unsigned context) {
  if (!judged.holdings[context].held.empty()) [[unlikely]] {
    ReportHeldAtEnd(context);
    return;
  }
  const judge::ContextFault fault = judge::CheckEnd(SituationNow());
  if (fault != judge::ContextFault::kNone) [[unlikely]]
    ReportContext(fault, 0, "do_exit", 0xfe, nullptr);
}

void JudgesProgramEnds() {
  JudgesContextEnds(0);
  for (const judge::Blocks::Block& left : judged.blocks.held()) ReportBlockLeft(left);
}

bool HoldsLocks() { return !judged.holdings[machine.current()].held.empty(); }

void JudgesIrqsComeOn(uintptr_t pc) {
  judge::Situation now = SituationNow();
  if (now.level == judge::Level::kHardirq) return;
  now.irqs_off = false;
  for (judge::HeldLock held : judged.holdings[machine.current()].held) {
    if (judged.irq_usage.Knows(held.lock_class, now, held.shared)) continue;
    held.place = PlaceNow(pc, held.place.lock);
    CheckIrqUsage(held, now, pc);
  }
}

std::vector<std::string> HeldLockNames(unsigned context) {
  std::vector<std::string> names;
  for (const judge::HeldLock& held : judged.holdings[context].held) {
    names.emplace_back(judged.locks[held.place.lock].name);
  }
  return names;
}

const char* WantedLock(unsigned context) { return judged.locks[judged.holdings[context].waits_for_lock].name; }

bool IsTakingLock(unsigned context) { return judged.holdings[context].waits_for_lock != 0; }

std::vector<uint32_t> HeldLockIds(unsigned context) {
  std::vector<uint32_t> ids;
  for (const judge::HeldLock& held : judged.holdings[context].held) ids.push_back(held.place.lock);
  return ids;
}

std::string WaitsFor(unsigned context) {
  const Holdings& own = judged.holdings[context];
  if (own.waits_for_lock != 0) return absl::StrCat("waits for ", judged.locks[own.waits_for_lock].name);
  if (own.waits_for_event != nullptr) return absl::StrCat("waits on ", own.waits_for_event);
  return "";
}

}  // namespace cfgtorture::model

namespace cfgtorture::observer {

using namespace model;  // NOLINT: this is the model's side of the observer

[[gnu::hot]] LockId LockCreated(const void* lock, const char* name, WaitType type, int subclass) {
  if (!machine.running()) return 0;
  if (judged.lock_count >= judged.locks.size()) BeyondLimit("locks", judged.locks.size());
  const judge::ClassId lock_class = ClassOf(name, subclass, static_cast<judge::WaitType>(type));
  JudgedLock& created = judged.locks[judged.lock_count];
  created.name = name;
  created.type = static_cast<judge::WaitType>(type);
  created.as_held.place.lock = judged.lock_count;
  created.as_held.subclass = subclass;
  created.as_held.lock_class = lock_class;
  created.as_held.family = judged.classes[lock_class].family;
  if (recorder.on() && virtual_time != nullptr) [[unlikely]]
    virtual_time->LockCreated(judged.lock_count, lock, name, type, subclass);
  return judged.lock_count++;
}

[[gnu::hot]] void LockGone(LockId id) {
  if (id == 0 || id >= judged.lock_count || !machine.running()) return;
  for (unsigned i = 0; i < machine.context_count(); ++i) {
    const Holdings& own = judged.holdings[i];
    if (own.held.empty() && own.waits_for_lock != id) [[likely]]
      continue;
    const State state = machine.at(i).state;
    if (state != State::kEnded && state != State::kIdle) CheckGone(judged.locks[id], id, i, CFGT_PC);
  }
}

[[gnu::hot]] bool LockWait(LockId id, How how) {
  if (id == 0 || id >= judged.lock_count) return true;
  const JudgedLock& lock = judged.locks[id];
  if (audit.watches_calls() && audit.LeavesOutLock(CFGT_PC, id, lock.name)) [[unlikely]]
    return false;
  Holdings& own = judged.holdings[machine.current()];
  own.waits_for_lock = id;
  own.waits_at = CFGT_PC;
  findings.Opportunity(Hazard::kContext);
  if (lock.type != judge::WaitType::kSpin || !own.held.empty() || recorder.on()) [[unlikely]]
    return CheckTheWait(lock, how, CFGT_PC);
  return true;
}

[[gnu::hot]] void LockAcquired(LockId id, How how) {
  if (id == 0 || id >= judged.lock_count) return;
  Holdings& own = judged.holdings[machine.current()];
  if (own.waits_for_lock != 0) machine.HasWaitedForLock();
  own.waits_for_lock = 0;
  judge::HeldLock* held = own.held.Take(judged.locks[id].as_held);
  CFGT_ASSERT(held != nullptr);
  FillIn(*held, how, CFGT_PC);
  if (recorder.on() || !TeachesNothing(*held, SituationNow())) [[unlikely]]
    TookWithNews(*held, how);
}

[[gnu::hot]] bool LockReleased(LockId id) {
  if (id == 0 || id >= judged.lock_count) return true;
  if (recorder.on() && !audit.IsLeftOut(id)) [[unlikely]]
    Drops(id, CFGT_PC);
  findings.Opportunity(Hazard::kOwner);
  if (judged.holdings[machine.current()].held.Drop(id)) [[likely]]
    return true;
  if (audit.watches_calls() && audit.WasLeftOut(id)) return false;
  ReleasedByAnother(id, CFGT_PC);
  return true;
}

bool Wakes() { return !audit.watches_calls() || !audit.LeavesOutWakeUp(CFGT_PC); }

void MightSleep(const char* what) {
  const Holdings& own = judged.holdings[machine.current()];
  findings.Opportunity(Hazard::kContext);
  // Blocking on a sleeping lock inside another is what rt does; only a raw one forbids schedule() itself.
  const judge::WaitType bound = std::strcmp(what, "schedule") == 0 ? judge::WaitType::kSpin : judge::WaitType::kConfig;
  const judge::ContextFault fault = judge::CheckSleep(SituationNow(), TightestHeld(own) <= bound);
  if (fault != judge::ContextFault::kNone) [[unlikely]]
    ReportContext(fault, CFGT_PC, what, 0xff, nullptr);
}

void WaitBegin(const void*, const char* name) {
  judged.holdings[machine.current()].waits_for_event = name;
  if (recorder.on()) recorder.RowAs(RowKind::kWait, name, "waits on ", name);
  if (virtual_time != nullptr) virtual_time->Blocked();
}

void WaitEnd(const void*) {
  Holdings& own = judged.holdings[machine.current()];
  if (recorder.on() && own.waits_for_event != nullptr)
    recorder.RowAs(RowKind::kWaitEnd, own.waits_for_event, "stops waiting on ", own.waits_for_event);
  own.waits_for_event = nullptr;
  ++machine.context().progress;
  machine.Progressed();
}

void EntryLinked(const void* queue, const void* entry) {
  if (!machine.running()) return;
  findings.Opportunity(Hazard::kListCorrupt);
  if (recorder.on()) {
    const char* const waits_on = judged.holdings[machine.current()].waits_for_event;
    const std::string into = waits_on == nullptr ? "" : absl::StrCat(" into ", waits_on);
    recorder.RowAs(RowKind::kLink, "", "links ", EntryText(entry), into);
    const uintptr_t at = reinterpret_cast<uintptr_t>(entry);
    recorder.NameList(at, InStacks(at) ? absl::StrCat(machine.at(StackOwner(at)).name, "'s entry") : "an entry");
  }
  ReportList(judged.wait_list.Linked(queue, entry), CFGT_PC);
}
void EntryUnlinked(const void* entry) {
  if (!machine.running()) return;
  if (recorder.on()) recorder.RowAs(RowKind::kUnlink, "", "unlinks ", EntryText(entry));
  ReportList(judged.wait_list.Unlinked(entry), CFGT_PC);
}
void EntryGone(const void* entry) {
  if (!machine.running()) return;
  if (recorder.on()) recorder.ForgetName(reinterpret_cast<uintptr_t>(entry));
  ReportList(judged.wait_list.EntryGone(entry), CFGT_PC);
}
void QueueGone(const void* queue) {
  if (machine.running()) ReportList(judged.wait_list.QueueGone(queue), CFGT_PC);
}

void Blocked(uint32_t function) {
  if (!machine.running()) return;
  findings.Opportunity(Hazard::kOwner);
  judged.blocks.Blocked(function, PlaceNow(CFGT_PC, 0));
}
void Unblocked(uint32_t function) {
  if (machine.running()) judged.blocks.Unblocked(function);
}

void ObjectNamed(const void* object, size_t bytes, const char* owner, const char* name) {
  if (recorder.on()) recorder.NameObject(reinterpret_cast<uintptr_t>(object), bytes, owner, name);
}

void ListNamed(const void* links, const char* name) {
  if (recorder.on()) recorder.NameList(reinterpret_cast<uintptr_t>(links), name);
}

void Violation(Hazard hazard, const char* text) {
  if (machine.running()) ReportViolation(hazard, text, CFGT_PC);
}

}  // namespace cfgtorture::observer
