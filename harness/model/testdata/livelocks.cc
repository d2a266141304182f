#include "harness/model/testdata/livelocks.h"

#include <atomic>

#include "harness/kernel/completion.h"
#include "harness/kernel/raw_spinlock.h"
#include "harness/kernel/time.h"
#include "harness/model/testdata/scoped_task.h"

namespace cfgtorture {

// Each gets the lock, for which the other makes it wait now and then, finds nothing done, and tries again; a third
// waits for one of them.
void TwoTryAgain() {
  RawSpinlock lock("tried");
  Completion done("done");
  bool ready = false;
  const auto try_again = [&] {
    for (bool found = false; !found; cpu_relax()) {
      lock.lock();
      found = ready;
      lock.unlock();
    }
    done.complete();
  };
  Task one("one", -1, try_again), other("other", -1, try_again);
  Task waiter("waiter", -1, [&] { done.wait_for_completion(); });
}

// Most of an iteration comes after its change: a window that ends then must not take it for one that only looks.
void UndoesAndTriesAgain() {
  std::atomic<int> claims{0};
  std::atomic<bool> granted{false};
  const auto claim = [&] {
    for (bool mine = false; !mine; cpu_relax()) {
      claims.fetch_add(1);
      claims.fetch_sub(1);
      for (int i = 0; i < 1000; ++i) mine = granted.load();
    }
  };
  Task one("one", -1, claim);
}

void WritesThenReadsForEver() {
  std::atomic<int> said{0}, answer{0};
  Task asker("asker", -1, [&] {
    said.store(1);
    while (answer.load() == 0) {
    }
  });
}

// Who has waited for the start in a loop of its own takes locks after that.
void LocksForLong() {
  RawSpinlock lock("counted");
  std::atomic<bool> started{false};
  int count = 0;
  const auto add = [&] {
    do {
      cpu_relax();
    } while (!started.load(std::memory_order_acquire));
    for (int i = 0; i < 30'000; ++i) {
      lock.lock();
      ++count;
      lock.unlock();
    }
  };
  Task one("one", -1, add), other("other", -1, add);
  started.store(true, std::memory_order_release);
}

void AddsForLong() {
  std::atomic<int> count{0};
  const auto add = [&] {
    for (int i = 0; i < 150'000; ++i) count.fetch_add(1);
  };
  Task one("one", -1, add), other("other", -1, add);
}

// Each waits for the other's turn to end, then does what it waited to do.
void HandsOverForLong() {
  std::atomic<int> turn{0};
  const auto play = [&](int own) {
    for (int i = 0; i < 30'000; ++i) {
      smp_cond_load_acquire(turn, [own](int value) { return value == own; });
      turn.store(1 - own, std::memory_order_release);
    }
  };
  Task one("one", -1, [&] { play(0); });
  Task other("other", -1, [&] { play(1); });
}

}  // namespace cfgtorture
