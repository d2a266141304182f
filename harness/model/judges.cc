// observer.h in the model: numbers the locks and classes, keeps what each context holds, asks the judges, reports.
#include "harness/model/judges.h"

#include <array>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "harness/judge/context.h"
#include "harness/judge/lock_order.h"
#include "harness/kernel/observer.h"
#include "harness/model/assert.h"
#include "harness/model/audit.h"
#include "harness/model/findings.h"
#include "harness/model/machine.h"
#include "harness/model/recorder.h"
#include "harness/model/virtual_time.h"

#define CFGT_PC reinterpret_cast<uintptr_t>(__builtin_return_address(0))

namespace cfgtorture::model {
namespace {

constexpr unsigned kMaxHeld = 24;

struct Lock {
  const char* name;
  int subclass;
  judge::ClassId lock_class;
  judge::WaitType type;
};

// What a context holds and waits for.
struct Holdings {
  unsigned count = 0;
  const char* waits_for_lock = nullptr;
  const char* waits_for_event = nullptr;
  judge::HeldLock held[kMaxHeld];
};

std::array<Lock, 1 << 16> locks;  // of this execution; index is the id, 0 is nobody
uint32_t lock_count = 1;
std::array<const char*, judge::kMaxClasses> class_names;  // literals of the object: stable, and few
unsigned class_count = 0;
Holdings holdings[kMaxContexts];
judge::LockOrder lock_order;
judge::IrqUsage irq_usage;

judge::ClassId ClassOf(const char* name) {
  for (unsigned i = 0; i < class_count; ++i) {
    if (class_names[i] == name || std::strcmp(class_names[i], name) == 0) return static_cast<judge::ClassId>(i);
  }
  CFGT_ASSERT(class_count < judge::kMaxClasses);
  class_names[class_count] = name;
  return static_cast<judge::ClassId>(class_count++);
}

judge::Situation SituationNow() {
  const MachineContext& context = machine.context();
  return {static_cast<judge::Level>(context.kind), machine.flavour() == engine::Flavour::kRt, machine.irqs_off(),
          machine.cpu().preempt_count > 0};
}

// The tightest type among the held locks; the newest `skip` are left out.
judge::WaitType TightestHeld(const Holdings& own) {
  judge::WaitType tightest = judge::WaitType::kSleep;
  for (unsigned i = 0; i < own.count; ++i) {
    const judge::WaitType type = locks[own.held[i].lock].type;
    if (type < tightest) tightest = type;
  }
  return tightest;
}

// Takes the lock off what is held. False if it was not held.
bool Forget(Holdings& own, observer::LockId id) {
  for (unsigned i = own.count; i-- > 0;) {
    if (own.held[i].lock != id) continue;
    for (--own.count; i < own.count; ++i) own.held[i] = own.held[i + 1];
    return true;
  }
  return false;
}

Access HereAndNow(uintptr_t pc, std::string what, std::string location) {
  Access access;
  access.what = std::move(what);
  access.location = std::move(location);
  const MachineContext& context = machine.context();
  access.task = context.name;
  access.cpu = context.cpu;
  access.context = context.kind == engine::Context::kTask      ? "task"
                   : context.kind == engine::Context::kHardirq ? "hardirq"
                                                               : "softirq";
  access.locks_held = HeldLockNames(machine.current());
  access.stack = recorder.StackNow(pc);
  return access;
}

Access AtSite(uint64_t site, std::string what, std::string location) {
  Access access;
  access.what = std::move(what);
  access.location = std::move(location);
  access.stack = recorder.Frames(site, {});
  return access;
}

std::string DescribeSituation() {
  const judge::Situation now = SituationNow();
  std::string text = now.level == judge::Level::kTask      ? "task context"
                     : now.level == judge::Level::kHardirq ? "hardirq"
                                                           : "softirq";
  if (now.irqs_off && now.level == judge::Level::kTask) absl::StrAppend(&text, ", interrupts off");
  if (now.preempt_off) absl::StrAppend(&text, ", preemption off");
  if (now.rt) absl::StrAppend(&text, ", rt");
  return text;
}

void ReportContext(judge::ContextFault fault, uintptr_t pc, const char* what, uint64_t key) {
  if (!findings.Hit(Hazard::kContext, key << 8 | static_cast<uint64_t>(fault))) return;
  Finding finding;
  finding.title = absl::StrCat(judge::TextOf(fault), ": ", what, " in ", DescribeSituation());
  recorder.Row("! ", what, " in ", DescribeSituation());
  finding.accesses.push_back(HereAndNow(pc, what, DescribeSituation()));
  finding.schedule = recorder.Rows({});
  if (!finding.schedule.empty()) finding.schedule.back().clash = true;
  findings.Add(std::move(finding), Hazard::kContext);
}

void ReportCycle(const judge::LockOrder::Cycle& cycle, uintptr_t pc) {
  uint64_t key = 0;
  for (const judge::OrderEdge& edge : cycle) key ^= uint64_t{1} << edge.from | uint64_t{1} << edge.to;
  for (const judge::OrderEdge& edge : cycle) key |= uint64_t{1} << edge.to;
  if (!findings.Hit(Hazard::kLockOrder, key & 0xffffffffffff)) return;
  Finding finding;
  std::string chain;
  for (const judge::OrderEdge& edge : cycle) absl::StrAppend(&chain, class_names[edge.from], " > ");
  absl::StrAppend(&chain, class_names[cycle.back().to]);
  finding.title = absl::StrCat("possible circular locking dependency: ", chain);
  finding.detail =
      "Each lock is waited for while the one before it is held. Nobody has blocked in this run; with the "
      "contexts at the right places, everybody would.";
  finding.accesses.push_back(
      HereAndNow(pc, absl::StrCat("waits for ", class_names[cycle.back().to]), class_names[cycle.back().to]));
  for (const judge::OrderEdge& edge : cycle) {
    finding.accesses.push_back(AtSite(
        edge.to_site, absl::StrCat("waited for ", class_names[edge.to], " with ", class_names[edge.from], " held"),
        class_names[edge.to]));
  }
  recorder.Row("! waits for ", class_names[cycle.back().to], ": closes ", chain);
  finding.schedule = recorder.Rows({});
  if (!finding.schedule.empty()) finding.schedule.back().clash = true;
  findings.Add(std::move(finding), Hazard::kLockOrder);
}

void ReportIrqUsage(judge::ClassId lock_class, uintptr_t pc) {
  if (!findings.Hit(Hazard::kLockOrder, 0xff000000u + lock_class)) return;
  Finding finding;
  finding.title = absl::StrCat(judge::TextOf(judge::ContextFault::kIrqUnsafe), ": ", class_names[lock_class]);
  finding.accesses.push_back(HereAndNow(pc, absl::StrCat("takes ", class_names[lock_class]), class_names[lock_class]));
  finding.accesses.push_back(AtSite(irq_usage.hardirq_site(lock_class), "taken in hardirq", class_names[lock_class]));
  finding.accesses.push_back(
      AtSite(irq_usage.irqs_on_site(lock_class), "held with interrupts on", class_names[lock_class]));
  finding.schedule = recorder.Rows({});
  findings.Add(std::move(finding), Hazard::kLockOrder);
}

// May this context wait for a lock of this type here? Spinning is legal everywhere.
[[gnu::noinline]] void CheckWaitType(const Lock& lock, uintptr_t pc) {
  const Holdings& own = holdings[machine.current()];
  const judge::ContextFault fault = judge::CheckWait(SituationNow(), lock.type, TightestHeld(own));
  if (fault == judge::ContextFault::kNone) [[likely]]
    return;
  ReportContext(fault, pc, recorder.on() ? absl::StrCat("waits for ", lock.name).c_str() : "", lock.lock_class);
}

[[gnu::noinline]] void CheckOrder(const Lock& lock, observer::LockId id, observer::How how, uintptr_t pc) {
  const Holdings& own = holdings[machine.current()];
  judge::LockOrder::Cycle cycle;
  lock_order.Wait(machine.current(), own.held, own.count,
                  {pc, id, lock.subclass, lock.lock_class, how == observer::How::kShared, false}, &cycle);
  if (!cycle.empty()) [[unlikely]]
    ReportCycle(cycle, pc);
}

[[gnu::noinline]] void CheckIrqUsage(judge::ClassId lock_class, uintptr_t pc) {
  if (irq_usage.Acquired(lock_class, SituationNow(), pc) != judge::ContextFault::kNone) ReportIrqUsage(lock_class, pc);
}

[[gnu::noinline, gnu::cold]] void Took(const Lock& lock, observer::LockId id, observer::How how, uintptr_t pc) {
  recorder.RowAs(RowKind::kTake, lock.name, "takes ", lock.name, how == observer::How::kShared ? " (shared)" : "");
  recorder.LockEvent(pc, id, lock.name, true);
  if (virtual_time != nullptr) virtual_time->LockAcquired(id, how, pc);
}
[[gnu::noinline, gnu::cold]] void Drops(observer::LockId id, uintptr_t pc) {
  recorder.RowAs(RowKind::kDrop, locks[id].name, "drops ", locks[id].name);
  recorder.LockEvent(pc, id, locks[id].name, false);
  if (virtual_time != nullptr) virtual_time->LockReleased(id);
}

// Of a lock that is not the newest which its releaser holds, or that it does not hold.
[[gnu::noinline]] void ReleasedOutOfOrder(observer::LockId id, uintptr_t pc) {
  if (Forget(holdings[machine.current()], id)) return;
  for (unsigned i = 0; i < machine.context_count(); ++i) {
    if (Forget(holdings[i], id)) break;  // it is free now, whoever held it
  }
  if (!findings.Hit(Hazard::kOwner, locks[id].lock_class)) return;
  Finding finding;
  finding.title = absl::StrCat("release of ", locks[id].name, ", which its releaser does not hold");
  finding.accesses.push_back(HereAndNow(pc, absl::StrCat("releases ", locks[id].name), locks[id].name));
  finding.schedule = recorder.Rows({});
  findings.Add(std::move(finding), Hazard::kOwner);
}

}  // namespace

void JudgesBeginExecution() {
  lock_count = 1;
  lock_order.Forget();
  irq_usage.Forget();
}

void JudgesForgetContext(unsigned context) {
  Holdings& own = holdings[context];
  own.count = 0;
  own.waits_for_lock = own.waits_for_event = nullptr;
}

std::vector<std::string> HeldLockNames(unsigned context) {
  std::vector<std::string> names;
  const Holdings& own = holdings[context];
  for (unsigned i = 0; i < own.count; ++i) names.emplace_back(locks[own.held[i].lock].name);
  return names;
}

bool IsTakingLock(unsigned context) { return holdings[context].waits_for_lock != nullptr; }

std::vector<uint32_t> HeldLockIds(unsigned context) {
  std::vector<uint32_t> ids;
  const Holdings& own = holdings[context];
  for (unsigned i = 0; i < own.count; ++i) ids.push_back(own.held[i].lock);
  return ids;
}

std::string WaitsFor(unsigned context) {
  const Holdings& own = holdings[context];
  if (own.waits_for_lock != nullptr) return absl::StrCat("waits for ", own.waits_for_lock);
  if (own.waits_for_event != nullptr) return absl::StrCat("waits on ", own.waits_for_event);
  return "";
}

}  // namespace cfgtorture::model

namespace cfgtorture::observer {

using namespace model;  // NOLINT: this is the model's side of the observer

[[gnu::hot]] LockId LockCreated(const void* lock, const char* name, WaitType type, int subclass) {
  if (!machine.running()) return 0;
  CFGT_ASSERT(lock_count < locks.size());
  locks[lock_count] = {name, subclass, ClassOf(name), static_cast<judge::WaitType>(type)};
  if (recorder.on() && virtual_time != nullptr) [[unlikely]]
    virtual_time->LockCreated(lock_count, lock, name, type, subclass);
  return lock_count++;
}

[[gnu::hot]] bool LockWait(LockId id, How how) {
  if (id == 0 || id >= lock_count) return true;
  const Lock& lock = locks[id];
  if (audit.watches_calls() && audit.LeavesOutLock(CFGT_PC, id, lock.name)) [[unlikely]]
    return false;
  Holdings& own = holdings[machine.current()];
  own.waits_for_lock = lock.name;
  if (recorder.on() && virtual_time != nullptr) [[unlikely]]
    virtual_time->LockWait(id);
  findings.Opportunity(Hazard::kContext);
  if (lock.type != judge::WaitType::kSpin) CheckWaitType(lock, CFGT_PC);
  if (own.count == 0) return true;
  findings.Opportunity(Hazard::kLockOrder);
  CheckOrder(lock, id, how, CFGT_PC);
  return true;
}

[[gnu::hot]] void LockAcquired(LockId id, How how) {
  if (id == 0 || id >= lock_count) return;
  const Lock& lock = locks[id];
  Holdings& own = holdings[machine.current()];
  own.waits_for_lock = nullptr;
  CFGT_ASSERT(own.count < kMaxHeld);
  const bool shared = how == How::kShared || how == How::kTryShared;
  const bool tried = how == How::kTryExclusive || how == How::kTryShared;
  own.held[own.count++] = {CFGT_PC, id, lock.subclass, lock.lock_class, shared, tried};
  const bool hardirq = machine.context().kind == engine::Context::kHardirq;
  // A trylock in hardirq cannot wait for whom it interrupted, and marks nothing.
  if (!irq_usage.Knows(lock.lock_class, hardirq) && !(hardirq && tried) && (hardirq || !machine.irqs_off())) {
    CheckIrqUsage(lock.lock_class, CFGT_PC);
  }
  if (recorder.on()) [[unlikely]]
    Took(lock, id, how, CFGT_PC);
}

[[gnu::hot]] bool LockReleased(LockId id) {
  if (id == 0 || id >= lock_count) return true;
  if (recorder.on() && !audit.IsLeftOut(id)) [[unlikely]]
    Drops(id, CFGT_PC);
  findings.Opportunity(Hazard::kOwner);
  Holdings& own = holdings[machine.current()];
  if (own.count != 0 && own.held[own.count - 1].lock == id) [[likely]] {
    --own.count;
    return true;
  }
  if (audit.watches_calls() && audit.WasLeftOut(id)) return false;
  ReleasedOutOfOrder(id, CFGT_PC);
  return true;
}

bool Wakes() { return !audit.watches_calls() || !audit.LeavesOutWakeUp(CFGT_PC); }

void MightSleep(const char* what) {
  const Holdings& own = holdings[machine.current()];
  findings.Opportunity(Hazard::kContext);
  // Blocking on a sleeping lock inside another is what rt does; only a raw one forbids schedule() itself.
  const judge::WaitType bound = std::strcmp(what, "schedule") == 0 ? judge::WaitType::kSpin : judge::WaitType::kConfig;
  const judge::ContextFault fault = judge::CheckSleep(SituationNow(), TightestHeld(own) <= bound);
  if (fault != judge::ContextFault::kNone) [[unlikely]]
    ReportContext(fault, CFGT_PC, what, 0xff);
}

void WaitBegin(const void*, const char* name) {
  holdings[machine.current()].waits_for_event = name;
  if (recorder.on()) recorder.RowAs(RowKind::kWait, name, "waits on ", name);
  if (virtual_time != nullptr) virtual_time->Blocked();
}

void WaitEnd(const void*) {
  Holdings& own = holdings[machine.current()];
  if (recorder.on() && own.waits_for_event != nullptr)
    recorder.RowAs(RowKind::kWaitEnd, own.waits_for_event, "stops waiting on ", own.waits_for_event);
  own.waits_for_event = nullptr;
  ++machine.context().progress;
}

void Violation(Hazard hazard, const char* text) {
  if (!machine.running()) return;
  if (!findings.Hit(hazard, recorder.Normalised(reinterpret_cast<uintptr_t>(text)) & 0xffffffffff)) return;
  Finding finding;
  finding.title = text;
  recorder.Row("! ", text);
  finding.accesses.push_back(HereAndNow(CFGT_PC, text, ""));
  finding.schedule = recorder.Rows({});
  if (!finding.schedule.empty()) finding.schedule.back().clash = true;
  findings.Add(std::move(finding), hazard);
}

}  // namespace cfgtorture::observer
