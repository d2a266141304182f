// Locks of harness/kernel beside mutants of them, each with one thing left out or weakened: under three tasks that
// acquire twice each, the model must convict every mutant and acquit every lock. model_locks_test.py holds the
// verdicts.
#include <atomic>
#include <cstring>

#include "harness/kernel/percpu_rwsem.h"
#include "harness/kernel/seqcount.h"
#include "harness/kernel/spinlock.h"
#include "harness/kernel/srcu.h"
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
  Check(counter == taken.load() + 2, "an acquisition was lost");
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

// Looks, then stores: two may have looked.
struct TtasStoresInsteadOfExchanging {
  void lock() {
    while (taken.load(std::memory_order_acquire) != 0) engine::Relax();
    taken.store(1, std::memory_order_relaxed);
  }
  void unlock() { taken.store(0, std::memory_order_release); }
  std::atomic<uint32_t> taken{0};
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
enum class Mcs { kWaitForTheLink, kRelaxedHandOver };
template <Mcs kSkips>
struct McsMutant {
  McsMutant() { QueueNodes::Make(); }
  void lock() {
    QueueNode* node = QueueNodes::Claim();
    node->next.store(nullptr, std::memory_order_relaxed);
    node->wait.store(1, std::memory_order_relaxed);
    if (QueueNode* front = tail.exchange(node, std::memory_order_acq_rel); front != nullptr) {
      front->next.store(node, std::memory_order_release);
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

// Goes on with its own node, on which whoever is behind may not have looked yet.
struct ClhKeepsItsNode {
  ClhKeepsItsNode() {
    QueueNodes::MakeClh();
    ClhNode* node = QueueNodes::TakeSpare();
    node->busy.store(0, std::memory_order_relaxed);
    tail.store(node, std::memory_order_relaxed);
  }
  void lock() {
    ClhNode* node = QueueNodes::ClaimClh();
    node->busy.store(1, std::memory_order_relaxed);
    ClhNode* front = tail.exchange(node, std::memory_order_acq_rel);
    while (front->busy.load(std::memory_order_acquire) != 0) engine::Relax();
    holder = node;
  }
  void unlock() {
    ClhNode* node = holder;
    QueueNodes::ReleaseClh(node, node);
    node->busy.store(0, std::memory_order_release);
  }
  std::atomic<ClhNode*> tail{nullptr};
  ClhNode* holder = nullptr;
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

// Whoever changes the value announces it, waits for the readers, and has the value to himself.
template <bool kWaits>
void Quiesce() {
  Srcu readers;
  std::atomic<bool> closed{false};
  int value = 0;
  const auto read = [&] {
    const unsigned index = readers.read_lock();
    if (!closed.load(std::memory_order_seq_cst)) Check(value == 0, "a reader was not waited for");
    readers.read_unlock(index);
  };
  Task reader("reads", read), other("reads too", read);
  Task writer("changes", [&] {
    closed.store(true, std::memory_order_seq_cst);
    if (kWaits) readers.synchronize();
    value = 1;
  });
}

// Two halves that only belong together between a write_begin() and a write_end().
template <bool kFlips>
void TornHalves() {
  SeqCount sequence;
  std::atomic<int> first{0}, second{0};
  Task reader("reads", [&] {
    for (;;) {
      const uint32_t begin = sequence.read_begin();
      const int a = first.load(std::memory_order_relaxed);
      const int b = second.load(std::memory_order_relaxed);
      if (sequence.read_retry(begin)) continue;
      Check(a == b, "a reader saw a writer's half");
      return;
    }
  });
  Task writer("writes", [&] {
    if (kFlips) sequence.write_begin();
    first.store(1, std::memory_order_relaxed);
    second.store(1, std::memory_order_relaxed);
    if (kFlips) sequence.write_end();
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
    {"ttas-stores", Counter<TtasStoresInsteadOfExchanging>},
    {"ticket-relaxed-spin", Counter<TicketRelaxedSpin>},
    {"mcs-does-not-wait-for-the-link", Counter<McsMutant<Mcs::kWaitForTheLink>>},
    {"mcs-relaxed-hand-over", Counter<McsMutant<Mcs::kRelaxedHandOver>>},
    {"clh-keeps-its-node", Counter<ClhKeepsItsNode>},
    {"qspinlock-pending-does-not-wait", Counter<QspinlockMutant<Pending::kDoesNotWait>>},
    {"qspinlock-pending-is-not-cleared", Counter<QspinlockMutant<Pending::kIsNotCleared>>},
    {"qspinlock-pending-is-taken-by-two", Counter<QspinlockMutant<Pending::kIsTakenByTwo>>},
    {"percpu-rwsem", ReadersAndWriter<PercpuRwSemaphore>},
    {"percpu-rwsem-reader-does-not-look", ReadersAndWriter<PercpuMutant<Looks::kReaderDoesNot>>},
    {"percpu-rwsem-writer-does-not-look", ReadersAndWriter<PercpuMutant<Looks::kWriterDoesNot>>},
    {"percpu-rwsem-looks-too-early", ReadersAndWriter<PercpuMutant<Looks::kTooEarly>>},
    {"tas-counts-atomically", AtomicCounter<TasLock>},
    {"tas-relaxed-unlock-counts-atomically", AtomicCounter<TasRelaxedUnlock>},
    {"srcu", Quiesce<true>},
    {"srcu-does-not-wait", Quiesce<false>},
    {"seqcount", TornHalves<true>},
    {"seqcount-does-not-flip", TornHalves<false>},
};
}  // namespace
}  // namespace cfgtorture

extern "C" CFGT_EXPORT const cfgtorture::Plugin* cfgt_plugin() { return cfgtorture::PluginOf<cfgtorture::kPrograms>(); }
