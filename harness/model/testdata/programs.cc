// Closed programs that say what the model must see: each does one thing. model_test.py runs them and holds the
// verdicts.
#include <array>
#include <atomic>
#include <cstring>
#include <memory>

#include "harness/kernel/completion.h"
#include "harness/kernel/irq.h"
#include "harness/kernel/mutex.h"
#include "harness/kernel/rwsem.h"
#include "harness/kernel/spinlock.h"
#include "harness/kernel/task.h"
#include "harness/kernel/time.h"
#include "harness/kernel/wait_queue.h"
#include "harness/model/testdata/alone.h"
#include "harness/model/testdata/explained.h"
#include "harness/model/testdata/judged.h"
#include "harness/model/testdata/livelocks.h"
#include "harness/model/testdata/program_list.h"
#include "harness/model/testdata/rounds.h"
#include "harness/model/testdata/scoped_task.h"

namespace cfgtorture {
namespace {

// ---- races ---------------------------------------------------------------------------------------------------------

void RacePlain() {
  int x = 0;
  Task a("a", -1, [&] { x = 1; });
  Task b("b", -1, [&] { x = 2; });
}

void OrderedByFlag() {
  int x = 0;
  std::atomic<int> flag{0};
  Task a("a", -1, [&] {
    x = 1;
    flag.store(1, std::memory_order_release);
  });
  Task b("b", -1, [&] {
    if (flag.load(std::memory_order_acquire) == 1) Check(x == 1, "x");
  });
}

void RaceRelaxedFlag() {
  int x = 0;
  std::atomic<int> flag{0};
  Task a("a", -1, [&] {
    x = 1;
    flag.store(1, std::memory_order_relaxed);
  });
  Task b("b", -1, [&] {
    if (flag.load(std::memory_order_acquire) == 1) Check(x == 1, "x");
  });
}

void OrderedByFences() {
  int x = 0;
  std::atomic<int> flag{0};
  Task a("a", -1, [&] {
    x = 1;
    std::atomic_thread_fence(std::memory_order_release);
    flag.store(1, std::memory_order_relaxed);
  });
  Task b("b", -1, [&] {
    if (flag.load(std::memory_order_relaxed) != 1) return;
    std::atomic_thread_fence(std::memory_order_acquire);
    Check(x == 1, "x");
  });
}

// What the compilers inline or the C library does must be seen too (toolchain.md).
void RaceMemset() {
  std::array<char, 64> buffer{};
  Task a("a", -1, [&] { std::memset(buffer.data(), 1, buffer.size()); });
  Task b("b", -1, [&] { std::memset(buffer.data(), 2, buffer.size()); });
}

void RaceMemcpy() {
  std::array<char, 64> buffer{};
  std::array<char, 64> copy;
  Task a("a", -1, [&] { buffer[63] = 1; });
  Task b("b", -1, [&] { std::memcpy(copy.data(), buffer.data(), buffer.size()); });
}

void NoRaceInNeighbours() {
  std::array<char, 8> bytes{};
  Task a("a", -1, [&] { bytes[0] = 1; });
  Task b("b", -1, [&] { bytes[1] = 1; });
}

void VolatileIsMarked() {
  volatile int x = 0;
  Task a("a", -1, [&] { x = 1; });
  Task b("b", -1, [&] { Check(x <= 1, "x"); });
}

// READ_ONCE and WRITE_ONCE between fences, as smp_wmb() and smp_rmb() use them.
void VolatileBetweenFences() {
  int x = 0;
  volatile int flag = 0;
  Task a("a", -1, [&] {
    x = 1;
    std::atomic_thread_fence(std::memory_order_release);
    flag = 1;
  });
  Task b("b", -1, [&] {
    if (flag != 1) return;
    std::atomic_thread_fence(std::memory_order_acquire);
    Check(x == 1, "x");
  });
}

void RaceVolatileAgainstPlain() {
  int x = 0;
  Task a("a", -1, [&] { *const_cast<volatile int*>(&x) = 1; });
  Task b("b", -1, [&] { Check(x <= 1, "x"); });
}

// libstdc++ counts without atomics while it believes that there is one thread.
void SharedPointer() {
  std::shared_ptr<int> shared(new int(7));
  Task a("a", -1, [copy = shared] { Check(*copy == 7, "copy"); });
  Task b("b", -1, [copy = shared] { Check(*copy == 7, "copy"); });
}

struct alignas(16) Wide {
  uint64_t low, high;
};

void Atomic16Bytes() {
  std::atomic<Wide> wide{Wide{1, 1}};
  auto step = [&] {
    Wide seen = wide.load(std::memory_order_acquire);
    while (!wide.compare_exchange_strong(seen, Wide{seen.low + 1, seen.high + 1}, std::memory_order_acq_rel)) {
    }
  };
  {
    Task a("a", -1, step);
    Task b("b", -1, step);
  }
  const Wide end = wide.load();
  Check(end.low == 3 && end.high == 3, "both halves counted both");
}

int Once() {
  static const int value = [] {
    std::atomic<int> turn{0};
    turn.fetch_add(1);  // a scheduling point inside the initialiser
    return 7;
  }();
  return value;
}

void StaticInitialiser() {
  Task a("a", -1, [] { Check(Once() == 7, "a"); });
  Task b("b", -1, [] { Check(Once() == 7, "b"); });
}

int global_counter = 0;  // must read 0 at the start of every execution

void GlobalsAreRestored() {
  Check(global_counter == 0, "a global kept what the last execution wrote");
  ++global_counter;
}

// ---- memory

void UseAfterFree() {
  int* x = new int(1);
  std::atomic<int*> shared{x};
  Task a("a", -1, [&] { Check(*shared.load(std::memory_order_relaxed) == 1, "x"); });
  Task b("b", -1, [&] { delete shared.load(std::memory_order_relaxed); });
}

void DoubleFree() {
  std::atomic<int*> hidden{new int(1)};  // so that the compiler does not see through it
  delete hidden.load();
  delete hidden.load();
}

void DeadFrame() {
  std::atomic<int*> shared{nullptr};
  {
    Task a("a", -1, [&] {
      int local = 1;
      shared.store(&local, std::memory_order_release);
    });
    Task b("b", -1, [&] {
      if (int* x = shared.load(std::memory_order_acquire)) *x = 2;
    });
  }
}

void WildPointer() {
  std::atomic<volatile int*> nowhere{nullptr};
  *nowhere.load() = 1;
}

// ---- waiting

void AbBaDeadlock() {
  Mutex a("lock a"), b("lock b");
  Task x("x", -1, [&] {
    a.lock();
    b.lock();
    b.unlock();
    a.unlock();
  });
  Task y("y", -1, [&] {
    b.lock();
    a.lock();
    a.unlock();
    b.unlock();
  });
}

void SpinAbBaDeadlock() {
  RawSpinlock a("lock a"), b("lock b");
  Task x("x", -1, [&] {
    a.lock();
    b.lock();
    b.unlock();
    a.unlock();
  });
  Task y("y", -1, [&] {
    b.lock();
    a.lock();
    a.unlock();
    b.unlock();
  });
}

// The deadlock is what happened; what a task does after it was only asked is not.
void CrashBesideADeadlock() {
  Completion never("never");
  std::atomic<volatile int*> nowhere{nullptr};
  Task sleeper("sleeper", -1, [&] {
    set_current_state(TaskState::kUninterruptible);
    schedule();
    *nowhere.load() = 1;
  });
  Task waiter("waiter", -1, [&] { never.wait_for_completion(); });
}

// Tests, drops what guards the test, then queues: the wake-up in between finds nobody.
void LostWakeup() {
  WaitQueueHead queue("queue");
  std::atomic<bool> ready{false};
  Task sleeper("sleeper", -1, [&] {
    if (ready.load()) return;
    WaitQueueEntry entry;
    set_current_state(TaskState::kUninterruptible);
    add_wait_queue(queue, entry);
    schedule();
    remove_wait_queue(queue, entry);
  });
  Task waker("waker", -1, [&] {
    ready.store(true);
    wake_up_all(queue);
  });
}

void WaitEvent() {
  WaitQueueHead queue("queue");
  std::atomic<bool> ready{false};
  Task sleeper("sleeper", -1, [&] { wait_event(queue, [&] { return ready.load(); }); });
  Task sleeper2("sleeper 2", -1, [&] { wait_event(queue, [&] { return ready.load(); }); });
  Task waker("waker", -1, [&] {
    ready.store(true);
    wake_up_all(queue);
  });
}

void NobodyWakes() {
  WaitQueueHead queue("queue");
  std::atomic<bool> ready{false};
  Task sleeper("sleeper", -1, [&] { wait_event(queue, [&] { return ready.load(); }); });
}

void CompletionOnTheStack() {
  Completion done("done");
  Task helper("helper", -1, [&] { done.complete(); });
  done.wait_for_completion();
}

void RwsemReadersAndWriter() {
  RwSemaphore semaphore("semaphore");
  int value = 0;
  auto read = [&] {
    semaphore.down_read();
    Check(value == 0 || value == 2, "half an update");
    semaphore.up_read();
  };
  Task r1("reader", -1, read);
  Task r2("reader 2", -1, read);
  Task w("writer", -1, [&] {
    semaphore.down_write();
    ++value;
    ++value;
    semaphore.up_write();
  });
}

void MutexCounter() {
  Mutex mutex("mutex");
  int value = 0;
  auto add = [&] {
    for (int i = 0; i < 2; ++i) {
      mutex.lock();
      ++value;
      mutex.unlock();
    }
  };
  {
    Task a("a", -1, add);
    Task b("b", -1, add);
    Task c("c", -1, add);
  }
  Check(value == 6, "an acquisition was lost");
}

// An exchange spinner writes 1 over 1: it changed nothing, so it is parked and the execution is finite.
void ExchangeSpinner() {
  std::atomic<int> taken{1};
  Task spinner("spinner", -1, [&] {
    while (taken.exchange(1) != 0) cpu_relax();
  });
  Task owner("owner", -1, [&] { taken.store(0); });
}

// Gives up after three looks, or after a time: with nobody else to run, that must be reached.
void PollThreeTimes() {
  std::atomic<int> flag{0};
  Task poller("poller", -1, [&] {
    for (int i = 0; i < 3 && flag.load() == 0; ++i) cpu_relax();
  });
}

void PollUntilATime() {
  std::atomic<int> flag{0};
  Task poller("poller", -1, [&] {
    while (flag.load() == 0 && engine::NowNs() < 50'000'000) cpu_relax();
  });
}

void SpinWithoutRelax() {
  std::atomic<int> flag{0};
  Task spinner("spinner", -1, [&] {
    while (flag.load() == 0) {
    }
  });
}

// ---- interrupts and time

struct Shared {
  int value = 0;
  int runs = 0;
};

void AddInHandler(int, void* data) { ++static_cast<Shared*>(data)->value; }

// On the heap: clang 14 leaves accesses to a field of a local object out of the instrumentation, although the object's
// address went to request_irq().
void RaceWithHandler() {
  auto shared = std::make_unique<Shared>();
  request_irq(5, "irq", AddInHandler, shared.get());
  {
    Task device("device", -1, [&] { raise_irq(0, 5); });
    ++shared->value;  // interrupts on
  }
  free_irq(5);
}

void IrqsOffAgainstHandler() {
  Shared shared;
  request_irq(5, "irq", AddInHandler, &shared);
  {
    Task device("device", -1, [&] { raise_irq(0, 5); });
    const unsigned long flags = local_irq_save();
    ++shared.value;
    local_irq_restore(flags);
  }
  free_irq(5);
  Check(shared.value >= 1, "an increment was lost");  // free_irq() may come before the interrupt
}

// The handler takes a lock that its own CPU's task holds with interrupts on.
RawSpinlock* lock_of_handler = nullptr;
void LockInHandler(int, void*) {
  lock_of_handler->lock();
  lock_of_handler->unlock();
}

void HandlerOnTheHoldersCpu() {
  RawSpinlock lock("lock");
  lock_of_handler = &lock;
  request_irq(5, "irq", LockInHandler, nullptr);
  {
    Task device("device", -1, [&] { raise_irq(0, 5); });
    lock.lock();
    lock.unlock();
  }
  free_irq(5);
}

void SleepInHandler(int, void*) { msleep(1); }

void SleepingHandler() {
  request_irq(5, "irq", SleepInHandler, nullptr);
  raise_irq(0, 5);
  free_irq(5);
}

// Interrupt-core and irqchip code stays hard under rt.
void SleepingNoThreadHandler() {
  request_irq(5, "irq", SleepInHandler, nullptr, IrqFlags::kNoThread);
  raise_irq(0, 5);
  free_irq(5);
}

// Whoever waits for a handler gets it, be it a thread that was asleep, busy, or not yet there.
void HandlerRuns() {
  std::atomic<int> handled{0};
  const IrqHandler count = [](int, void* data) { static_cast<std::atomic<int>*>(data)->fetch_add(1); };
  request_irq(5, "irq", count, &handled);
  for (int i = 1; i <= 2; ++i) {
    raise_irq(1, 5);
    smp_cond_load_acquire(handled, [i](int value) { return value == i; });
  }
  free_irq(5);
}

// What is pending is told apart by its whole vector, comes lowest first, and merges with itself alone.
void EachVectorIsPending() {
  static std::atomic<int> told;
  told.store(0);
  const IrqHandler tell = [](int vector, void*) { told.store(told.load() * 1000 + vector); };
  for (const int vector : {1, 2, 65}) request_irq(vector, "irq", tell, nullptr, IrqFlags::kNoThread);
  const unsigned long flags = local_irq_save();
  for (const int vector : {65, 2, 1, 65}) raise_irq(engine::CurrentCpu(), vector);
  local_irq_restore(flags);
  smp_cond_load_acquire(told, [](int value) { return value >= 1'000'000; });
  for (const int vector : {1, 2, 65}) free_irq(vector);
  Check(told.load() == 1'002'065, "a vector was lost, or came twice");
}

void TimerFires() {
  std::atomic<int> fired{0};
  engine::ArmTimer(
      1000, [](void* data) { static_cast<std::atomic<int>*>(data)->store(1); }, &fired);
  smp_cond_load_acquire(fired, [](int value) { return value == 1; });
  Check(engine::NowNs() >= 1000, "fired before its time");
}

// Who sleeps does not wake early; who wakes may be late, for the clock may step before it gets to run.
void SleepersWakeInTime() {
  Task late("late", -1, [&] {
    msleep(20);
    Check(engine::NowNs() >= 20'000'000, "woke early");
  });
  Task early("early", -1, [&] {
    msleep(10);
    Check(engine::NowNs() >= 10'000'000, "woke early");
  });
}

// Two tasks of one CPU: the one with preemption off is not interrupted by the other.
void PreemptOff() {
  int value = 0;
  Task a("a", 1, [&] {
    preempt_disable();
    std::atomic<int> points{0};
    const int before = value;
    points.fetch_add(1);
    value = before + 1;
    preempt_enable();
  });
  Task b("b", 1, [&] {
    preempt_disable();
    std::atomic<int> points{0};
    const int before = value;
    points.fetch_add(1);
    value = before + 1;
    preempt_enable();
  });
}

// ---- the plug-in

constexpr Program kOwnPrograms[] = {
    {"race-plain", RacePlain},
    {"ordered-by-flag", OrderedByFlag},
    {"race-relaxed-flag", RaceRelaxedFlag},
    {"ordered-by-fences", OrderedByFences},
    {"race-memset", RaceMemset},
    {"race-memcpy", RaceMemcpy},
    {"no-race-in-neighbours", NoRaceInNeighbours},
    {"volatile-is-marked", VolatileIsMarked},
    {"race-volatile-against-plain", RaceVolatileAgainstPlain},
    {"shared-pointer", SharedPointer},
    {"atomic-16-bytes", Atomic16Bytes},
    {"static-initialiser", StaticInitialiser},
    {"globals-are-restored", GlobalsAreRestored},
    {"use-after-free", UseAfterFree},
    {"double-free", DoubleFree},
    {"dead-frame", DeadFrame},
    {"wild-pointer", WildPointer},
    {"ab-ba-deadlock", AbBaDeadlock},
    {"spin-ab-ba-deadlock", SpinAbBaDeadlock},
    {"lost-wakeup", LostWakeup},
    {"wait-event", WaitEvent},
    {"nobody-wakes", NobodyWakes},
    {"completion-on-the-stack", CompletionOnTheStack},
    {"rwsem", RwsemReadersAndWriter},
    {"mutex", MutexCounter},
    {"exchange-spinner", ExchangeSpinner},
    {"poll-three-times", PollThreeTimes},
    {"poll-until-a-time", PollUntilATime},
    {"volatile-between-fences", VolatileBetweenFences},
    {"crash-beside-a-deadlock", CrashBesideADeadlock},
    {"spin-without-relax", SpinWithoutRelax},
    {"race-with-handler", RaceWithHandler},
    {"irqs-off-against-handler", IrqsOffAgainstHandler},
    {"handler-on-the-holders-cpu", HandlerOnTheHoldersCpu},
    {"sleeping-handler", SleepingHandler},
    {"sleeping-no-thread-handler", SleepingNoThreadHandler},
    {"each-vector-is-pending", EachVectorIsPending},
    {"handler-runs", HandlerRuns},
    {"timer-fires", TimerFires},
    {"sleepers-wake-in-time", SleepersWakeInTime},
    {"preempt-off", PreemptOff},
    {"alone-use-after-free", AloneUseAfterFree},
    {"alone-spins-for-ever", AloneSpinsForEver},
    {"dead-frame-after-the-end", DeadFrameAfterTheEnd},
    {"race-with-one-not-joined", RaceWithOneNotJoined},
    {"reads-after-the-end", ReadsAfterTheEnd},
    {"joins-itself", JoinsItself},
    {"spins-ab-ba", SpinsAbBa},
    {"parks-with-preemption-off", ParksWithPreemptionOff},
    {"last-write-decides", LastWriteDecides},
    {"reads-what-it-has-not-written", ReadsWhatItHasNotWritten},
    {"both-read-zero", BothReadZero},
    {"fails-in-one-round-of-a-thousand", FailsInOneRoundOfAThousand},
};
constexpr auto kPrograms = Joined(kOwnPrograms, kJudgedPrograms, kLivelockPrograms);
}  // namespace
}  // namespace cfgtorture

extern "C" CFGT_EXPORT const cfgtorture::Plugin* cfgt_plugin() { return cfgtorture::PluginOf<cfgtorture::kPrograms>(); }
