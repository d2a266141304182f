#include "harness/model/testdata/judged.h"

#include <atomic>
#include <memory>

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

void ReleasesAnothersLock() {
  Mutex lock("another's");
  lock.lock();
  engine::JoinTask(engine::StartTask(
      "other", -1, [](void* data) { static_cast<Mutex*>(data)->unlock(); }, &lock));
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
