// What the judges found in the model, as findings: with the schedule, if they are to be told.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "harness/judge/lock_findings.h"
#include "harness/model/findings.h"
#include "harness/model/judge_state.h"
#include "harness/model/judges.h"
#include "harness/model/recorder.h"
#include "harness/pci/hardware/hardware.h"

namespace cfgtorture::model {
namespace {

std::string InstanceOf(uint32_t lock) {
  unsigned ordinal = 0, all = 0;
  for (uint32_t i = 1; i < judged.lock_count; ++i) {
    if (judged.locks[i].as_held.lock_class != judged.locks[lock].as_held.lock_class) continue;
    ++all;
    if (i <= lock) ++ordinal;
  }
  return all > 1 ? absl::StrCat("#", ordinal) : "";
}

Access AccessAt(const judge::Place& place) {
  Access access;
  const MachineContext& context = machine.at(place.context);
  access.task = context.name;
  access.cpu = context.cpu;
  access.context = NameOf(context.kind);
  access.stack = place.stack != 0 ? judged.stacks[place.stack - 1] : recorder.Frames(place.site, {});
  return access;
}

judge::Evidence EvidenceNow(uintptr_t pc) {
  return {.class_of =
              [](judge::ClassId lock_class) {
                const JudgedClass& of = judged.classes[lock_class];
                return judge::ClassText{of.name, of.subclass, of.type};
              },
          .instance_of = InstanceOf,
          .access_at = AccessAt,
          .usage = judged.irq_usage,
          .held = judged.holdings[machine.current()].held,
          .situation = SituationNow(),
          .now = HereAndNow(pc, "", "")};
}

void Tell(Finding finding, Hazard hazard, const std::string& row) {
  recorder.Row("! ", row);
  finding.schedule = recorder.Rows({});
  if (!finding.schedule.empty()) finding.schedule.back().clash = true;
  findings.Add(std::move(finding), hazard);
}
void Tell(Finding finding, Hazard hazard) {
  const std::string row = finding.title;
  Tell(std::move(finding), hazard, row);
}

}  // namespace

Access HereAndNow(uintptr_t pc, std::string what, std::string location) {
  Access access = AccessAt({.context = machine.current()});
  access.what = std::move(what);
  access.location = std::move(location);
  access.locks_held = HeldLockNames(machine.current());
  access.stack = recorder.StackNow(pc);
  return access;
}

void ReportContext(judge::ContextFault fault, uintptr_t pc, const char* what, uint64_t key,
                   const judge::HeldLock* wanted) {
  if (!findings.Hit(Hazard::kContext, key << 8 | static_cast<uint64_t>(fault))) return;
  Tell(judge::ContextFinding(EvidenceNow(pc), fault, what, wanted), Hazard::kContext,
       absl::StrCat(what, " in ", judge::TextOf(SituationNow())));
}

void ReportCycle(const judge::LockOrder::Path& cycle, const judge::HeldLock& wanted) {
  if (!findings.Hit(Hazard::kLockOrder, judge::KeyOf(cycle))) return;
  Finding finding = judge::CycleFinding(EvidenceNow(wanted.place.site), cycle, wanted);
  const std::string row = absl::StrCat("waits for ", judged.classes[wanted.lock_class].name, ": closes ",
                                       finding.title.substr(finding.title.find(": ") + 2));
  Tell(std::move(finding), Hazard::kLockOrder, row);
}

void ReportInconsistent(judge::IrqUsage::IrqLevel level, const judge::HeldLock& taken) {
  if (!findings.Hit(Hazard::kLockOrder, 0xff000000u + level * 0x100u + taken.lock_class)) return;
  Tell(judge::InconsistentFinding(EvidenceNow(taken.place.site), level, taken), Hazard::kLockOrder);
}

void ReportInversion(const judge::IrqUsage::Inversion& inversion, uintptr_t pc) {
  const uint64_t key = 0xfe000000u + inversion.level * 0x10000u + inversion.safe * 0x100u + inversion.unsafe;
  if (!findings.Hit(Hazard::kLockOrder, key)) return;
  Tell(judge::InversionFinding(EvidenceNow(pc), inversion), Hazard::kLockOrder);
}

void ReportRelease(uint32_t lock, int holder, uintptr_t pc) {
  const JudgedLock& of = judged.locks[lock];
  if (!findings.Hit(Hazard::kOwner, of.as_held.lock_class)) return;
  judge::HeldLock released;
  released.lock_class = of.as_held.lock_class;
  released.place = PlaceNow(pc, lock);
  Tell(judge::ReleaseFinding(EvidenceNow(pc), released,
                             holder < 0 ? "nobody" : machine.at(static_cast<unsigned>(holder)).name),
       Hazard::kOwner, absl::StrCat("releases ", of.name, ", which it does not hold"));
}

void ReportHeldAtEnd(unsigned context) {
  const judge::HeldLock& lock = judged.holdings[context].held[0];
  if (!findings.Hit(Hazard::kOwner, 0x1000u + lock.lock_class)) return;
  Tell(judge::HeldAtEndFinding(EvidenceNow(lock.place.site)), Hazard::kOwner);
}

void ReportFreed(const judge::HeldLock& use, bool held, uintptr_t pc) {
  if (!findings.Hit(Hazard::kOwner, 0x2000u + (held ? 0u : 0x100u) + use.lock_class)) return;
  Tell(judge::FreedFinding(EvidenceNow(pc), use, held), Hazard::kOwner,
       absl::StrCat("frees ", judged.classes[use.lock_class].name, held ? ", which is held by " : ", awaited by ",
                    machine.at(use.place.context).name));
}

void ReportBlockLeft(const judge::Blocks::Block& block) {
  if (!findings.Hit(Hazard::kOwner, 0x3000u + block.function)) return;
  const char* const function = hw::Function(static_cast<hw::FunctionId>(block.function)).name;
  Tell(judge::BlockLeftFinding(function, AccessAt(block.by)), Hazard::kOwner,
       absl::StrCat("the program ends, ", function, " is still blocked"));
}

void ReportViolation(Hazard hazard, const char* text, uintptr_t pc) {
  if (!findings.Hit(hazard, recorder.Normalised(reinterpret_cast<uintptr_t>(text)) & 0xffffffffff)) return;
  Finding finding;
  finding.title = text;
  finding.accesses.push_back(HereAndNow(pc, text, ""));
  Tell(std::move(finding), hazard);
}

// The stack that this is called on is given up: what its caller has made for `told` is ended here, or never.
void ReportMisuse(uintptr_t pc, std::string&& told) {
  {
    const std::string how = std::move(told);
    if (findings.Hit(Hazard::kAssertion, recorder.Normalised(pc))) {
      Finding finding;
      finding.title = absl::StrCat("the program ", how);
      finding.accesses.push_back(HereAndNow(pc, how, ""));
      Tell(std::move(finding), Hazard::kAssertion);
    }
  }
  machine.Stop("the program asks the machine for what there is not");
}

}  // namespace cfgtorture::model
