// A plug-in of small programs for worker_test.cc: some that are measured, some that end badly.
#include <atomic>
#include <cstdint>

#include "harness/kernel/engine.h"
#include "harness/kernel/raw_spinlock.h"
#include "harness/pci/hardware/hardware.h"
#include "harness/sdk/plugin.h"

namespace cfgtorture {
namespace {

uint64_t g_plain = 0;
double g_metrics[5] = {};  // as kMetrics
int g_runs = 0;

void Crew(uint32_t members, void (*body)(void*), void* argument) {
  engine::TaskId tasks[8];
  if (members > 8) members = 8;
  for (uint32_t i = 0; i < members; ++i) tasks[i] = engine::StartTask("member", -1, body, argument);
  for (uint32_t i = 0; i < members; ++i) engine::JoinTask(tasks[i]);
}

void Measured(void*) {
  while (engine::KeepGoing()) {
    hw::CallBegin(hw::Call::kRead, 0, hw::Origin::kKernel);
    engine::IrqDisable();
    engine::IrqEnable();
    hw::CallEnd();
  }
}

constexpr int kVector = 40;

void CallInHandler(int) {
  for (const hw::Call call : {hw::Call::kRead, hw::Call::kMsiMask}) {
    hw::CallBegin(call, 0, hw::Origin::kKernel);
    hw::CallEnd();
  }
}

// Reads, and is interrupted by a handler that reads too, and does what nobody else does.
void Interrupted(void*) {
  while (engine::KeepGoing()) {
    hw::CallBegin(hw::Call::kRead, 0, hw::Origin::kKernel);
    hw::CallEnd();
    engine::RaiseIrq(engine::CurrentCpu(), kVector);
  }
}

void RunInterrupted() {
  engine::SetIrqEntry(CallInHandler);
  Crew(1, Interrupted, nullptr);
}

// Holds a lock for a known time, again and again, and adds up what its own clock says: the trace that the lock
// statistics must agree with. Times are the emulated clock's.
struct Trace {
  uint64_t acquisitions = 0, waited = 0, held = 0, whole = 0;  // whole: until it is released
};

struct Contender {
  RawSpinlock* lock;
  Trace trace;  // its own
};

void Contend(void* argument) {
  Contender& self = *static_cast<Contender*>(argument);
  while (engine::KeepGoing()) {
    const uint64_t asked = engine::NowNs();
    self.lock->lock();
    const uint64_t got = engine::NowNs();
    engine::DelayNs(20'000);
    const uint64_t left = engine::NowNs();
    self.lock->unlock();
    ++self.trace.acquisitions;
    self.trace.waited += got - asked;
    self.trace.held += left - got;
    self.trace.whole += engine::NowNs() - asked;
    engine::DelayNs(10'000);
  }
}

// Each has a lock of its own: nobody waits.
void HoldAlone(void*) {
  RawSpinlock lock("alone", SpinAlgorithm::kTicket);
  while (engine::KeepGoing()) {
    lock.lock();
    lock.unlock();
  }
}

void RunContest() {
  RawSpinlock lock("contended", SpinAlgorithm::kTicket);
  Contender contenders[] = {{&lock, {}}, {&lock, {}}};
  engine::TaskId tasks[] = {engine::StartTask("first", -1, Contend, &contenders[0]),
                            engine::StartTask("second", -1, Contend, &contenders[1])};
  engine::JoinTasks(tasks, 2);
  for (const Contender& contender : contenders) {
    g_metrics[1] += static_cast<double>(contender.trace.acquisitions);
    g_metrics[2] += static_cast<double>(contender.trace.waited);
    g_metrics[3] += static_cast<double>(contender.trace.held);
    g_metrics[4] += static_cast<double>(contender.trace.whole);
  }
}

// One task, and nobody blocks: the two locks in both orders, or twice in one.
struct Nest {
  RawSpinlock outer{"outer", SpinAlgorithm::kTicket}, inner{"inner", SpinAlgorithm::kTicket};
  bool inverts = false;
};
void TakeNested(void* argument) {
  auto& nest = *static_cast<Nest*>(argument);
  for (int turn = 0; turn < 2; ++turn) {
    const bool inverted = nest.inverts && turn == 1;
    RawSpinlock& first = inverted ? nest.inner : nest.outer;
    RawSpinlock& second = inverted ? nest.outer : nest.inner;
    first.lock();
    second.lock();
    second.unlock();
    first.unlock();
  }
}
void RunNested(bool inverts) {
  Nest nest;
  nest.inverts = inverts;
  Crew(1, TakeNested, &nest);
}

void LockOnly(void* argument) { static_cast<RawSpinlock*>(argument)->lock(); }
void KeepLock() {
  RawSpinlock lock("kept", SpinAlgorithm::kTicket);
  Crew(1, LockOnly, &lock);
}

void IrqsOffOnly(void*) { engine::IrqDisable(); }

void FreeHeld(void*) {
  RawSpinlock lock("freed", SpinAlgorithm::kTicket);
  lock.lock();
}
void FreeReleased(void*) {
  RawSpinlock lock("freed", SpinAlgorithm::kTicket);
  lock.lock();
  lock.unlock();
}
// What Caller tells.
void Block(void*) {
  observer::Blocked(0);
  ++g_plain;  // else its call is a jump, and it has no frame in the stack
}
void Unblock(void*) { observer::Unblocked(0); }

void ParkForEver(void*) {
  for (;;) engine::Park();
}

void RaceOnPlain(void*) { ++g_plain; }

void Crash(void*) { *static_cast<volatile int*>(nullptr) = 0; }

bool Is(const char* a, const char* b) {
  while (*a != '\0' && *a == *b) ++a, ++b;
  return *a == *b;
}

void Run(const ProgramParams& params) {
  ++g_runs;  // put back between runs of a closed program
  g_metrics[0] = g_runs;
  if (Is(params.program, "measured")) Crew(params.threads, Measured, nullptr);
  if (Is(params.program, "interrupted")) RunInterrupted();
  if (Is(params.program, "contends")) RunContest();
  if (Is(params.program, "alone")) Crew(params.threads, HoldAlone, nullptr);
  if (Is(params.program, "parks")) Crew(2, ParkForEver, nullptr);
  if (Is(params.program, "ends")) engine::EndExecution("nothing left to do");
  if (Is(params.program, "races")) Crew(2, RaceOnPlain, nullptr);
  if (Is(params.program, "crashes")) Crew(1, Crash, nullptr);
  if (Is(params.program, "nests")) RunNested(false);
  if (Is(params.program, "inverts")) RunNested(true);
  if (Is(params.program, "keeps")) KeepLock();
  if (Is(params.program, "masks")) Crew(1, IrqsOffOnly, nullptr);
  if (Is(params.program, "frees")) Crew(1, FreeHeld, nullptr);
  if (Is(params.program, "blocks")) Crew(1, Block, nullptr);
  if (Is(params.program, "tidies")) {
    Crew(1, FreeReleased, nullptr);
    Crew(1, Block, nullptr);
    Crew(1, Unblock, nullptr);
  }
}

constexpr uint64_t Bit(Hazard hazard) { return uint64_t{1} << static_cast<int>(hazard); }

constexpr uint64_t kOfLocks = Bit(Hazard::kLockOrder) | Bit(Hazard::kContext) | Bit(Hazard::kOwner);

const ProgramText kPrograms[] = {
    {ProgramKind::kWorkload, "measured", "times empty reads", "", "lost-update,deadlock", "preempt", "", false,
     Bit(Hazard::kLostUpdate) | Bit(Hazard::kDeadlock)},
    {ProgramKind::kWorkload, "interrupted", "reads, and a handler that reads too", "", "deadlock", "preempt", "", false,
     Bit(Hazard::kDeadlock)},
    {ProgramKind::kWorkload, "contends", "two tasks and one lock", "", "deadlock", "preempt", "", false,
     Bit(Hazard::kDeadlock)},
    {ProgramKind::kWorkload, "alone", "a lock for each", "", "deadlock", "preempt", "", false, Bit(Hazard::kDeadlock)},
    {ProgramKind::kProbe, "parks", "two tasks that nobody wakes", "", "deadlock", "preempt", "", false,
     Bit(Hazard::kDeadlock)},
    {ProgramKind::kProbe, "ends", "ends itself", "", "crash", "preempt", "", false, Bit(Hazard::kCrash)},
    {ProgramKind::kProbe, "races", "two unordered increments", "", "data-race", "preempt", "", false,
     Bit(Hazard::kDataRace)},
    {ProgramKind::kProbe, "crashes", "writes to null", "", "crash", "preempt", "", false, Bit(Hazard::kCrash)},
    {ProgramKind::kProbe, "nests", "two locks in one order", "", "lock-order,context,owner", "preempt", "", false,
     kOfLocks},
    {ProgramKind::kProbe, "inverts", "two locks in both orders", "", "lock-order,context,owner", "preempt", "", false,
     kOfLocks},
    {ProgramKind::kProbe, "keeps", "a task ends with a lock", "", "lock-order,context,owner", "preempt", "", false,
     kOfLocks},
    {ProgramKind::kProbe, "masks", "a task ends with interrupts off", "", "lock-order,context,owner", "preempt", "",
     false, kOfLocks},
    {ProgramKind::kProbe, "frees", "a lock ends before its hold", "", "lock-order,context,owner", "preempt", "", false,
     kOfLocks},
    {ProgramKind::kProbe, "blocks", "a function is left blocked", "", "lock-order,context,owner", "preempt", "", false,
     kOfLocks},
    {ProgramKind::kProbe, "tidies", "as the two before, undone", "", "lock-order,context,owner", "preempt", "", false,
     kOfLocks},
};

const MetricText kMetrics[] = {{"runs_seen", "runs"},
                               {"trace_acquisitions", ""},
                               {"trace_waited", "ns"},
                               {"trace_held", "ns"},
                               {"trace_whole", "ns"}};

uint32_t Metrics(const MetricText** texts, const double** values) {
  *texts = kMetrics;
  *values = g_metrics;
  return sizeof kMetrics / sizeof kMetrics[0];
}

const Plugin kPlugin = {kPluginAbi, nullptr, 0,   kPrograms, sizeof kPrograms / sizeof kPrograms[0],
                        nullptr,    0,       Run, Metrics};

}  // namespace
}  // namespace cfgtorture

extern "C" CFGT_EXPORT const cfgtorture::Plugin* cfgt_plugin() { return &cfgtorture::kPlugin; }
