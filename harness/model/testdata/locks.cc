// Locks of harness/kernel beside mutants of them, each with one thing left out or weakened: under three tasks that
// acquire twice each, the model must convict every mutant and acquit every lock. model_locks_test.py holds the
// verdicts.
#include <atomic>
#include <cstring>

#include "harness/kernel/completion.h"
#include "harness/kernel/mutex.h"
#include "harness/kernel/percpu_rwsem.h"
#include "harness/kernel/rwsem.h"
#include "harness/kernel/seqcount.h"
#include "harness/kernel/spinlock.h"
#include "harness/kernel/srcu.h"
#include "harness/kernel/time.h"
#include "harness/kernel/wait_queue.h"
#include "harness/model/testdata/program_list.h"

namespace cfgtorture {
namespace {

template <class Body>
class Task {
 public:
  Task(const char* name, Body body)
      : body_(body),
        task_(engine::StartTask(
            name, -1, [](void* self) { static_cast<Task*>(self)->body_(); }, this)) {}
  ~Task() { engine::JoinTask(task_); }

 private:
  Body body_;
  const engine::TaskId task_;
};

template <class Lock>
void Counter() {
  Lock lock;
  int counter = 0;
  {
    const auto acquire = [&] {
      for (int i = 0; i < 2; ++i) {
        engine::PreemptDisable();
        lock.lock();
        ++counter;
        lock.unlock();
        engine::PreemptEnable();
      }
    };
    Task a("a", acquire), b("b", acquire), c("c", acquire);
  }
  Check(counter == 6, "the counter is not 6");
}

// Nothing races: what a lock orders too little shows by its consequence alone, and only where memory is weak.
template <class Lock>
void AtomicCounter() {
  Lock lock;
  std::atomic<int> counter{0};
  {
    const auto acquire = [&] {
      for (int i = 0; i < 2; ++i) {
        lock.lock();
        counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        lock.unlock();
      }
    };
    Task a("a", acquire), b("b", acquire), c("c", acquire);
  }
  Check(counter.load(std::memory_order_relaxed) == 6, "the counter is not 6");
}

// Whoever does not get it at once goes away.
template <class Lock>
void TryCounter() {
  Lock lock;
  int counter = 0;
  std::atomic<int> taken{0};
  {
    const auto acquire = [&] {
      engine::PreemptDisable();
      if (lock.try_lock()) {
        ++counter;
        lock.unlock();
        taken.fetch_add(1, std::memory_order_relaxed);
      }
      lock.lock();
      ++counter;
      lock.unlock();
      engine::PreemptEnable();
    };
    Task a("a", acquire), b("b", acquire);
  }
  Check(counter == taken.load(std::memory_order_relaxed) + 2, "an acquisition was lost");
}

// ---- spin locks, mutated -------------------------------------------------------------------------------------------

struct TasRelaxedUnlock : TasLock {
  void unlock() { reinterpret_cast<std::atomic<uint32_t>*>(this)->store(0, std::memory_order_relaxed); }
};

struct TasRelaxedLock {
  void lock() {
    while (taken.exchange(1, std::memory_order_relaxed) != 0) engine::Relax();
  }
  void unlock() { taken.store(0, std::memory_order_release); }
  std::atomic<uint32_t> taken{0};
};

// Takes what is taken.
struct TasIgnoresTheAnswer {
  void lock() { taken.exchange(1, std::memory_order_acquire); }
  void unlock() { taken.store(0, std::memory_order_release); }
  std::atomic<uint32_t> taken{0};
};

// Who comes too late puts back what it has seen, over the unlock.
struct TasPutsBack {
  void lock() {
    while (taken.exchange(1, std::memory_order_acquire) != 0) {
      taken.store(1, std::memory_order_relaxed);
      engine::Relax();
    }
  }
  void unlock() { taken.store(0, std::memory_order_release); }
  std::atomic<uint32_t> taken{0};
};

// One of the two looks is enough for it.
struct TtasTakesAtALook {
  void lock() {
    while (taken.load(std::memory_order_relaxed) != 0 && taken.exchange(1, std::memory_order_acquire) != 0) {
      engine::Relax();
    }
  }
  void unlock() { taken.store(0, std::memory_order_release); }
  std::atomic<uint32_t> taken{0};
};

// Looks, then stores: two may have looked.
struct TtasStoresInsteadOfExchanging {
  void lock() {
    while (taken.load(std::memory_order_acquire) != 0) engine::Relax();
    taken.store(1, std::memory_order_relaxed);
  }
  void unlock() { taken.store(0, std::memory_order_release); }
  std::atomic<uint32_t> taken{0};
};

struct TtasRelaxedUnlock : TtasLock {
  void unlock() { reinterpret_cast<std::atomic<uint32_t>*>(this)->store(0, std::memory_order_relaxed); }
};

// Draws by a look and a store: two may draw the same.
struct TicketDrawnTwice {
  void lock() {
    const uint32_t mine = next.load(std::memory_order_relaxed);
    next.store(mine + 1, std::memory_order_relaxed);
    while (owner.load(std::memory_order_acquire) != mine) engine::Relax();
  }
  void unlock() { owner.store(owner.load(std::memory_order_relaxed) + 1, std::memory_order_release); }
  std::atomic<uint32_t> next{0};
  std::atomic<uint32_t> owner{0};
};

// Serves whoever has drawn last.
struct TicketServesTheLast : TicketDrawnTwice {
  void lock() {
    const uint32_t mine = next.fetch_add(1, std::memory_order_relaxed);
    while (owner.load(std::memory_order_acquire) != mine) engine::Relax();
  }
  void unlock() { owner.store(next.load(std::memory_order_relaxed), std::memory_order_release); }
};

struct TicketRelaxedSpin {
  void lock() {
    const uint32_t mine = next.fetch_add(1, std::memory_order_relaxed);
    while (owner.load(std::memory_order_relaxed) != mine) engine::Relax();
  }
  void unlock() { owner.store(owner.load(std::memory_order_relaxed) + 1, std::memory_order_release); }
  std::atomic<uint32_t> next{0};
  std::atomic<uint32_t> owner{0};
};

// kSkips a part of the protocol.
enum class Mcs { kWaitForTheLink, kRelaxedHandOver, kWaitsTooLate };
template <Mcs kSkips>
struct McsMutant {
  McsMutant() { QueueNodes::Make(); }
  void lock() {
    QueueNode* node = QueueNodes::Claim();
    node->next.store(nullptr, std::memory_order_relaxed);
    node->wait.store(1, std::memory_order_relaxed);
    if (QueueNode* front = tail.exchange(node, std::memory_order_acq_rel); front != nullptr) {
      front->next.store(node, std::memory_order_release);
      if (kSkips == Mcs::kWaitsTooLate) node->wait.store(1, std::memory_order_relaxed);  // over the hand-over
      while (node->wait.load(std::memory_order_acquire) != 0) engine::Relax();
    }
    holder = node;
  }
  void unlock() {
    QueueNode* node = holder;
    QueueNode* next = node->next.load(std::memory_order_acquire);
    if (next == nullptr) {
      QueueNode* last = node;
      const bool alone =
          tail.compare_exchange_strong(last, nullptr, std::memory_order_release, std::memory_order_relaxed);
      if (alone || kSkips == Mcs::kWaitForTheLink) return QueueNodes::Release(node);
      while ((next = node->next.load(std::memory_order_acquire)) == nullptr) engine::Relax();
    }
    next->wait.store(0, kSkips == Mcs::kRelaxedHandOver ? std::memory_order_relaxed : std::memory_order_release);
    QueueNodes::Release(node);
  }
  std::atomic<QueueNode*> tail{nullptr};
  QueueNode* holder = nullptr;
};

// Goes on with its own node, on which whoever is behind may not have looked yet; is busy too late; or releases nothing.
enum class Clh { kKeepsItsNode, kBusyTooLate, kRelaxedUnlock };
template <Clh kMutation>
struct ClhMutant {
  ClhMutant() {
    QueueNodes::MakeClh();
    ClhNode* node = QueueNodes::TakeSpare();
    node->busy.store(0, std::memory_order_relaxed);
    tail.store(node, std::memory_order_relaxed);
  }
  void lock() {
    ClhNode* node = QueueNodes::ClaimClh();
    node->busy.store(kMutation != Clh::kBusyTooLate, std::memory_order_relaxed);
    ClhNode* front = tail.exchange(node, std::memory_order_acq_rel);
    node->busy.store(1, std::memory_order_relaxed);
    while (front->busy.load(std::memory_order_acquire) != 0) engine::Relax();
    holder = node;
    adopted = front;
  }
  void unlock() {
    ClhNode* node = holder;
    QueueNodes::ReleaseClh(node, kMutation == Clh::kKeepsItsNode ? node : adopted);
    node->busy.store(0, kMutation == Clh::kRelaxedUnlock ? std::memory_order_relaxed : std::memory_order_release);
  }
  std::atomic<ClhNode*> tail{nullptr};
  ClhNode* holder = nullptr;
  ClhNode* adopted = nullptr;
};

// Steps 4 and 5 of facts 7.3, and a queue of those that can go no further.
enum class Pending { kDoesNotWait, kIsNotCleared, kIsTakenByTwo };
template <Pending kMutation>
struct QspinlockMutant {
  void lock() {
    uint32_t free = 0;
    if (word.compare_exchange_strong(free, 1, std::memory_order_acquire, std::memory_order_relaxed)) return;
    while ((word.fetch_or(0x100, std::memory_order_acquire) & 0x100) != 0 && kMutation != Pending::kIsTakenByTwo) {
      engine::Relax();
    }
    while (kMutation != Pending::kDoesNotWait && (word.load(std::memory_order_acquire) & 0xff) != 0) engine::Relax();
    word.store(kMutation == Pending::kIsNotCleared ? 0x101 : 1, std::memory_order_relaxed);
  }
  void unlock() { word.fetch_and(~0xffu, std::memory_order_release); }
  std::atomic<uint32_t> word{0};
};

// ---- other words ---------------------------------------------------------------------------------------------------

template <class Semaphore>
void ReadersAndWriter() {
  Semaphore semaphore{"semaphore"};
  int value = 0;
  const auto read = [&] {
    semaphore.down_read();
    Check(value == 0 || value == 2, "a reader saw a writer's half");
    semaphore.up_read();
  };
  Task reader("reads", read), other("reads too", read);
  Task writer("writes", [&] {
    semaphore.down_write();
    ++value;
    ++value;
    semaphore.up_write();
  });
}

// A writer that does not look whether readers are inside, or a reader that does not look for a writer; or both look,
// without the full barrier between their own announcement and the look.
enum class Looks { kReaderDoesNot, kWriterDoesNot, kTooEarly };
template <Looks kMutation>
struct PercpuMutant {
  static constexpr bool kFull = kMutation != Looks::kTooEarly;
  static constexpr std::memory_order kRead = kFull ? std::memory_order_seq_cst : std::memory_order_acquire,
                                     kWrite = kFull ? std::memory_order_seq_cst : std::memory_order_release,
                                     kBoth = kFull ? std::memory_order_seq_cst : std::memory_order_acq_rel;
  explicit PercpuMutant(const char*) {}
  void down_read() {
    for (;;) {
      readers.fetch_add(1, kBoth);
      if (kMutation == Looks::kReaderDoesNot || !blocked.load(kRead)) return;
      readers.fetch_sub(1, kBoth);
      while (blocked.load(std::memory_order_acquire)) engine::Relax();
    }
  }
  void up_read() { readers.fetch_sub(1, kBoth); }
  void down_write() {
    blocked.store(true, kWrite);
    while (kMutation != Looks::kWriterDoesNot && readers.load(kRead) != 0) engine::Relax();
  }
  void up_write() { blocked.store(false, std::memory_order_release); }
  std::atomic<int> readers{0};
  std::atomic<bool> blocked{false};
};

// Small sleeping locks, with one thing left out.
enum class Sleeper { kDoesNotWake, kStoresInsteadOfExchanging };
template <Sleeper kMutation>
struct MutexMutant {
  bool try_lock() {
    if (kMutation != Sleeper::kStoresInsteadOfExchanging) return !held.exchange(true, std::memory_order_acquire);
    if (held.load(std::memory_order_acquire)) return false;
    held.store(true, std::memory_order_relaxed);
    return true;
  }
  void lock() {
    wait_event(queue, [this] { return try_lock(); });
  }
  void unlock() {
    held.store(false, std::memory_order_release);
    if (kMutation != Sleeper::kDoesNotWake) wake_up_all(queue);
  }
  std::atomic<bool> held{false};
  WaitQueueHead queue{"mutant"};
};

template <class Lock>
void SleepingCounter(Lock& lock) {
  int counter = 0;
  {
    const auto acquire = [&] {
      for (int i = 0; i < 2; ++i) {
        lock.lock();
        ++counter;
        lock.unlock();
      }
    };
    Task a("a", acquire), b("b", acquire), c("c", acquire);
  }
  Check(counter == 6, "the counter is not 6");
}
void MutexCounter() {
  Mutex mutex{"mutex"};
  SleepingCounter(mutex);
}
template <Sleeper kMutation>
void MutexMutantCounter() {
  MutexMutant<kMutation> mutex;
  SleepingCounter(mutex);
}

enum class Rw { kWriterIgnoresReaders, kLastReaderDoesNotWake };
template <Rw kMutation>
struct RwMutant {
  explicit RwMutant(const char*) {}
  void down_read() {
    wait_event(queue, [this] {
      int seen = count.load(std::memory_order_relaxed);
      return seen >= 0 && count.compare_exchange_strong(seen, seen + 1, std::memory_order_acquire);
    });
  }
  void up_read() {
    count.fetch_sub(1, std::memory_order_release);
    if (kMutation != Rw::kLastReaderDoesNotWake) wake_up_all(queue);
  }
  void down_write() {
    wait_event(queue, [this] {
      int seen = kMutation == Rw::kWriterIgnoresReaders ? count.load(std::memory_order_relaxed) : 0;
      return seen >= 0 && count.compare_exchange_strong(seen, seen - kWriter, std::memory_order_acquire);
    });
  }
  void up_write() {
    count.fetch_add(kWriter, std::memory_order_release);
    wake_up_all(queue);
  }
  static constexpr int kWriter = 1000;
  std::atomic<int> count{0};
  WaitQueueHead queue{"mutant"};
};

// One waits, two wake it; only one of them has done what it waits for.
enum class Waiting { kRight, kLooksBeforeItQueues, kWakesBeforeItStores };
template <Waiting kHow>
void WaitQueue() {
  WaitQueueHead queue{"queue"};
  std::atomic<bool> done{false}, more{false};
  int value = 0;
  Task waiter("waits", [&] {
    if (kHow == Waiting::kLooksBeforeItQueues) {
      WaitQueueEntry entry(autoremove_wake_function);
      while (!done.load(std::memory_order_acquire)) {
        prepare_to_wait(queue, entry, TaskState::kUninterruptible);
        schedule();
      }
      finish_wait(queue, entry);
    } else {
      wait_event(queue, [&] { return done.load(std::memory_order_acquire); });
    }
    Check(value == 1, "woken too early");
    if (kHow != Waiting::kRight) return;
    // Again, on the same stack: nobody may still write to the entry of the first wait.
    wait_event(queue, [&] { return more.load(std::memory_order_acquire); });
  });
  Task other("wakes for something else", [&] {
    more.store(true, std::memory_order_release);
    wake_up_all(queue);
  });
  Task waker("wakes", [&] {
    value = 1;
    if (kHow == Waiting::kWakesBeforeItStores) wake_up_all(queue);
    done.store(true, std::memory_order_release);
    if (kHow != Waiting::kWakesBeforeItStores) wake_up_all(queue);
  });
}

// What the waker did before it wakes is visible to whoever has slept until then, without any condition.
void SleepAndWake() {
  std::atomic<TaskStruct*> sleeper{nullptr};
  std::atomic<bool> flag{false};
  int value = 0;
  Task sleeps("sleeps", [&] {
    sleeper.store(current(), std::memory_order_release);
    set_current_state(TaskState::kUninterruptible);
    if (!flag.load(std::memory_order_relaxed)) {
      schedule();
      Check(value == 1, "woken by nobody");
    }
    __set_current_state(TaskState::kRunning);
  });
  Task wakes("wakes", [&] {
    TaskStruct* const task = smp_cond_load_acquire(sleeper, [](const TaskStruct* seen) { return seen != nullptr; });
    value = 1;
    flag.store(true, std::memory_order_relaxed);
    wake_up_process(*task);
  });
}

// struct completion for one waiter.
enum class Completing { kWakesWithoutCounting, kLooksOutsideTheLock };
template <Completing kMutation>
struct CompletionMutant {
  explicit CompletionMutant(const char*) {}
  void complete() {
    RawSpinIrqGuard guard(lock);
    if (kMutation != Completing::kWakesWithoutCounting) done.store(1, std::memory_order_relaxed);
    if (waiter != nullptr) try_to_wake_up(*waiter);
  }
  void wait_for_completion() {
    TaskStruct* const self = current();
    while (done.load(std::memory_order_relaxed) == 0) {
      set_current_state(TaskState::kUninterruptible);
      const unsigned long flags = lock.lock_irqsave();
      waiter = self;
      const bool wait = kMutation == Completing::kLooksOutsideTheLock || done.load(std::memory_order_relaxed) == 0;
      lock.unlock_irqrestore(flags);
      if (wait) schedule();
    }
    __set_current_state(TaskState::kRunning);
    RawSpinIrqGuard guard(lock);  // what was completed is visible from here on
  }
  RawSpinlock lock{"mutant"};
  std::atomic<uint32_t> done{0};
  TaskStruct* waiter = nullptr;
};

template <class Word>
void OneCompletes() {
  Word word{"completion"};
  int value = 0;
  Task waiter("waits", [&] {
    word.wait_for_completion();
    Check(value == 1, "not completed");
  });
  Task completer("completes", [&] {
    value = 1;
    word.complete();
  });
}

// Whoever changes the value announces it, waits for the readers, and has the value to himself.
enum class Quiescing { kRight, kDoesNotWait, kLooksBeforeItEnters };
template <Quiescing kHow>
void Quiesce() {
  Srcu readers;
  std::atomic<bool> closed{false};
  int value = 0;
  const auto read = [&] {
    const bool early = closed.load(std::memory_order_seq_cst);
    const unsigned index = readers.read_lock();
    const bool stay_out = kHow == Quiescing::kLooksBeforeItEnters ? early : closed.load(std::memory_order_seq_cst);
    if (!stay_out) Check(value == 0, "a reader was not waited for");
    readers.read_unlock(index);
  };
  Task reader("reads", read), other("reads too", read);
  Task writer("changes", [&] {
    closed.store(true, std::memory_order_seq_cst);
    if (kHow != Quiescing::kDoesNotWait) readers.synchronize();
    value = 1;
  });
}

// Two halves that only belong together between a write_begin() and a write_end().
enum class Flips { kRight, kNot, kReaderTakesAnOddOne };
template <Flips kHow>
void TornHalves() {
  SeqCount sequence;
  std::atomic<int> first{0}, second{0};
  Task reader("reads", [&] {
    for (;;) {
      const uint32_t begin = kHow == Flips::kReaderTakesAnOddOne
                                 ? reinterpret_cast<std::atomic<uint32_t>&>(sequence).load(std::memory_order_acquire)
                                 : sequence.read_begin();
      const int a = first.load(std::memory_order_relaxed);
      const int b = second.load(std::memory_order_relaxed);
      if (sequence.read_retry(begin)) continue;
      Check(a == b, "a reader saw a writer's half");
      return;
    }
  });
  Task writer("writes", [&] {
    if (kHow != Flips::kNot) sequence.write_begin();
    first.store(1, std::memory_order_relaxed);
    second.store(1, std::memory_order_relaxed);
    if (kHow != Flips::kNot) sequence.write_end();
  });
}

constexpr Program kPrograms[] = {
    {"tas", Counter<TasLock>},
    {"ttas", Counter<TtasLock>},
    {"ticket", Counter<TicketLock>},
    {"mcs", Counter<McsLock>},
    {"clh", Counter<ClhLock>},
    {"qspinlock", Counter<QSpinlock>},
    {"try-tas", TryCounter<TasLock>},
    {"try-ttas", TryCounter<TtasLock>},
    {"try-ticket", TryCounter<TicketLock>},
    {"try-mcs", TryCounter<McsLock>},
    {"try-clh", TryCounter<ClhLock>},
    {"try-qspinlock", TryCounter<QSpinlock>},
    {"tas-relaxed-unlock", Counter<TasRelaxedUnlock>},
    {"tas-relaxed-lock", Counter<TasRelaxedLock>},
    {"tas-ignores-the-answer", Counter<TasIgnoresTheAnswer>},
    {"tas-puts-back", Counter<TasPutsBack>},
    {"ttas-takes-at-a-look", Counter<TtasTakesAtALook>},
    {"ttas-stores", Counter<TtasStoresInsteadOfExchanging>},
    {"ttas-relaxed-unlock", Counter<TtasRelaxedUnlock>},
    {"ticket-relaxed-spin", Counter<TicketRelaxedSpin>},
    {"ticket-drawn-twice", Counter<TicketDrawnTwice>},
    {"ticket-serves-the-last", Counter<TicketServesTheLast>},
    {"mcs-waits-too-late", Counter<McsMutant<Mcs::kWaitsTooLate>>},
    {"mcs-does-not-wait-for-the-link", Counter<McsMutant<Mcs::kWaitForTheLink>>},
    {"mcs-relaxed-hand-over", Counter<McsMutant<Mcs::kRelaxedHandOver>>},
    {"clh-is-busy-too-late", Counter<ClhMutant<Clh::kBusyTooLate>>},
    {"clh-keeps-its-node", Counter<ClhMutant<Clh::kKeepsItsNode>>},
    {"clh-relaxed-unlock", Counter<ClhMutant<Clh::kRelaxedUnlock>>},
    {"qspinlock-pending-does-not-wait", Counter<QspinlockMutant<Pending::kDoesNotWait>>},
    {"qspinlock-pending-is-not-cleared", Counter<QspinlockMutant<Pending::kIsNotCleared>>},
    {"qspinlock-pending-is-taken-by-two", Counter<QspinlockMutant<Pending::kIsTakenByTwo>>},
    {"percpu-rwsem", ReadersAndWriter<PercpuRwSemaphore>},
    {"percpu-rwsem-reader-does-not-look", ReadersAndWriter<PercpuMutant<Looks::kReaderDoesNot>>},
    {"percpu-rwsem-writer-does-not-look", ReadersAndWriter<PercpuMutant<Looks::kWriterDoesNot>>},
    {"percpu-rwsem-looks-too-early", ReadersAndWriter<PercpuMutant<Looks::kTooEarly>>},
    {"tas-counts-atomically", AtomicCounter<TasLock>},
    {"tas-relaxed-unlock-counts-atomically", AtomicCounter<TasRelaxedUnlock>},
    {"srcu", Quiesce<Quiescing::kRight>},
    {"srcu-does-not-wait", Quiesce<Quiescing::kDoesNotWait>},
    {"srcu-looks-before-it-enters", Quiesce<Quiescing::kLooksBeforeItEnters>},
    {"seqcount", TornHalves<Flips::kRight>},
    {"seqcount-does-not-flip", TornHalves<Flips::kNot>},
    {"seqcount-takes-an-odd-one", TornHalves<Flips::kReaderTakesAnOddOne>},
    {"mutex", MutexCounter},
    {"mutex-does-not-wake", MutexMutantCounter<Sleeper::kDoesNotWake>},
    {"mutex-stores", MutexMutantCounter<Sleeper::kStoresInsteadOfExchanging>},
    {"rwsem", ReadersAndWriter<RwSemaphore>},
    {"rwsem-writer-ignores-readers", ReadersAndWriter<RwMutant<Rw::kWriterIgnoresReaders>>},
    {"rwsem-last-reader-does-not-wake", ReadersAndWriter<RwMutant<Rw::kLastReaderDoesNotWake>>},
    {"wait-queue", WaitQueue<Waiting::kRight>},
    {"wait-queue-looks-before-it-queues", WaitQueue<Waiting::kLooksBeforeItQueues>},
    {"wait-queue-wakes-before-it-stores", WaitQueue<Waiting::kWakesBeforeItStores>},
    {"sleep-and-wake", SleepAndWake},
    {"completion", OneCompletes<Completion>},
    {"completion-wakes-without-counting", OneCompletes<CompletionMutant<Completing::kWakesWithoutCounting>>},
    {"completion-looks-outside-the-lock", OneCompletes<CompletionMutant<Completing::kLooksOutsideTheLock>>},
};
}  // namespace
}  // namespace cfgtorture

extern "C" CFGT_EXPORT const cfgtorture::Plugin* cfgt_plugin() { return cfgtorture::PluginOf<cfgtorture::kPrograms>(); }
