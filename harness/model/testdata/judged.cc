#include "harness/model/testdata/judged.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>

#include "harness/kernel/completion.h"
#include "harness/kernel/irq.h"
#include "harness/kernel/mutex.h"
#include "harness/kernel/raw_spinlock.h"
#include "harness/kernel/rwsem.h"
#include "harness/kernel/time.h"
#include "harness/kernel/wait_queue.h"

namespace cfgtorture {
namespace {

struct Timed {
  RawSpinlock lock{"timed"};
  std::atomic<bool> fired{false};
};

void Arm(Timed& timed) {
  engine::ArmTimer(
      1000,
      [](void* data) {
        auto& self = *static_cast<Timed*>(data);
        const unsigned long flags = self.lock.lock_irqsave();
        self.lock.unlock_irqrestore(flags);
        self.fired.store(true, std::memory_order_release);
      },
      &timed);
}
void AwaitTimer(Timed& timed) {
  smp_cond_load_acquire(timed.fired, [](bool fired) { return fired; });
}

}  // namespace

// A softirq on the CPU of the task that holds it waits for ever.
void TimerTakesWhatATaskHolds() {
  Timed timed;
  Arm(timed);
  timed.lock.lock();
  timed.lock.unlock();
  AwaitTimer(timed);
}

void TimerAgainstIrqsave() {
  Timed timed;
  Arm(timed);
  const unsigned long flags = timed.lock.lock_irqsave();
  timed.lock.unlock_irqrestore(flags);
  AwaitTimer(timed);
}

// Taken with interrupts off, and still held as the inner lock's unlock_irq() turns them on.
void IrqsComeOnWithALockHeld() {
  RawSpinlock outer("outer"), inner("inner");
  request_irq(
      5, "irq",
      [](int, void* data) {
        auto& lock = *static_cast<RawSpinlock*>(data);
        if (lock.try_lock()) lock.unlock();  // marks nothing: it waits for nobody
      },
      &outer);
  const unsigned long flags = outer.lock_irqsave();
  inner.lock_irq();
  inner.unlock_irq();
  outer.unlock_irqrestore(flags);
  free_irq(5);
  request_irq(
      6, "irq",
      [](int, void* data) {
        auto& lock = *static_cast<RawSpinlock*>(data);
        lock.lock();
        lock.unlock();
      },
      &outer);
  raise_irq(0, 6);
  free_irq(6);
}

void EndsWithALockHeld() {
  static Mutex lock("kept");
  engine::JoinTask(engine::StartTask(
      "keeper", -1, [](void*) { lock.lock(); }, nullptr));
}

void HandlerReturnsWithALockHeld() {
  RawSpinlock lock("kept");
  request_irq(
      5, "irq", [](int, void* data) { static_cast<RawSpinlock*>(data)->lock(); }, &lock);
  raise_irq(1, 5);
  engine::SleepNs(1000);
  free_irq(5);
}

// Who sleeps cannot look again whether it may go on: a handler spins on its CPU, for whom a spinner keeps the lock.
void HandlerKeepsASleeperOff() {
  static RawSpinlock lock("kept");
  static std::atomic<bool> woken{false};
  static Completion never("never");
  request_irq(
      5, "irq", [](int, void*) { RawSpinIrqGuard guard(lock); }, nullptr);
  const engine::TaskId tasks[] = {engine::StartTask(
                                      "sleeper", 1,
                                      [](void*) {
                                        never.wait_for_completion();
                                        woken.store(true, std::memory_order_release);
                                      },
                                      nullptr),
                                  engine::StartTask(
                                      "holder", 2,
                                      [](void*) {
                                        const unsigned long flags = lock.lock_irqsave();
                                        raise_irq(1, 5);
                                        smp_cond_load_acquire(woken, [](bool is) { return is; });
                                        lock.unlock_irqrestore(flags);
                                      },
                                      nullptr)};
  engine::JoinTasks(tasks, 2);
}

void ReleasesAnothersLock() {
  Mutex lock("another's");
  lock.lock();
  engine::JoinTask(engine::StartTask(
      "other", -1, [](void* data) { static_cast<Mutex*>(data)->unlock(); }, &lock));
}

void InitEndsWithALockHeld() {
  static Mutex lock("kept");
  lock.lock();
}

// The next task of its CPU sleeps, and is not to blame.
void EndsWithInterruptsOff() {
  engine::JoinTask(engine::StartTask(
      "masker", 1, [](void*) { local_irq_disable(); }, nullptr));
  engine::JoinTask(engine::StartTask(
      "sleeper", 1, [](void*) { msleep(1); }, nullptr));
}

void EndsWithPreemptionOff() {
  engine::JoinTask(engine::StartTask(
      "holder", 1, [](void*) { preempt_disable(); }, nullptr));
  engine::JoinTask(engine::StartTask(
      "sleeper", 1, [](void*) { msleep(1); }, nullptr));
}

void InitEndsWithInterruptsOff() { local_irq_save(); }

// They were off, and come on as it returns.
void HandlerReturnsWithInterruptsOff() {
  request_irq(
      5, "irq", [](int, void*) { local_irq_disable(); }, nullptr);
  raise_irq(1, 5);
  msleep(1);
  free_irq(5);
}

namespace {

struct Slot {
  Mutex lock{"slot_lock"};
};

// The compiler must not see that what is unlocked was destroyed.
[[gnu::noinline]] void Destroy(Slot* slot) { slot->~Slot(); }
[[gnu::noinline]] void Unlock(Slot* slot) { slot->lock.unlock(); }

// Another task holds it, or waits for it, as it is destroyed. Its memory stays: what would come of that is not tested.
void FreeBeside(bool held) {
  alignas(Slot) std::byte memory[sizeof(Slot)];
  auto* const slot = new (memory) Slot;
  if (!held) slot->lock.lock();
  std::atomic<bool> there{false}, gone{false};
  struct Args {
    Slot* slot;
    std::atomic<bool>& there;
    std::atomic<bool>& gone;
  } args{slot, there, gone};
  const engine::TaskId user = engine::StartTask(
      "user", -1,
      [](void* data) {
        auto& own = *static_cast<Args*>(data);
        if (own.slot->lock.try_lock()) {
          own.there.store(true, std::memory_order_release);
          smp_cond_load_acquire(own.gone, [](bool gone) { return gone; });
          own.slot->lock.unlock();
        } else {
          own.there.store(true, std::memory_order_release);
          own.slot->lock.lock();
          own.slot->lock.unlock();
        }
      },
      &args);
  smp_cond_load_acquire(there, [](bool value) { return value; });
  Destroy(slot);
  gone.store(true, std::memory_order_release);
  if (!held) Unlock(slot);
  engine::JoinTask(user);
}

}  // namespace

void FreesAHeldLock() { FreeBeside(/*held=*/true); }
void FreesAnAwaitedLock() { FreeBeside(/*held=*/false); }  // and which itself holds
void FreesAReleasedLock() {
  auto* const slot = new Slot;
  slot->lock.lock();
  slot->lock.unlock();
  delete slot;
}

// What Caller tells, without its machine.
void LeavesAFunctionBlocked() {
  engine::JoinTask(engine::StartTask(
      "reset", -1, [](void*) { observer::Blocked(0); }, nullptr));
}
void AnotherUnblocks() {
  observer::Blocked(0);
  engine::JoinTask(engine::StartTask(
      "timer", -1, [](void*) { observer::Unblocked(0); }, nullptr));
}

void LeavesALinkedEntry() {
  WaitQueueHead head("queue");
  auto entry = std::make_unique<WaitQueueEntry>();
  add_wait_queue(head, *entry);
  entry.reset();
}

void LinksTwice() {
  WaitQueueHead head("queue"), other("other");
  WaitQueueEntry entry;
  add_wait_queue(head, entry);
  add_wait_queue(other, entry);
  remove_wait_queue(other, entry);
}

void QueueEndsWithAWaiter() {
  WaitQueueEntry entry;
  WaitQueueHead head("queue");
  add_wait_queue(head, entry);
}

// A bridge's lock, a lock of its own inside, then its child's: along the topology.
void ParentChildAndAnotherBetween() {
  Mutex bridge("device_lock", 0), child("device_lock", 1), slot("slot_lock");
  bridge.lock();
  slot.lock();
  child.lock();
  child.unlock();
  slot.unlock();
  bridge.unlock();
}

void TriesWhatItReads() {
  RwSemaphore semaphore("semaphore");
  ReadGuard guard(semaphore);
  if (semaphore.down_read_trylock()) semaphore.up_read();
}

}  // namespace cfgtorture
