// observer.h in the model: numbers the locks and classes, keeps what each context holds, asks the judges, reports.
#include "harness/model/judges.h"

#include <array>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "harness/judge/context.h"
#include "harness/judge/lock_order.h"
#include "harness/kernel/observer.h"
#include "harness/model/assert.h"
#include "harness/model/findings.h"
#include "harness/model/machine.h"
#include "harness/model/recorder.h"

#define CFGT_PC reinterpret_cast<uintptr_t>(__builtin_return_address(0))

namespace cfgtorture::model {
namespace {

constexpr unsigned kMaxHeld = 24;

struct Lock {
  const char* name;
  judge::ClassId lock_class;
  judge::WaitType type;
  int subclass;
};

// What a context holds and waits for.
struct Holdings {
  judge::HeldLock held[kMaxHeld];
  unsigned count = 0;
  const char* waits_for_lock = nullptr;
  const char* waits_for_event = nullptr;
};

std::vector<Lock> locks;                                  // of this execution; index is the id, 0 is nobody
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
  recorder.Row(absl::StrCat("! ", what, " in ", DescribeSituation()));
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
  recorder.Row(absl::StrCat("! waits for ", class_names[cycle.back().to], ": closes ", chain));
  finding.schedule = recorder.Rows({});
  if (!finding.schedule.empty()) finding.schedule.back().clash = true;
  findings.Add(std::move(finding), Hazard::kLockOrder);
}

void ReportIrqUsage(judge::ClassId lock_class, uintptr_t pc) {
  if (!findings.Hit(Hazard::kLockOrder, 0xff000000u + lock_class)) return;
  const judge::IrqUsage::Usage& usage = irq_usage.usage(lock_class);
  Finding finding;
  finding.title = absl::StrCat(judge::TextOf(judge::ContextFault::kIrqUnsafe), ": ", class_names[lock_class]);
  finding.accesses.push_back(HereAndNow(pc, absl::StrCat("takes ", class_names[lock_class]), class_names[lock_class]));
  finding.accesses.push_back(AtSite(usage.hardirq_site, "taken in hardirq", class_names[lock_class]));
  finding.accesses.push_back(AtSite(usage.irqs_on_site, "held with interrupts on", class_names[lock_class]));
  finding.schedule = recorder.Rows({});
  findings.Add(std::move(finding), Hazard::kLockOrder);
}

}  // namespace

void JudgesBeginExecution() {
  locks.resize(1);
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

std::string WaitsFor(unsigned context) {
  const Holdings& own = holdings[context];
  if (own.waits_for_lock != nullptr) return absl::StrCat("waits for ", own.waits_for_lock);
  if (own.waits_for_event != nullptr) return absl::StrCat("waits on ", own.waits_for_event);
  return "";
}

}  // namespace cfgtorture::model

namespace cfgtorture::observer {

using namespace model;  // NOLINT: this is the model's side of the observer

LockId LockCreated(const void*, const char* name, WaitType type, int subclass) {
  if (!machine.running()) return 0;
  locks.push_back({name, ClassOf(name), static_cast<judge::WaitType>(type), subclass});
  return static_cast<LockId>(locks.size() - 1);
}

void LockWait(LockId id, How how) {
  if (id == 0 || id >= locks.size()) return;
  const Lock& lock = locks[id];
  Holdings& own = holdings[machine.current()];
  own.waits_for_lock = lock.name;
  findings.Opportunity(Hazard::kContext);
  // Spinning is legal everywhere.
  const judge::ContextFault fault = lock.type == judge::WaitType::kSpin
                                        ? judge::ContextFault::kNone
                                        : judge::CheckWait(SituationNow(), lock.type, TightestHeld(own));
  if (fault != judge::ContextFault::kNone) [[unlikely]] {
    ReportContext(fault, CFGT_PC, recorder.on() ? absl::StrCat("waits for ", lock.name).c_str() : "", lock.lock_class);
  }
  if (own.count == 0) return;
  findings.Opportunity(Hazard::kLockOrder);
  judge::LockOrder::Cycle cycle;
  lock_order.Wait(machine.current(), own.held, own.count,
                  {id, lock.lock_class, lock.subclass, how == How::kShared, CFGT_PC, false}, &cycle);
  if (!cycle.empty()) [[unlikely]]
    ReportCycle(cycle, CFGT_PC);
}

void LockAcquired(LockId id, How how) {
  if (id == 0 || id >= locks.size()) return;
  const Lock& lock = locks[id];
  Holdings& own = holdings[machine.current()];
  own.waits_for_lock = nullptr;
  CFGT_ASSERT(own.count < kMaxHeld);
  own.held[own.count++] = {id,
                           lock.lock_class,
                           lock.subclass,
                           how == How::kShared || how == How::kTryShared,
                           CFGT_PC,
                           how == How::kTryExclusive || how == How::kTryShared};
  // Nothing new is learnt from what this context has been seen to do in this execution.
  const judge::IrqUsage::Usage& usage = irq_usage.usage(lock.lock_class);
  const bool hardirq = machine.context().kind == engine::Context::kHardirq;
  // A trylock in hardirq cannot wait for whom it interrupted, and marks nothing.
  const bool tried = how == How::kTryExclusive || how == How::kTryShared;
  if (hardirq ? !usage.in_hardirq && !tried : !usage.with_irqs_on && !machine.irqs_off()) {
    if (irq_usage.Acquired(lock.lock_class, SituationNow(), CFGT_PC) != judge::ContextFault::kNone) [[unlikely]] {
      ReportIrqUsage(lock.lock_class, CFGT_PC);
    }
  }
  if (recorder.on()) recorder.Row(absl::StrCat("takes ", lock.name, how == How::kShared ? " (shared)" : ""));
}

void LockReleased(LockId id) {
  if (id == 0 || id >= locks.size()) return;
  if (recorder.on()) recorder.Row(absl::StrCat("drops ", locks[id].name));
  findings.Opportunity(Hazard::kOwner);
  if (Forget(holdings[machine.current()], id)) return;
  for (unsigned i = 0; i < machine.context_count(); ++i) {
    if (Forget(holdings[i], id)) break;  // it is free now, whoever held it
  }
  if (!findings.Hit(Hazard::kOwner, locks[id].lock_class)) return;
  Finding finding;
  finding.title = absl::StrCat("release of ", locks[id].name, ", which its releaser does not hold");
  finding.accesses.push_back(HereAndNow(CFGT_PC, absl::StrCat("releases ", locks[id].name), locks[id].name));
  finding.schedule = recorder.Rows({});
  findings.Add(std::move(finding), Hazard::kOwner);
}

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
  if (recorder.on()) recorder.Row(absl::StrCat("waits on ", name));
}

void WaitEnd(const void*) {
  Holdings& own = holdings[machine.current()];
  if (recorder.on() && own.waits_for_event != nullptr)
    recorder.Row(absl::StrCat("stops waiting on ", own.waits_for_event));
  own.waits_for_event = nullptr;
  ++machine.context().progress;
}

void Violation(Hazard hazard, const char* text) {
  if (!machine.running()) return;
  if (!findings.Hit(hazard, recorder.Normalised(reinterpret_cast<uintptr_t>(text)) & 0xffffffffff)) return;
  Finding finding;
  finding.title = text;
  recorder.Row(absl::StrCat("! ", text));
  finding.accesses.push_back(HereAndNow(CFGT_PC, text, ""));
  finding.schedule = recorder.Rows({});
  if (!finding.schedule.empty()) finding.schedule.back().clash = true;
  findings.Add(std::move(finding), hazard);
}

}  // namespace cfgtorture::observer
