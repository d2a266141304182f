#include "harness/native/bench/peers.h"

#include <pthread.h>

#include <shared_mutex>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "harness/native/bench/peers_ck.h"

namespace cfgtorture::bench {
namespace {

class PthreadSpin {
 public:
  PthreadSpin() { pthread_spin_init(&lock_, PTHREAD_PROCESS_PRIVATE); }
  ~PthreadSpin() { pthread_spin_destroy(&lock_); }
  PthreadSpin(const PthreadSpin&) = delete;
  PthreadSpin& operator=(const PthreadSpin&) = delete;
  void lock() { pthread_spin_lock(&lock_); }
  void unlock() { pthread_spin_unlock(&lock_); }

 private:
  pthread_spinlock_t lock_;
};

struct SharedMutexRead : std::shared_mutex {
  void lock() { lock_shared(); }
  void unlock() { unlock_shared(); }
};
using SharedMutexWrite = std::shared_mutex;

struct AbslRead : absl::Mutex {
  void lock() ABSL_NO_THREAD_SAFETY_ANALYSIS { ReaderLock(); }
  void unlock() ABSL_NO_THREAD_SAFETY_ANALYSIS { ReaderUnlock(); }
};
struct AbslWrite : absl::Mutex {
  void lock() ABSL_NO_THREAD_SAFETY_ANALYSIS { Lock(); }
  void unlock() ABSL_NO_THREAD_SAFETY_ANALYSIS { Unlock(); }
};

// std::atomic<bool> is a bool in memory; C reads it atomically too.
static_assert(sizeof(std::atomic<bool>) == sizeof(bool) && std::atomic<bool>::is_always_lock_free);
template <int kIndex>
uint64_t RunCk(void* object, int task, uint64_t rounds, const std::atomic<bool>& stop) {
  return ck_loops[kIndex].rounds(object, task, rounds, reinterpret_cast<const bool*>(&stop));
}

template <int... kIndexes>
void AddCk(std::vector<LockLoop>& peers, std::integer_sequence<int, kIndexes...>) {
  (peers.push_back({ck_loops[kIndexes].name, ck_loops[kIndexes].shared, ck_loops[kIndexes].open, RunCk<kIndexes>,
                    ck_loops[kIndexes].close}),
   ...);
}

template <class Lock, bool kShared = false>
constexpr LockLoop Loop(const char* name) {
  return {name, kShared, [](const char*) -> void* { return new Guarded<Lock>; }, LoopOver<Lock, kShared>::Run,
          LoopOver<Lock, kShared>::Close};
}

}  // namespace

const std::vector<LockLoop>& Peers() {
  static const auto& peers = *[] {
    auto* made = new std::vector<LockLoop>{
        Loop<PthreadSpin>("pthread_spinlock"),
        Loop<SharedMutexRead, true>("std::shared_mutex/read"),
        Loop<SharedMutexWrite>("std::shared_mutex/write"),
        Loop<AbslRead, true>("absl::Mutex/read"),
        Loop<AbslWrite>("absl::Mutex/write"),
    };
    AddCk(*made, std::make_integer_sequence<int, CK_LOOPS>());
    return made;
  }();
  return peers;
}

const std::vector<Pairing>& Pairings() {
  constexpr const char* kHandsOver = "blocks; ours wakes the first waiter and hands over, theirs goes to who runs";
  // `ours` without its kind: "ticket" is both raw_spinlock/ticket and spin/ticket.
  static const auto& pairings = *new std::vector<Pairing>{
      {"tas", "pthread_spinlock", true, "one locked operation; glibc waits by reading, ours by exchanging"},
      {"ttas", "ck_spinlock_fas", true, "exchange, wait by reading"},
      {"ttas", "pthread_spinlock", true, "one locked operation, wait by reading"},
      {"ticket", "ck_spinlock_ticket", true, ""},
      {"mcs", "ck_spinlock_mcs", true, "its user supplies the node, ours finds one of the CPU's"},
      {"clh", "ck_spinlock_clh", true, "its user supplies the node, ours finds one of the CPU's"},
      {"qspinlock", "ck_spinlock_cas", false, "one compare-and-exchange where nobody waits; others do not queue"},
      {"qspinlock", "ck_spinlock_mcs", false, "an MCS queue behind the first waiter"},
      {"rwsem/read", "std::shared_mutex/read", true, "a counter of readers; blocks"},
      {"rwsem/read", "absl::Mutex/read", true, "a counter of readers; blocks"},
      {"rwsem/read", "ck_rwlock/read", false, "it spins"},
      {"rwsem/write", "std::shared_mutex/write", true, kHandsOver},
      {"rwsem/write", "absl::Mutex/write", true, kHandsOver},
      {"rwsem/write", "ck_rwlock/write", false, "it spins"},
      {"mutex", "absl::Mutex/write", true, kHandsOver},
  };
  return pairings;
}

}  // namespace cfgtorture::bench
