#define CFGT_OBSERVED 1
#include "harness/native/judging.h"

#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "harness/judge/blocks.h"
#include "harness/judge/context.h"
#include "harness/judge/irq_usage.h"
#include "harness/judge/lock_findings.h"
#include "harness/judge/lock_order.h"
#include "harness/judge/wait_list.h"
#include "harness/native/lock_events.h"
#include "harness/native/tasks.h"
#include "harness/pci/hardware/hardware.h"

namespace cfgtorture::native {
namespace {

constexpr size_t kMostFrames = 16;

struct JudgedClass {
  const char* name;
  int subclass;
  judge::WaitType type;
  judge::ClassId family;
};

std::vector<uintptr_t> CallChain(const Task& task, const void* frame_address) {
  std::vector<uintptr_t> pcs;
  if (frame_address == nullptr) return pcs;
  auto frame = reinterpret_cast<uintptr_t>(frame_address);
  while (pcs.size() < kMostFrames) {
    const auto* at = reinterpret_cast<const uintptr_t*>(frame);
    pcs.push_back(at[1]);
    if (at[0] <= frame || at[0] >= task.stack_top || at[0] % sizeof frame != 0) break;
    frame = at[0];
  }
  return pcs;
}

// All that is shared. The mutex is taken inside an EngineScope: an interrupt must not find it taken by whom it
// interrupts. A class is not changed once its number is known, and is read without.
struct Judges {
  std::mutex mutex;
  std::array<JudgedClass, judge::kMaxClasses> classes;
  unsigned class_count = 0;
  judge::LockOrder order;
  judge::IrqUsage irq_usage;
  judge::WaitList wait_list;
  judge::Blocks blocks;
  std::vector<std::vector<uintptr_t>> stacks;  // what Place::stack means, less 1
  std::map<std::pair<Hazard, uint64_t>, Finding> findings;

  uint32_t Keep(std::vector<uintptr_t> stack) {
    stacks.push_back(std::move(stack));
    return static_cast<uint32_t>(stacks.size());
  }
};
Judges g_judges;
std::atomic<uint64_t> g_hits[kHazardCount];
std::atomic<uint64_t> g_list_events{0};

class JudgesAtWork {
 public:
  JudgesAtWork() : lock_(g_judges.mutex) {}

 private:
  EngineScope engine_;  // destroyed last
  std::lock_guard<std::mutex> lock_;
};

judge::Situation SituationOf(const Task& task) {
  return {static_cast<judge::Level>(task.context), engine::CurrentFlavour() == engine::Flavour::kRt, engine::IrqsOff(),
          engine::PreemptCount() > 0};
}

const char* NameOf(engine::Context context) {
  return context == engine::Context::kHardirq ? "hardirq" : context == engine::Context::kSoftirq ? "softirq" : "task";
}

Access Describe(const Task& task, engine::Context context) {
  Access access;
  access.task = task.name;
  access.cpu = task.cpu->number;
  access.context = NameOf(context);
  return access;
}

std::vector<Frame> FramesOf(const std::vector<uintptr_t>& pcs) {
  std::vector<Frame> frames;
  for (const uintptr_t pc : pcs) {
    Frame frame;
    frame.offset = pc;
    frames.push_back(std::move(frame));
  }
  return frames;
}

// Place::stack is a kept call chain's number; or, of what was taken without keeping one, how far the caller's caller
// lies from the caller, whom Place::site is.
constexpr uint32_t kIsDistance = uint32_t{1} << 31;

judge::Place PlaceOf(const measure::LockSite& site, uint32_t lock, uint32_t context) {
  judge::Place place{.site = site.pcs[0], .stack = 0, .lock = lock, .context = context};
  const auto distance = static_cast<int64_t>(site.pcs[1] - site.pcs[0]);
  if (distance > -(int64_t{1} << 30) && distance < int64_t{1} << 30) {
    place.stack = kIsDistance | (static_cast<uint32_t>(distance) & ~kIsDistance);
  }
  return place;
}
uintptr_t CallersCaller(const judge::Place& place) {
  return place.site + static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(place.stack << 1)) >> 1);
}

// A context is a task's number and its level.
uint32_t ContextNumber(const Task& task) { return task.id * 4 + static_cast<uint32_t>(task.context); }

Access AccessAt(const judge::Place& place) {
  Access access;
  if (const Task* task = FindTask(place.context / 4)) {
    access = Describe(*task, static_cast<engine::Context>(place.context % 4));
  }
  if ((place.stack & kIsDistance) != 0) {
    access.stack = FramesOf({place.site, CallersCaller(place)});
  } else if (place.stack != 0) {
    access.stack = FramesOf(g_judges.stacks[place.stack - 1]);
  } else if (place.site != 0) {
    access.stack = FramesOf({place.site});
  }
  return access;
}

judge::Evidence EvidenceNow(const Task& task, const judge::HeldLocks& held, const void* frame) {
  judge::Evidence evidence{.class_of =
                               [](judge::ClassId lock_class) {
                                 const JudgedClass& of = g_judges.classes[lock_class];
                                 return judge::ClassText{of.name, of.subclass, of.type};
                               },
                           .instance_of = InstanceOf,
                           .access_at = AccessAt,
                           .usage = g_judges.irq_usage,
                           .held = held,
                           .situation = SituationOf(task),
                           .now = Describe(task, task.context)};
  evidence.now.stack = FramesOf(CallChain(task, frame));
  for (const judge::HeldLock& lock : held) {
    evidence.now.locks_held.emplace_back(g_judges.classes[lock.lock_class].name);
  }
  return evidence;
}

template <class Tell>
void Found(Hazard hazard, uint64_t key, Tell&& tell) {
  g_hits[static_cast<size_t>(hazard)].fetch_add(1, std::memory_order_relaxed);
  const auto [at, is_new] = g_judges.findings.try_emplace({hazard, key});
  if (!is_new) {
    ++at->second.count;
    return;
  }
  at->second = tell();
  at->second.hazard = cfgtorture::NameOf(hazard);
}

void Count(std::atomic<uint64_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

judge::WaitType TightestHeld(const judge::HeldLocks& held) {
  judge::WaitType tightest = judge::WaitType::kSleep;
  for (const judge::HeldLock& lock : held) {
    const judge::WaitType type = g_judges.classes[lock.lock_class].type;
    if (type < tightest) tightest = type;
  }
  return tightest;
}

judge::HeldLock LockAt(const Task& task, observer::LockId lock, JudgedLockClass of, observer::How how,
                       const measure::LockSite& site) {
  judge::HeldLock held;
  held.place = PlaceOf(site, lock, ContextNumber(task));
  held.lock_class = of.lock_class;
  held.family = of.family;
  held.subclass = g_judges.classes[of.lock_class].subclass;
  held.shared = how == observer::How::kShared || how == observer::How::kTryShared;
  held.by_trylock = how == observer::How::kTryExclusive || how == observer::How::kTryShared;
  return held;
}

// Has this context told all that there is to tell of waiting for `wanted` now?
bool ToldOrder(const ContextJudge& own, const judge::HeldLock& wanted) {
  bool chained = false;
  for (unsigned i = own.held.count(); i-- > 0;) {
    const judge::HeldLock& outer = own.held[i];
    if (outer.family == wanted.family && wanted.subclass <= outer.subclass) return false;
    if (!chained && (own.edges[outer.lock_class] >> wanted.lock_class & 1) == 0) return false;
    chained = chained || !outer.by_trylock;
  }
  return true;
}

void NoteOrder(ContextJudge& own, const judge::HeldLock& wanted) {
  for (const judge::HeldLock& outer : own.held) {
    if (g_judges.order.Known(outer.lock_class, wanted.lock_class)) {
      own.edges[outer.lock_class] |= uint64_t{1} << wanted.lock_class;
    }
  }
}

void CheckInversions(const Task& task, const ContextJudge& own, const void* frame) {
  while (const auto inversion = g_judges.irq_usage.FindInversion(g_judges.order)) {
    Found(Hazard::kLockOrder, 0xfe000000u + inversion->level * 0x10000u + inversion->safe * 0x100u + inversion->unsafe,
          [&] { return judge::InversionFinding(EvidenceNow(task, own.held, frame), *inversion); });
  }
}

}  // namespace

JudgedLockClass JudgeClass(const char* name, observer::WaitType type, int subclass) {
  const std::lock_guard<std::mutex> lock(g_judges.mutex);
  unsigned family = g_judges.class_count;
  for (unsigned i = 0; i < g_judges.class_count; ++i) {
    const JudgedClass& known = g_judges.classes[i];
    if (std::strcmp(known.name, name) != 0) continue;
    family = known.family;
    if (known.subclass == subclass) return {static_cast<judge::ClassId>(i), known.family};
  }
  if (g_judges.class_count == judge::kMaxClasses) return {};
  const auto number = static_cast<judge::ClassId>(g_judges.class_count);
  g_judges.classes[number] = {name, subclass, static_cast<judge::WaitType>(type), static_cast<judge::ClassId>(family)};
  ++g_judges.class_count;
  return {number, static_cast<judge::ClassId>(family)};
}

void JudgeWait(Task& task, ContextJudge& own, observer::LockId lock, JudgedLockClass of, observer::How how,
               const void* frame) {
  if (of.lock_class == kUnjudged) return;
  Count(own.waits);
  judge::HeldLock wanted = LockAt(task, lock, of, how, {});
  const judge::WaitType type = g_judges.classes[of.lock_class].type;
  const judge::ContextFault fault = type == judge::WaitType::kSpin
                                        ? judge::ContextFault::kNone
                                        : judge::CheckWait(SituationOf(task), type, TightestHeld(own.held));
  const bool told = ToldOrder(own, wanted);
  if (fault == judge::ContextFault::kNone && told) [[likely]]
    return;
  const JudgesAtWork at_work;
  wanted.place.stack = g_judges.Keep(CallChain(task, frame));
  if (fault != judge::ContextFault::kNone) {
    Found(Hazard::kContext, of.lock_class * 8u + static_cast<unsigned>(fault), [&] {
      return judge::ContextFinding(EvidenceNow(task, own.held, frame), fault,
                                   std::string("waits for ") + g_judges.classes[of.lock_class].name, &wanted);
    });
  }
  if (told) return;
  judge::LockOrder::Path cycle;
  g_judges.order.Wait(own.held.data(), own.held.count(), wanted, &cycle);
  NoteOrder(own, wanted);
  if (!cycle.empty()) {
    Found(Hazard::kLockOrder, judge::KeyOf(cycle),
          [&] { return judge::CycleFinding(EvidenceNow(task, own.held, frame), cycle, wanted); });
  }
  CheckInversions(task, own, frame);
}

void JudgeTaken(Task& task, ContextJudge& own, observer::LockId lock, JudgedLockClass of, observer::How how,
                const measure::LockSite& site, const void* frame) {
  if (of.lock_class == kUnjudged) return;
  judge::HeldLock held = LockAt(task, lock, of, how, site);
  const judge::Situation now = SituationOf(task);
  const unsigned where = static_cast<unsigned>(now.level) * 2 + (now.irqs_off ? 1 : 0);
  uint64_t& told = own.uses[held.shared][where];
  const bool nothing_learnt =
      (now.level == judge::Level::kTask ? now.irqs_off : held.by_trylock) || (told >> of.lock_class & 1) != 0;
  if (!own.held.Take(held)) Fatal("a task holds more than 24 locks");
  if (nothing_learnt) [[likely]]
    return;
  const JudgesAtWork at_work;
  told |= uint64_t{1} << of.lock_class;
  if (!g_judges.irq_usage.Knows(of.lock_class, now, held.shared)) {
    held.place.stack = g_judges.Keep(CallChain(task, frame));
    const auto level = g_judges.irq_usage.Used(of.lock_class, now, held.shared, held.place);
    if (level) {
      Found(Hazard::kLockOrder, 0xff000000u + *level * 0x100u + of.lock_class,
            [&] { return judge::InconsistentFinding(EvidenceNow(task, own.held, frame), *level, held); });
    }
    CheckInversions(task, own, frame);
  }
}

void JudgeDropped(Task& task, ContextJudge& own, observer::LockId lock, JudgedLockClass of, const void* frame) {
  if (of.lock_class == kUnjudged) return;
  Count(own.releases);
  if (own.held.Drop(lock)) [[likely]]
    return;
  const JudgesAtWork at_work;
  judge::HeldLock released = LockAt(task, lock, of, observer::How::kExclusive, {});
  released.place.stack = g_judges.Keep(CallChain(task, frame));
  Found(Hazard::kOwner, of.lock_class,
        [&] { return judge::ReleaseFinding(EvidenceNow(task, own.held, frame), released, ""); });
}

void JudgeGone(Task& task, ContextJudge& own, const judge::HeldLock* use, const void* frame) {
  if (use == nullptr) [[likely]]
    return;
  const JudgesAtWork at_work;
  Found(Hazard::kOwner, 0x2000u + use->lock_class,
        [&] { return judge::FreedFinding(EvidenceNow(task, own.held, frame), *use, /*held=*/true); });
}

void JudgeBlocked(Task& task, ContextJudge& own, uint32_t function, const void* frame) {
  Count(own.releases);
  const JudgesAtWork at_work;
  g_judges.blocks.Blocked(
      function, {.site = 0, .stack = g_judges.Keep(CallChain(task, frame)), .lock = 0, .context = ContextNumber(task)});
}
void JudgeUnblocked(uint32_t function) {
  const JudgesAtWork at_work;
  g_judges.blocks.Unblocked(function);
}
void JudgeProgramEnd() {
  const std::lock_guard<std::mutex> lock(g_judges.mutex);
  for (const judge::Blocks::Block& left : g_judges.blocks.held()) {
    Found(Hazard::kOwner, 0x3000u + left.function, [&] {
      return judge::BlockLeftFinding(hw::Function(static_cast<hw::FunctionId>(left.function)).name, AccessAt(left.by));
    });
  }
  g_judges.blocks.Forget();
}

void JudgeSleep(Task& task, ContextJudge& own, const char* what, const void* frame) {
  Count(own.waits);
  // Blocking on a sleeping lock inside another is what rt does; only a raw one forbids schedule() itself.
  const judge::WaitType bound = std::strcmp(what, "schedule") == 0 ? judge::WaitType::kSpin : judge::WaitType::kConfig;
  const judge::ContextFault fault = judge::CheckSleep(SituationOf(task), TightestHeld(own.held) <= bound);
  if (fault == judge::ContextFault::kNone) [[likely]]
    return;
  const JudgesAtWork at_work;
  Found(Hazard::kContext, 0x10000u + reinterpret_cast<uintptr_t>(what),
        [&] { return judge::ContextFinding(EvidenceNow(task, own.held, frame), fault, what, nullptr); });
}

void JudgeEnd(Task& task, ContextJudge& own) {
  const judge::ContextFault fault = own.held.empty() ? judge::CheckEnd(SituationOf(task)) : judge::ContextFault::kNone;
  if (own.held.empty() && fault == judge::ContextFault::kNone) [[likely]]
    return;
  const JudgesAtWork at_work;
  if (fault != judge::ContextFault::kNone) {
    Found(Hazard::kContext, static_cast<uint64_t>(fault),
          [&] { return judge::ContextFinding(EvidenceNow(task, own.held, nullptr), fault, "do_exit", nullptr); });
    return;
  }
  Found(Hazard::kOwner, 0x1000u + own.held[0].lock_class,
        [&] { return judge::HeldAtEndFinding(EvidenceNow(task, own.held, nullptr)); });
  own.held.Clear();
}

namespace {

void FoundList(Task& task, ContextJudge& own, judge::ListFault fault, const void* frame) {
  if (fault == judge::ListFault::kNone) [[likely]]
    return;
  Found(Hazard::kListCorrupt, static_cast<uint64_t>(fault), [&] {
    Finding finding;
    finding.title = judge::TextOf(fault);
    finding.accesses.push_back(EvidenceNow(task, own.held, frame).now);
    finding.accesses[0].what = finding.title;
    return finding;
  });
}

}  // namespace

void JudgeEntryLinked(Task& task, ContextJudge& own, const void* queue, const void* entry, const void* frame) {
  g_list_events.fetch_add(1, std::memory_order_relaxed);
  const JudgesAtWork at_work;
  FoundList(task, own, g_judges.wait_list.Linked(queue, entry), frame);
}
void JudgeEntryUnlinked(Task& task, ContextJudge& own, const void* entry, const void* frame) {
  const JudgesAtWork at_work;
  FoundList(task, own, g_judges.wait_list.Unlinked(entry), frame);
}
void JudgeEntryGone(Task& task, ContextJudge& own, const void* entry, const void* frame) {
  const JudgesAtWork at_work;
  FoundList(task, own, g_judges.wait_list.EntryGone(entry), frame);
}
void JudgeQueueGone(Task& task, ContextJudge& own, const void* queue, const void* frame) {
  const JudgesAtWork at_work;
  FoundList(task, own, g_judges.wait_list.QueueGone(queue), frame);
}

Judgement JudgementOf(Hazard hazard) {
  Judgement judgement;
  judgement.hits = g_hits[static_cast<size_t>(hazard)].load(std::memory_order_relaxed);
  judgement.judged = true;
  uint64_t waits = 0, releases = 0;
  ForEachJudge([&](const ContextJudge& own) {
    waits += own.waits.load(std::memory_order_relaxed);
    releases += own.releases.load(std::memory_order_relaxed);
  });
  switch (hazard) {
    case Hazard::kContext:
    case Hazard::kLockOrder:
      judgement.opportunities = waits;
      break;
    case Hazard::kOwner:
      judgement.opportunities = releases;
      break;
    case Hazard::kListCorrupt:
      judgement.opportunities = g_list_events.load(std::memory_order_relaxed);
      break;
    default:
      judgement.judged = false;
  }
  return judgement;
}

std::vector<Finding> JudgeFindings() {
  const std::lock_guard<std::mutex> lock(g_judges.mutex);
  std::vector<Finding> findings;
  for (const auto& [key, finding] : g_judges.findings) findings.push_back(finding);
  return findings;
}

}  // namespace cfgtorture::native
