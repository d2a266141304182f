#include "harness/model/findings.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "harness/model/abi.h"
#include "harness/model/assert.h"
#include "harness/model/judge_state.h"
#include "harness/model/judges.h"
#include "harness/model/recorder.h"
#include "harness/pci/hardware/machine.h"

namespace cfgtorture::model {

Findings findings;

namespace {

uint64_t Key(Hazard hazard, uint64_t key) { return (key << 8 | static_cast<uint64_t>(hazard)) + 1; }

bool Contains(const std::vector<uint64_t>& keys, uint64_t key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::string Quoted(unsigned context) { return absl::StrCat("\"", machine.at(context).name, "\""); }

// What a context waits for, in words: "spins on global flag", "parked, waits on pci_cfg_wait".
std::string WaitText(unsigned number) {
  const MachineContext& context = machine.at(number);
  if (context.state == State::kJoining) {
    std::vector<std::string> awaited;
    ForEachBit(context.awaited, [&](unsigned other) { awaited.push_back(Quoted(other)); });
    return absl::StrCat("waits for the end of ", absl::StrJoin(awaited, ", "));
  }
  const std::string what = WaitsFor(number);
  if (!what.empty()) return absl::StrCat(NameOf(context.state), ", ", what);
  const Recorder::LoggedAccess* const last = recorder.LastOf(number);
  if (context.state != State::kSpinning || last == nullptr || !last->note.empty()) return NameOf(context.state);
  return absl::StrCat(NameOf(context.state), " on ", recorder.DescribeAddress(last->address));
}

// A task that has not ended, and where: of a loop, the last that it looked at.
Access WaitOf(unsigned number) {
  const MachineContext& context = machine.at(number);
  const Recorder::LoggedAccess* const last = context.state == State::kSpinning ? recorder.LastOf(number) : nullptr;
  Access access;
  access.what = WaitText(number);
  access.task = context.name;
  access.cpu = context.cpu;
  access.context = NameOf(context.kind);
  access.locks_held = HeldLockNames(number);
  access.stack = recorder.StackOf(number, last != nullptr ? last->pc : recorder.waits_at(number));
  return access;
}

// Every task that has not ended, but for those of `but`; the init task's wait left out, if it is not the only one.
std::vector<std::pair<unsigned, Access>> WaitsBut(uint64_t but) {
  std::vector<std::pair<unsigned, Access>> waits;
  for (unsigned i = machine.context_count(); i-- > 0;) {
    const State state = machine.at(i).state;
    if ((but & Bit(i)) != 0 || state == State::kEnded || state == State::kIdle || state == State::kReady) continue;
    if (i != 0 || state != State::kJoining || waits.empty()) waits.emplace_back(i, WaitOf(i));
  }
  std::reverse(waits.begin(), waits.end());
  return waits;
}

// "reader on CPU1 spins, waits for pci_lock; ...".
std::string TextOf(const std::vector<std::pair<unsigned, Access>>& waits) {
  std::string text;
  for (const auto& [number, access] : waits) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", access.task, " on CPU", access.cpu, " ", access.what,
                    access.locks_held.empty() ? "" : ", holds ", absl::StrJoin(access.locks_held, ", "));
  }
  return text;
}

uint64_t KeyOfStuckTasks() {
  uint64_t key = 0;
  for (unsigned i = 0; i < machine.context_count(); ++i) {
    const State state = machine.at(i).state;
    if (state == State::kSpinning || state == State::kParked || (i != 0 && state == State::kJoining)) {
      key = key * 31 + uint64_t{i} * 8 + static_cast<unsigned>(state);
    }
  }
  return key & 0xffffffff;
}

// Which locks the two hold, and how far the later one's context knows the earlier one's.
void ExplainRace(const Recorder::LoggedAccess& earlier, const Recorder::LoggedAccess& later, Finding& finding) {
  const auto holds = [](const Recorder::LoggedAccess& access) {
    return absl::StrCat(Quoted(access.context), " holds ",
                        access.locks.empty() ? "nothing" : absl::StrJoin(access.locks, ", "));
  };
  std::string common, alike;
  for (size_t i = 0; i < earlier.lock_ids.size(); ++i) {
    for (size_t k = 0; k < later.lock_ids.size(); ++k) {
      if (earlier.lock_ids[i] == later.lock_ids[k]) {
        common = earlier.locks[i];
      } else if (earlier.locks[i] == later.locks[k]) {
        alike = earlier.locks[i];
      }
    }
  }
  std::string& text = finding.unordered;
  text = absl::StrCat(
      common.empty() ? "No lock in common: " : absl::StrCat("Both hold ", common, ", which does not exclude them: "),
      holds(earlier), ", ", holds(later), ".");
  if (!alike.empty()) absl::StrAppend(&text, " Each holds a ", alike, ", but not the same one.");
  const uint32_t known = machine.races().Knows(earlier.context);
  const std::string who = Quoted(earlier.context), reader = Quoted(later.context);
  if (known == 0) {
    absl::StrAppend(&text, " ", reader, " has acquired nothing that ", who, " released since it began.");
    return;
  }
  const Recorder::LoggedAccess* last = recorder.LastKnown(earlier.context, known);
  absl::StrAppend(&text, " The last that ", reader, " has acquired of ", who, " was released ",
                  last != nullptr ? absl::StrCat("at step ", last->step) : std::string("earlier"), ", before ", who,
                  "'s access at step ", earlier.step, "; since then ", who, " has released nothing that ", reader,
                  " acquired.");
  if (last != nullptr) finding.last_ordered.push_back(recorder.Describe(*last));
}

std::vector<std::pair<unsigned, Access>> stuck_before_asking;
uint64_t stuck_key = 0;
uint64_t parked_before_asking = 0;

}  // namespace

std::string WhoWaits(uint64_t but) { return TextOf(WaitsBut(but)); }

bool Findings::Hit(Hazard hazard, uint64_t key) {
  // Whoever was woken only to be asked runs in a state that no real run reaches.
  if (machine.asking() && hazard != Hazard::kLostWakeup && hazard != Hazard::kDeadlock) return false;
  const uint64_t full = Key(hazard, key);
  if (recording_) {
    if (!Contains(wanted_, full)) return false;
    wanted_.erase(std::find(wanted_.begin(), wanted_.end(), full));
    if (!IsKnown(full)) known_.push_back({full, 1, execution_, absl::StrCat("f", count_ + built_.size() + 1)});
    hit_ = full;
    return true;
  }
  if (muted_) {
    muted_mask_ |= uint64_t{1} << static_cast<unsigned>(hazard);
    if (!seen_.hit && (full == watched_[0] || full == watched_[1])) {
      seen_ = {true, machine.preemptions() + machine.interrupts(), machine.steps(), machine.choice().made()};
      machine.StopSoon();
    }
    return false;
  }
  found_mask_ |= uint64_t{1} << static_cast<unsigned>(hazard);
  Tally& tally = tallies_[static_cast<size_t>(hazard)];
  ++tally.hits;
  const int64_t execution = static_cast<int64_t>(execution_);
  if (tally.last_execution != execution) {
    tally.last_execution = execution;
    ++tally.executions;
    if (tally.first_execution < 0) tally.first_execution = execution;
    const int preemptions = static_cast<int>(machine.preemptions() + machine.interrupts());
    if (tally.fewest_preemptions < 0 || preemptions < tally.fewest_preemptions) tally.fewest_preemptions = preemptions;
  }
  for (Known& known : known_) {
    if (known.key != full) continue;
    known.executions += known.last_execution != execution_;
    known.last_execution = execution_;
    return false;
  }
  if (!Contains(wanted_, full) && wanted_.size() < 64) wanted_.push_back(full);
  return false;
}

void Findings::Add(Finding finding, Hazard hazard, uint64_t other_key) {
  finding.hazard = std::string(NameOf(hazard));
  finding.first_execution = execution_;
  finding.preemptions = static_cast<int>(machine.preemptions() + machine.interrupts());
  built_.push_back({std::move(finding), {hit_, other_key == 0 ? hit_ : Key(hazard, other_key)}});
}

void Findings::BeginRecording() {
  recording_ = true;
  built_.clear();
}

void Findings::RecordAgain(const Keys& keys) {
  CFGT_ASSERT(wanted_.empty());
  wanted_.push_back(keys[0]);
  if (keys[1] != keys[0]) wanted_.push_back(keys[1]);
  BeginRecording();
}

void Findings::Watch(const Keys& keys) {
  watched_ = keys;
  seen_ = {};
  muted_mask_ = 0;
}

bool Findings::muted_hit(std::string_view hazard) const {
  for (unsigned i = 0; i < kHazardCount; ++i) {
    if ((muted_mask_ >> i & 1) != 0 && NameOf(static_cast<Hazard>(i)) == hazard) return true;
  }
  return false;
}

std::vector<BuiltFinding> Findings::EndRecording() {
  recording_ = false;
  // A key that the recorded execution did not meet again would be met for ever: the caller reports it as divergence.
  for (const uint64_t key : wanted_) {
    if (!IsKnown(key)) known_.push_back({key, 1, execution_, ""});
  }
  wanted_.clear();
  return std::move(built_);
}

uint64_t Findings::CountOf(const std::string& id) const {
  for (const Known& known : known_) {
    if (known.id == id) return known.executions;
  }
  return 1;
}

// ---- the machine's events
// ----------------------------------------------------------------------------------------------

void ContextEnded(unsigned context) {
  if (machine.asking() && (parked_before_asking >> context & 1) != 0) machine.at(context).progress = 1;
  JudgesContextEnds(context);
  if (recorder.on()) recorder.RowAs(RowKind::kEnd, "", "ends");
}

void ProgramEnded() {
  if (!machine.asking()) JudgesProgramEnds();
}

void InterruptBegins(unsigned, int vector) {
  if (!recorder.on()) return;
  recorder.RowAs(RowKind::kInterrupt, "",
                 vector < 0 ? std::string("timer fires") : absl::StrCat("interrupt, vector ", vector));
}

void InterruptEnds(unsigned context) {
  JudgesContextEnds(context);
  if (recorder.on()) recorder.RowAs(RowKind::kInterruptEnd, "", "returns from interrupt");
}

void ClockMoved(uint64_t now_ns) {
  if (recorder.on())
    recorder.RowAs(RowKind::kClock, "",
                   absl::StrFormat("-- the clock moves to %.3f ms --", static_cast<double>(now_ns) / 1e6));
}

void SleptInAtomic() {
  const unsigned context = machine.current();
  if (!findings.Hit(Hazard::kContext, 0x800000 + context)) return;
  Finding finding;
  finding.title = absl::StrCat("scheduling while atomic: ", machine.at(context).name, " would sleep ",
                               machine.at(context).kind == engine::Context::kTask
                                   ? (machine.irqs_off() ? "with interrupts off" : "with preemption off")
                                   : "in interrupt context");
  finding.accesses.push_back(HereAndNow(recorder.waits_at(context), "would sleep", ""));
  recorder.Row("! would sleep");
  finding.schedule = recorder.Rows({});
  if (!finding.schedule.empty()) finding.schedule.back().clash = true;
  findings.Add(std::move(finding), Hazard::kContext);
}

void EverybodyStuck() {
  stuck_before_asking.clear();
  if (recorder.on()) stuck_before_asking = WaitsBut(0);
  stuck_key = KeyOfStuckTasks();
  parked_before_asking = 0;
  for (unsigned i = 0; i < machine.context_count(); ++i) {
    if (machine.at(i).state == State::kParked) parked_before_asking |= uint64_t{1} << i;
  }
  if (recorder.on()) recorder.RowOf(0, absl::StrCat("-- everybody waits: ", TextOf(stuck_before_asking), " --"));
}

// Whoever went on although nobody had woken him had lost a wake-up; if nobody did, they wait for one another.
void JudgeAfterAsking(bool ended) {
  bool lost = false;
  for (unsigned i = 0; i < machine.context_count(); ++i) {
    if ((parked_before_asking >> i & 1) != 0 && machine.at(i).progress != 0) lost = true;
  }
  if (!lost && ended) lost = true;
  const Hazard hazard = lost ? Hazard::kLostWakeup : Hazard::kDeadlock;
  if (!findings.Hit(hazard, stuck_key)) return;
  Finding finding;
  if (lost) {
    finding.title = "lost wake-up: a task sleeps though its condition holds, and nobody is left to wake it";
    for (unsigned i = 0; i < machine.context_count(); ++i) {
      if ((parked_before_asking >> i & 1) == 0 || machine.at(i).progress == 0) continue;
      recorder.RowOf(i, "asked to look again, it goes on: nobody would have woken it");
    }
  } else {
    finding.title = "deadlock: nobody can run";
  }
  finding.detail = TextOf(stuck_before_asking);
  for (const auto& [number, access] : stuck_before_asking) {
    const bool goes_on = (parked_before_asking >> number & 1) != 0 && machine.at(number).progress != 0;
    if (!lost || goes_on) finding.waiting.push_back(access);
  }
  finding.schedule = recorder.Rows({});
  if (!finding.schedule.empty()) finding.schedule.back().clash = true;
  findings.Add(std::move(finding), hazard);
}

void StillStuck() { JudgeAfterAsking(false); }

void EndedAfterAsking(bool completed) { JudgeAfterAsking(completed); }

// What the write of the two changed. If it is the later one, it is yet to be made.
static void TellValues(const Recorder::LoggedAccess& earlier, const Recorder::LoggedAccess& later) {
  if (earlier.address != later.address || earlier.size != later.size || later.size > 8) return;
  const auto text = [width = static_cast<int>(2 * later.size)](uint64_t before, uint64_t after) {
    return absl::StrFormat("0x%0*x -> 0x%0*x", width, before, width, after);
  };
  if (earlier.write) {
    findings.At(findings.added() - 1).value_changed = text(earlier.value, later.value);
    return;
  }
  recorder.WhenMade([text, index = findings.added() - 1, later] {
    findings.At(index).value_changed = text(later.value, recorder.ValueAt(later.address, later.size));
  });
}

void RaceFound(uintptr_t pc, uintptr_t address, size_t size, bool write) {
  const bool freed = machine.races().hit_freed();
  racy_sites.RaceAt(address);
  if (const uint64_t writers = machine.races().TakeRacingWriters(); writers != 0 && machine.weak() != nullptr) {
    machine.weak()->Races(writers);
  }
  const Hazard hazard = freed ? Hazard::kUseAfterFree : Hazard::kDataRace;
  const RaceDetector::Conflict conflict = machine.races().conflict();
  if (!findings.Hit(hazard, recorder.Normalised(pc))) return;
  Finding finding;
  const Recorder::LoggedAccess* other =
      freed ? recorder.FreeOf(address) : recorder.Previous(conflict.context, address, size, conflict.atomic, write);
  std::vector<const Recorder::LoggedAccess*> clashing = {&recorder.Last()};
  finding.accesses.push_back(recorder.Describe(recorder.Last()));
  if (other != nullptr) {
    finding.accesses.push_back(recorder.Describe(*other));
    clashing.push_back(other);
  }
  if (freed) {
    finding.title = absl::StrCat("use after free: ", finding.accesses[0].what, " in ", finding.accesses[0].location);
    if (other != nullptr) absl::StrAppend(&finding.title, ", freed by ", finding.accesses[1].task);
  } else {
    finding.title = absl::StrCat("data race: ", finding.accesses[0].what, " against ",
                                 other != nullptr ? finding.accesses[1].what : "an earlier access", ", ",
                                 finding.accesses[0].location);
    finding.detail =
        "No happens-before orders the two: no lock, release/acquire pair, task start or end, or "
        "interrupts-off section lies between them.";
    if (other != nullptr) ExplainRace(*other, recorder.Last(), finding);
  }
  finding.schedule = recorder.Rows(clashing);
  const bool race = other != nullptr && !freed;
  const Recorder::LoggedAccess earlier = race ? *other : Recorder::LoggedAccess{};
  findings.Add(std::move(finding), hazard, race ? recorder.Normalised(other->pc) : 0);
  if (race) TellValues(earlier, recorder.Last());
}

void DeadFrame(uintptr_t pc, unsigned owner) {
  if (owner >= machine.context_count()) return;
  if (findings.Hit(Hazard::kDeadEntry, recorder.Normalised(pc))) {
    Finding finding;
    recorder.LastIsDead();
    finding.accesses.push_back(recorder.Describe(recorder.Last()));
    const MachineContext& who = machine.at(owner);
    finding.title =
        absl::StrCat("dead entry: ", finding.accesses[0].what, " on the stack of \"", who.name,
                     who.state == State::kEnded ? "\", which has ended" : "\", in a frame that has returned");
    finding.detail =
        "What was linked there belonged to a function that has unlinked it and returned; a real machine now "
        "calls through whatever the frame's next user left in it.";
    finding.schedule = recorder.Rows({&recorder.Last()});
    findings.Add(std::move(finding), Hazard::kDeadEntry);
  }
  machine.End(EndReason::kStopped);
}

void WildAccess(uintptr_t pc, uintptr_t address, size_t size, bool write) {
  // 0x100 and 0x122 are what an unlinked list entry's links read as (kernel/wait_queue.cc): whoever follows them walked
  // onto an entry that its owner had unlinked.
  const bool poison = address - 0x100 < 0x100;
  const Hazard hazard = poison ? Hazard::kDeadEntry : Hazard::kCrash;
  if (findings.Hit(hazard, recorder.Normalised(pc))) {
    Finding finding;
    finding.title =
        absl::StrFormat("%s: %s of %d bytes at 0x%x", poison ? "dead entry, through a poisoned link" : "wild access",
                        write ? "write" : "read", size, address);
    Access access;
    const MachineContext& context = machine.context();
    access.what = absl::StrFormat("%s of %d bytes", write ? "write" : "read", size);
    access.location = absl::StrFormat("address 0x%x", address);
    access.task = context.name;
    access.cpu = context.cpu;
    access.locks_held = HeldLockNames(machine.current());
    access.stack = recorder.StackNow(pc);
    finding.accesses.push_back(std::move(access));
    recorder.Row("! ", finding.title);
    finding.schedule = recorder.Rows({});
    if (!finding.schedule.empty()) finding.schedule.back().clash = true;
    findings.Add(std::move(finding), hazard);
  }
  machine.End(EndReason::kStopped);
}

void BadFree(uintptr_t pc, void* block) {
  if (!findings.Hit(Hazard::kUseAfterFree, recorder.Normalised(pc))) return;
  Finding finding;
  finding.title =
      absl::StrCat("free of what is not a live block: ", recorder.DescribeAddress(reinterpret_cast<uintptr_t>(block)));
  finding.schedule = recorder.Rows({});
  findings.Add(std::move(finding), Hazard::kUseAfterFree);
}

// A monitor of the hardware fired.
void HardwareHit(const hw::MonitorHit& hit) {
  const uint64_t key = static_cast<uint64_t>(hit.call) << 24 | static_cast<uint64_t>(hit.other_call) << 16 |
                       static_cast<uint64_t>(hit.origin) << 12;
  if (!findings.Hit(hit.hazard, key)) return;
  Finding finding;
  finding.title = absl::StrCat(NameOf(hit.call), " of ", hw::Function(hit.function).name, ": ", hit.text);
  finding.schedule = recorder.Rows({});
  const std::string task = machine.context().name;
  for (size_t i = finding.schedule.size(); i-- > 0;) {
    if (finding.schedule[i].task != task) continue;
    finding.schedule[i].clash = true;
    break;
  }
  Access access;
  access.what = NameOf(hit.call);
  access.location = hw::Function(hit.function).name;
  access.task = task;
  access.cpu = machine.context().cpu;
  access.locks_held = HeldLockNames(machine.current());
  access.stack = recorder.StackNow(0);
  finding.accesses.push_back(std::move(access));
  findings.Add(std::move(finding), hit.hazard);
}

}  // namespace cfgtorture::model
