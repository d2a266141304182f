#include "harness/model/testdata/between.h"

#include <atomic>

#include "harness/kernel/engine.h"
#include "harness/model/testdata/scoped_task.h"

namespace cfgtorture {
namespace {

std::atomic<int> x, y, z, l, ones;
std::atomic<int*> p;

__attribute__((noinline)) void Take() {
  while (l.exchange(1, std::memory_order_acquire) != 0) engine::Relax();
}

}  // namespace

// One of two leaks the lock.
void Leak() {
  engine::TaskId tasks[2];
  tasks[0] = engine::StartTask(
      "keeps", 1, [](void*) { Take(); }, nullptr);
  tasks[1] = engine::StartTask(
      "gives-back", 2,
      [](void*) {
        Take();
        l.store(0, std::memory_order_release);
      },
      nullptr);
  engine::JoinTasks(tasks, 2);
  Check(false, "both got it");
}

// Waits until one of two flags is set.
void EitherFlag() {
  int r = 0;
  {
    Task reader("reader", 1, [&] {
      for (;;) {
        if (x.load() != 0) {
          r = 1;
          break;
        }
        if (y.load() != 0) {
          r = 2;
          break;
        }
        engine::Relax();
      }
    });
    Task writer("writer", 2, [&] {
      x.store(1);
      y.store(1);
    });
  }
  Check(r != 2, "saw y first");
  Check(r != 1, "saw x first");
}

// Waits until two places differ.
void Differ() {
  {
    Task reader("reader", 1, [&] {
      while (x.load() == y.load()) engine::Relax();
    });
    Task writer("writer", 2, [&] {
      x.store(1);
      y.store(1);
    });
  }
  Check(false, "saw them differ");
}

// A nested spin loop that can hang.
void Nested() {
  {
    Task reader("reader", 1, [&] {
      while (x.load() == 0) {
        while (y.load() != 0) engine::Relax();
        engine::Relax();
      }
    });
    Task writer("writer", 2, [&] {
      x.store(1);
      y.store(1);
    });
  }
  Check(false, "ended");
}

// Store buffering with a cpu_relax() between.
void RelaxBetween() {
  int a = 0, b = 0;
  {
    Task one("one", 1, [&] {
      y.store(1);
      engine::Relax();
      a = x.load();
    });
    Task two("two", 2, [&] {
      x.store(1);
      b = y.load();
    });
  }
  Check(!(a == 0 && b == 1), "a=0 b=1");
  Check(!(a == 1 && b == 1), "a=1 b=1");
  Check(!(a == 1 && b == 0), "a=1 b=0");
}

// Preempted between a look and preempt_disable().
void LookThenDisable() {
  int a = 0, b = 0;
  {
    Task one("one", 1, [&] {
      a = x.load();
      engine::PreemptDisable();
      b = x.load();
      engine::PreemptEnable();
    });
    Task two("two", 1, [&] { x.store(2); });
  }
  Check(!(a == 0 && b == 2), "preempted between");
}

// Two looks at the clock, somebody sleeps.
void Clock() {
  uint64_t a = 0, b = 0;
  {
    Task one("one", 1, [&] {
      a = engine::NowNs();
      b = engine::NowNs();
    });
    Task two("two", 2, [&] { engine::SleepNs(1000); });
  }
  Check(a == b, "time passed between");
}

// The handler of another's interrupt comes between a store and the raise.
void Raise() {
  bool before = false;
  engine::SetIrqEntry([](int) {
    if (x.load() == 1) ones.fetch_add(1);
  });
  {
    Task one("one", 1, [&] {
      x.store(1);
      engine::RaiseIrq(1, 1);
    });
    Task two("two", 2, [&] {
      engine::RaiseIrq(1, 1);
      before = x.load() == 0;
    });
  }
  Check(!before || ones.load() != 2, "handled twice after the store");
}

// A freed block.
void Freed() {
  int r = 0;
  p.store(new int(5));
  {
    Task one("frees", 1, [&] {
      int* h = p.load();
      delete h;
    });
    Task two("reads", 2, [&] {
      int* h = p.load();
      r = *h;
    });
  }
  Check(false, "read in time or not");
}

// Counts how often it tried.
void Tries() {
  int tries = 0;
  {
    Task one("one", 1, [&] {
      while (l.exchange(1) != 0) {
        y.fetch_add(1);
        engine::Relax();
      }
      x.store(1);
      l.store(0);
    });
    Task two("two", 2, [&] {
      while (l.exchange(1) != 0) {
        z.fetch_add(1);
        engine::Relax();
      }
      l.store(0);
    });
  }
  tries = z.load();
  Check(tries != 0, "0");
  Check(tries != 1, "1");
  Check(tries != 2, "2");
  Check(tries < 3, "3 or more");
}

// Its spinner keeps the other off the CPU.
void VoluntarySpin() {
  {
    Task one("spins", 1, [&] {
      while (x.load() == 0) engine::Relax();
    });
    Task two("sets", 1, [&] { x.store(1); });
  }
  Check(false, "ended");
}

}  // namespace cfgtorture
