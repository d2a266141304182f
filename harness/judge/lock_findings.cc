#include "harness/judge/lock_findings.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace cfgtorture::judge {
namespace {

// Texts about one piece of evidence.
class Teller {
 public:
  explicit Teller(const Evidence& evidence) : evidence_(evidence) {}

  std::string NameOf(ClassId lock_class) const { return TextOf(evidence_.class_of(lock_class)); }

  std::string ChainOf(const LockOrder::Path& path) const {
    std::string text;
    for (const OrderEdge& edge : path) absl::StrAppend(&text, NameOf(edge.from), " > ");
    return text + NameOf(path.back().to);
  }

  LockLine LineOf(ClassId lock_class, bool shared, bool tried, const Place& place) const {
    LockLine line;
    line.name = NameOf(lock_class);
    line.instance = evidence_.instance_of(place.lock);
    line.usage = evidence_.usage.Text(lock_class);
    // 1 free, 2 raw spinlock, 3 spinlock, 4 what sleeps: include/linux/lockdep_types.h, v6.12.
    const int type = static_cast<int>(evidence_.class_of(lock_class).type) + 1;
    line.wait_type = absl::StrCat(type, ":", type);
    line.how = absl::StrCat(shared ? "read" : "", shared && tried ? " " : "", tried ? "trylock" : "");
    line.taken = evidence_.access_at(place);
    return line;
  }
  LockLine LineOf(const HeldLock& lock) const {
    return LineOf(lock.lock_class, lock.shared, lock.by_trylock, lock.place);
  }

  // `leave_out`: a lock that was just taken is not yet held, for who reads of its taking.
  LockReport ReportOf(std::string heading, const HeldLock* wanted, bool leave_out = false) const {
    LockReport report;
    report.heading = std::move(heading);
    if (wanted != nullptr) report.wanted.push_back(LineOf(*wanted));
    for (const HeldLock& held : evidence_.held) {
      if (!leave_out || held.place.lock != wanted->place.lock) report.held.push_back(LineOf(held));
    }
    return report;
  }

  void AddChain(const LockOrder::Path& path, LockReport& report) const {
    for (const OrderEdge& edge : path) {
      report.chain.push_back(
          {LineOf(edge.from, edge.from_shared, false, edge.held), LineOf(edge.to, edge.to_shared, false, edge.wanted)});
    }
  }

  Access At(const Place& place, std::string what, std::string location) const {
    Access access = evidence_.access_at(place);
    access.what = std::move(what);
    access.location = std::move(location);
    return access;
  }
  Access Now(std::string what, std::string location) const {
    Access access = evidence_.now;
    access.what = std::move(what);
    access.location = std::move(location);
    return access;
  }

  void AddEdges(const LockOrder::Path& path, Finding& finding) const {
    for (const OrderEdge& edge : path) {
      finding.accesses.push_back(At(edge.wanted,
                                    absl::StrCat("waited for ", NameOf(edge.to), " with ", NameOf(edge.from), " held"),
                                    NameOf(edge.to)));
    }
  }

 private:
  const Evidence& evidence_;
};

struct LevelText {
  const char* irq;    // "hardirq"
  const char* upper;  // "HARDIRQ"
  const char* on;     // what is on: "interrupts"
};
LevelText TextOf(IrqUsage::IrqLevel level) {
  return level == IrqUsage::kHardirqs ? LevelText{"hardirq", "HARDIRQ", "interrupts"}
                                      : LevelText{"softirq", "SOFTIRQ", "softirqs"};
}

// The bound of what may be waited for there, as lockdep's task_wait_context() has it.
const char* BoundOf(const Situation& situation) {
  return situation.level == Level::kHardirq ? "2:2" : situation.level == Level::kSoftirq ? "3:3" : "5:5";
}

}  // namespace

std::string TextOf(const Situation& situation) {
  std::string text = situation.level == Level::kTask      ? "task context"
                     : situation.level == Level::kHardirq ? "hardirq"
                                                          : "softirq";
  if (situation.irqs_off && situation.level == Level::kTask) absl::StrAppend(&text, ", interrupts off");
  if (situation.preempt_off) absl::StrAppend(&text, ", preemption off");
  if (situation.rt) absl::StrAppend(&text, ", rt");
  return text;
}

std::string TextOf(const ClassText& lock_class) {
  return lock_class.subclass == 0 ? lock_class.name : absl::StrCat(lock_class.name, "/", lock_class.subclass);
}

Finding ContextFinding(const Evidence& evidence, ContextFault fault, const std::string& what, const HeldLock* wanted) {
  const Teller teller(evidence);
  const std::string situation = TextOf(evidence.situation);
  Finding finding;
  finding.title = absl::StrCat(TextOf(fault), ": ", what, " in ", situation);
  finding.accesses.push_back(teller.Now(what, situation));
  const bool wait = fault == ContextFault::kInvalidWait && wanted != nullptr;
  LockReport report =
      teller.ReportOf(wait ? "Invalid wait context" : "sleeping function called from invalid context", wanted);
  report.context = BoundOf(evidence.situation);
  finding.lock_report.push_back(std::move(report));
  return finding;
}

Finding CycleFinding(const Evidence& evidence, const LockOrder::Path& cycle, const HeldLock& wanted) {
  const Teller teller(evidence);
  const bool recursive = cycle.size() == 1;
  const OrderEdge& closing = cycle.back();
  const std::string chain = teller.ChainOf(cycle), name = teller.NameOf(wanted.lock_class);
  Finding finding;
  finding.title =
      absl::StrCat(recursive ? "possible recursive locking: " : "possible circular locking dependency: ", chain);
  if (!recursive) {
    finding.detail =
        "Each lock is waited for while the one before it is held. Nobody has blocked in this run; with the "
        "contexts at the right places, everybody would.";
  } else if (closing.held.lock != closing.wanted.lock) {
    finding.detail = closing.from == closing.to
                         ? "Two locks of one class, and nothing says which of them comes first: another context that "
                           "takes them the other way round waits for this one, and this one for it."
                         : "Two locks of one class, against their order along the topology: another context that takes "
                           "them along it waits for this one, and this one for it.";
  } else if (closing.from_shared && closing.to_shared) {
    finding.detail =
        "The semaphore is fair: a writer that queues between the two reads stops the second one, which waits for the "
        "writer, who waits for the first.";
  } else {
    finding.detail = "Who waits for it holds it already.";
  }
  finding.accesses.push_back(teller.Now(absl::StrCat("waits for ", name), name));
  teller.AddEdges(cycle, finding);
  LockReport report = teller.ReportOf(
      recursive ? "possible recursive locking detected" : "possible circular locking dependency detected", &wanted);
  teller.AddChain(cycle, report);
  finding.lock_report.push_back(std::move(report));
  return finding;
}

Finding InconsistentFinding(const Evidence& evidence, IrqUsage::IrqLevel level, const HeldLock& taken) {
  const Teller teller(evidence);
  const LevelText text = TextOf(level);
  const std::string name = teller.NameOf(taken.lock_class);
  Finding finding;
  finding.title =
      absl::StrCat("inconsistent lock state: taken in ", text.irq, ", and held with ", text.on, " on: ", name);
  finding.detail = "Whoever holds it can be interrupted, on the same CPU, by a handler that waits for it.";
  finding.accesses.push_back(teller.Now(absl::StrCat("takes ", name), name));
  finding.accesses.push_back(
      teller.At(evidence.usage.safe_place(level, taken.lock_class), absl::StrCat("taken in ", text.irq), name));
  finding.accesses.push_back(teller.At(evidence.usage.unsafe_place(level, taken.lock_class),
                                       absl::StrCat("held with ", text.on, " on"), name));
  LockReport report = teller.ReportOf("inconsistent lock state", &taken, /*leave_out=*/true);
  report.level = text.irq;
  report.irq_uses = {finding.accesses[1], finding.accesses[2]};
  finding.lock_report.push_back(std::move(report));
  return finding;
}

Finding InversionFinding(const Evidence& evidence, const IrqUsage::Inversion& inversion) {
  const Teller teller(evidence);
  const LevelText text = TextOf(inversion.level);
  const std::string safe = teller.NameOf(inversion.safe), unsafe = teller.NameOf(inversion.unsafe);
  Finding finding;
  finding.title =
      absl::StrCat(text.upper, "-safe -> ", text.upper, "-unsafe lock order: ", teller.ChainOf(inversion.path));
  finding.detail =
      absl::StrCat("Whoever holds ", unsafe, " with ", text.on, " on is interrupted by a handler that waits for ", safe,
                   "; whoever holds that waits for ", unsafe, ". Nobody has blocked in this run.");
  finding.accesses.push_back(teller.Now("completes the inversion", unsafe));
  teller.AddEdges(inversion.path, finding);
  LockReport report =
      teller.ReportOf(absl::StrCat(text.upper, "-safe -> ", text.upper, "-unsafe lock order detected"), nullptr);
  report.level = text.irq;
  report.irq_uses = {teller.At(evidence.usage.safe_place(inversion.level, inversion.safe),
                               absl::StrCat(safe, " taken in ", text.irq), safe),
                     teller.At(evidence.usage.unsafe_place(inversion.level, inversion.unsafe),
                               absl::StrCat(unsafe, " held with ", text.on, " on"), unsafe)};
  finding.accesses.insert(finding.accesses.end(), report.irq_uses.begin(), report.irq_uses.end());
  teller.AddChain(inversion.path, report);
  finding.lock_report.push_back(std::move(report));
  return finding;
}

Finding ReleaseFinding(const Evidence& evidence, const HeldLock& released, const std::string& holder) {
  const Teller teller(evidence);
  const std::string name = teller.NameOf(released.lock_class);
  Finding finding;
  finding.title = absl::StrCat("release of ", name, ", which its releaser does not hold");
  if (!holder.empty()) absl::StrAppend(&finding.title, ": ", holder, " does");
  finding.accesses.push_back(teller.Now(absl::StrCat("releases ", name), name));
  LockReport report = teller.ReportOf("bad unlock balance detected!", &released);
  report.holder = holder;
  finding.lock_report.push_back(std::move(report));
  return finding;
}

Finding HeldAtEndFinding(const Evidence& evidence) {
  const Teller teller(evidence);
  const HeldLock& lock = evidence.held[0];
  const std::string name = teller.NameOf(lock.lock_class);
  Finding finding;
  finding.title = absl::StrCat("\"", evidence.now.task, "\" ",
                               evidence.situation.level == Level::kTask ? "ends" : "returns", " with ", name, " held");
  finding.accesses.push_back(teller.At(lock.place, absl::StrCat("took ", name), name));
  finding.lock_report.push_back(teller.ReportOf("still has locks held!", nullptr));
  return finding;
}

Finding FreedFinding(const Evidence& evidence, const HeldLock& use, bool held) {
  const Teller teller(evidence);
  const std::string name = teller.NameOf(use.lock_class);
  Finding finding;
  finding.accesses.push_back(teller.Now(absl::StrCat("frees the memory of ", name), name));
  finding.accesses.push_back(teller.At(use.place, absl::StrCat(held ? "took " : "waits for ", name), name));
  finding.title = absl::StrCat("the memory of ", name, " goes away while \"", finding.accesses[1].task,
                               held ? "\" holds it" : "\" waits for it");
  finding.detail = held ? "Its release writes to whatever is there then."
                        : "Who waits for it reads, and takes, whatever is there then.";
  LockReport report = teller.ReportOf("held lock freed!", &use);
  report.holder = finding.accesses[1].task;
  finding.lock_report.push_back(std::move(report));
  return finding;
}

Finding BlockLeftFinding(const std::string& function, Access by) {
  Finding finding;
  finding.title = absl::StrCat("the configuration space of ", function, " is still blocked at the program's end");
  finding.detail = absl::StrCat("\"", by.task,
                                "\" has blocked it, and nobody is left to give it back: every user access waits for "
                                "ever from now on, and so does the next who wants the block.");
  by.what = absl::StrCat("blocked ", function);
  by.location = function;
  finding.accesses.push_back(std::move(by));
  return finding;
}

uint64_t KeyOf(const LockOrder::Path& cycle) {
  uint64_t key = 0;
  for (const OrderEdge& edge : cycle) key |= uint64_t{1} << edge.to;
  if (cycle.size() == 1) key |= uint64_t{1} << cycle[0].from;
  return key & 0xffffffffffff;
}

}  // namespace cfgtorture::judge
