// harness/native/bench/loops.h: what cfgtorture_bench runs: loops that somebody else wrote, ours as code under test
// (testdata/bench_code.cc), the native peers plainly (peers.cc), each compiled where it belongs and called through a
// pointer once a batch, never once a round.
#ifndef CFGTORTURE_HARNESS_NATIVE_BENCH_LOOPS_H_
#define CFGTORTURE_HARNESS_NATIVE_BENCH_LOOPS_H_

#include <atomic>
#include <cstdint>

namespace cfgtorture::bench {

// Makes up to `rounds` rounds, less if somebody sets `stop`; returns how many. `task` is 0 or 1.
using Rounds = uint64_t (*)(void* object, int task, uint64_t rounds, const std::atomic<bool>& stop);

// One lock and the counter that it guards; a round takes the lock, adds 1 and drops it. Who shares the lock reads.
struct LockLoop {
  const char* name;
  bool shared;
  void* (*open)(const char* name);  // the lock, given the loop's own name
  Rounds rounds;
  uint64_t (*close)(void* object);  // destroys the lock; returns the counter
};

// One entry point of a strategy, on the object that bench_open() gave.
struct OperationLoop {
  const char* name;
  uint64_t batch;  // rounds that take well under a millisecond
  Rounds rounds;
};

template <class Round>
uint64_t Repeat(uint64_t rounds, const std::atomic<bool>& stop, Round&& round) {
  uint64_t made = 0;
  for (; made < rounds && !stop.load(std::memory_order_relaxed); ++made) round(made);
  return made;
}

// The counter has a cache line of its own, under each lock alike: what a hand-over costs is then the lock's line and
// one line of data, wherever a lock's type ends.
template <class Lock>
struct Guarded {
  template <class... Arguments>
  explicit Guarded(Arguments... arguments) : lock(arguments...) {}
  alignas(64) Lock lock;
  alignas(64) uint64_t counter = 0;
  alignas(64) char end[64];
};

// A loop over a lock of type Lock, which has lock() and unlock().
template <class Lock, bool kShared = false>
struct LoopOver {
  static uint64_t Run(void* object, int, uint64_t rounds, const std::atomic<bool>& stop) {
    auto& guarded = *static_cast<Guarded<Lock>*>(object);
    return Repeat(rounds, stop, [&](uint64_t) {
      guarded.lock.lock();
      const uint64_t counter = guarded.counter;
      if constexpr (!kShared) guarded.counter = counter + 1;
      asm volatile("" : : "r"(counter) : "memory");  // a load, and a store, in each round
      guarded.lock.unlock();
    });
  }
  static uint64_t Close(void* object) {
    auto* guarded = static_cast<Guarded<Lock>*>(object);
    const uint64_t counter = guarded->counter;
    delete guarded;
    return counter;
  }
};

}  // namespace cfgtorture::bench

#endif  // CFGTORTURE_HARNESS_NATIVE_BENCH_LOOPS_H_
