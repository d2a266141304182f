// The loops of cfgtorture_bench, as code under test: the same object code with and without the harness around it.
// Loaded after the object that has strategies and kernel words, whose symbols it uses.
#include <cstdint>
#include <cstring>

#include "harness/kernel/engine.h"
#include "harness/kernel/spinlock.h"
#include "harness/sdk/caller.h"
#include "harness/sdk/registry.h"
#include "harness/sdk/world.h"

namespace cfgtorture {
namespace {

// One function behind one strategy.
struct Bench {
  Bench(const char* strategy_name, const char* bridge)
      : strategy(strategy_name), world(bridge, strategy->ops_locking()), caller(*strategy), dev(world.Endpoint(0)) {}
  StrategyHolder strategy;
  World world;
  Caller caller;
  Device* dev;
};

struct LockBench {
  RawSpinlock lock;
  uint64_t rounds;
  uint64_t counter = 0;  // guarded by lock
};

void LockRounds(void* argument) {
  LockBench& bench = *static_cast<LockBench*>(argument);
  for (uint64_t i = 0; i < bench.rounds; ++i) {
    bench.lock.lock();
    ++bench.counter;
    bench.lock.unlock();
  }
}

}  // namespace
}  // namespace cfgtorture

using cfgtorture::Bench;

extern "C" {

// Null if there is no such strategy.
CFGT_EXPORT void* bench_open(const char* strategy_name, const char* bridge) {
  if (cfgtorture::StrategyHolder(strategy_name).get() == nullptr) return nullptr;
  return new Bench(strategy_name, bridge);
}

// The strategy alone.
CFGT_EXPORT uint32_t bench_bare(void* handle, uint64_t rounds) {
  Bench& bench = *static_cast<Bench*>(handle);
  uint32_t sum = 0;
  for (uint64_t i = 0; i < rounds; ++i) {
    uint32_t value = 0;
    bench.strategy->read(*bench.dev, 0, cfgtorture::Size::kDword, &value);
    sum += value;
  }
  return sum;
}

// The same through the SDK's caller: stamped for the monitors, and each operation timed.
CFGT_EXPORT uint32_t bench_timed(void* handle, uint64_t rounds) {
  Bench& bench = *static_cast<Bench*>(handle);
  uint32_t sum = 0;
  for (uint64_t i = 0; i < rounds; ++i) {
    uint32_t value = 0;
    bench.caller.read(*bench.dev, 0, cfgtorture::Size::kDword, &value);
    sum += value;
  }
  return sum;
}

// `tasks` tasks, `rounds` pairs each of one lock. Returns false if there is no such algorithm.
CFGT_EXPORT bool bench_lock(const char* algorithm_name, int tasks, uint64_t rounds) {
  cfgtorture::SpinAlgorithm algorithm;
  if (!cfgtorture::FindSpinAlgorithm(algorithm_name, static_cast<unsigned>(std::strlen(algorithm_name)), &algorithm)) {
    return false;
  }
  cfgtorture::LockBench bench{cfgtorture::RawSpinlock("bench", algorithm), rounds};
  if (tasks == 1) {
    cfgtorture::LockRounds(&bench);
    return true;
  }
  cfgtorture::engine::TaskId ids[8];
  for (int i = 0; i < tasks; ++i) ids[i] = cfgtorture::engine::StartTask("bench", -1, cfgtorture::LockRounds, &bench);
  for (int i = 0; i < tasks; ++i) cfgtorture::engine::JoinTask(ids[i]);
  return bench.counter == rounds * static_cast<uint64_t>(tasks);
}

}  // extern "C"
