// The loops of cfgtorture_bench over strategies and over the kernel's locks, as code under test: the same object code
// with and without the harness around it. Loaded after the object that has strategies and kernel words, whose symbols
// it uses.
#include <cstdint>
#include <cstring>
#include <new>

#include "harness/kernel/engine.h"
#include "harness/kernel/mutex.h"
#include "harness/kernel/rwsem.h"
#include "harness/kernel/spinlock.h"
#include "harness/kernel/start.h"
#include "harness/native/bench/loops.h"
#include "harness/sdk/caller.h"
#include "harness/sdk/registers.h"
#include "harness/sdk/registry.h"
#include "harness/sdk/world.h"

namespace cfgtorture::bench {
namespace {

// Two functions of one device behind one strategy.
struct Bench {
  Bench(const char* strategy_name, const char* bridge)
      : strategy(strategy_name),
        world(bridge, strategy->ops_locking()),
        caller(*strategy),
        devices{world.Endpoint(0), world.Endpoint(1)} {}
  StrategyHolder strategy;
  World world;
  Caller caller;
  Device* devices[2];
  RawSpinlock descriptor_locks[2] = {RawSpinlock("desc->lock"), RawSpinlock("desc->lock")};  // around msi_*
};

// ---- Strategies -----------------------------------------------------------------------------------------------------
// Tasks share a function where the kernel's callers would. What takes the block, or changes a function's power state,
// has a function of its own: nobody ever waits for a block here, since waiting is where some strategies are wrong, and
// a lost wake-up would hang the benchmark. Workloads measure the waiting.

enum class Whose { kShared, kOwn };

template <Whose kWhose, void (*kRound)(Bench& bench, Device& dev, int task, uint64_t round)>
uint64_t Operation(void* object, int task, uint64_t rounds, const std::atomic<bool>& stop) {
  Bench& bench = *static_cast<Bench*>(object);
  Device& dev = *bench.devices[kWhose == Whose::kShared ? 0 : task];
  return Repeat(rounds, stop, [&](uint64_t round) { kRound(bench, dev, task, round); });
}

void Read(Bench& bench, Device& dev, int, uint64_t) {
  uint32_t value;
  bench.strategy->read(dev, PCI_VENDOR_ID, Size::kDword, &value);
}
void Write(Bench& bench, Device& dev, int, uint64_t) {
  bench.strategy->write(dev, PCI_COMMAND, Size::kWord, PCI_COMMAND_MASTER);
}
void UserRead(Bench& bench, Device& dev, int, uint64_t) {
  uint32_t value;
  bench.strategy->user_read(dev, PCI_VENDOR_ID, Size::kDword, &value);
}
void UserWrite(Bench& bench, Device& dev, int, uint64_t) {
  bench.strategy->user_write(dev, PCI_COMMAND, Size::kWord, PCI_COMMAND_MASTER);
}
void AccessLock(Bench& bench, Device& dev, int, uint64_t) {
  bench.strategy->access_lock(dev);
  bench.strategy->access_unlock(dev);
}
void AccessTrylock(Bench& bench, Device& dev, int, uint64_t) {
  if (bench.strategy->access_trylock(dev)) bench.strategy->access_unlock(dev);
}
void IntxMask(Bench& bench, Device& dev, int, uint64_t round) { bench.strategy->intx_mask(dev, (round & 1) == 0); }
void CapabilityUpdate(Bench& bench, Device& dev, int, uint64_t round) {
  constexpr uint16_t kAspm = 1;
  bench.strategy->capability_update(dev, PCI_EXP_LNKCTL, kAspm, (round & 1) == 0 ? kAspm : 0);
}
void MsiMask(Bench& bench, Device& dev, int task, uint64_t round) {
  RawSpinIrqGuard descriptor(bench.descriptor_locks[task]);
  bench.strategy->msi_mask(dev, static_cast<unsigned>(task), (round & 1) == 0);
}
void MsiWrite(Bench& bench, Device& dev, int task, uint64_t round) {
  RawSpinIrqGuard descriptor(bench.descriptor_locks[task]);
  bench.strategy->msi_write(dev, {.address_low = 0xfee00000, .data = static_cast<uint32_t>(0x40 + (round & 1))});
}
void SetOps(Bench& bench, Device& dev, int, uint64_t) { bench.strategy->set_ops(*dev.bus, dev.bus->ops); }
void SetPowerState(Bench& bench, Device& dev, int, uint64_t) {
  bench.strategy->set_power_state(dev, PowerState::kD3hot);
  bench.strategy->set_power_state(dev, PowerState::kD0);
}
void Reset(Bench& bench, Device& dev, int, uint64_t) {
  bench.strategy->access_lock(dev);
  bench.strategy->reset(dev);
  bench.strategy->access_unlock(dev);
}
void AddRemove(Bench& bench, Device& dev, int, uint64_t) {
  bench.strategy->device_remove(dev);
  bench.strategy->device_add(dev);
}

constexpr uint64_t kMany = 1000, kFew = 8;  // those that sleep over a recovery time: few

constexpr OperationLoop kOperations[] = {
    {"read", kMany, Operation<Whose::kShared, Read>},
    {"write", kMany, Operation<Whose::kShared, Write>},
    {"user_read", kMany, Operation<Whose::kShared, UserRead>},
    {"user_write", kMany, Operation<Whose::kShared, UserWrite>},
    {"access_lock+unlock", kMany, Operation<Whose::kOwn, AccessLock>},
    {"access_trylock+unlock", kMany, Operation<Whose::kOwn, AccessTrylock>},
    {"intx_mask", kMany, Operation<Whose::kShared, IntxMask>},
    {"capability_update", kMany, Operation<Whose::kShared, CapabilityUpdate>},
    {"msi_mask", kMany, Operation<Whose::kShared, MsiMask>},
    {"msi_write", kMany, Operation<Whose::kOwn, MsiWrite>},
    {"set_ops", kMany, Operation<Whose::kShared, SetOps>},
    {"device_remove+add", kMany, Operation<Whose::kOwn, AddRemove>},
    {"set_power_state(D3hot,D0)", kFew, Operation<Whose::kOwn, SetPowerState>},
    {"reset", kFew, Operation<Whose::kOwn, Reset>},
};

// ---- Locks ----------------------------------------------------------------------------------------------------------

SpinAlgorithm AlgorithmOf(const char* name) {
  const char* algorithm_name = std::strchr(name, '/') + 1;
  SpinAlgorithm algorithm = SpinAlgorithm{};
  if (!FindSpinAlgorithm(algorithm_name, static_cast<unsigned>(std::strlen(algorithm_name)), &algorithm)) {
    engine::EndExecution("no such spin algorithm");
  }
  return algorithm;
}

// What strategies take: the algorithm, picked at run time, with preemption off.
void* OpenRaw(const char* name) { return new Guarded<RawSpinlock>("bench", AlgorithmOf(name)); }

// Some algorithms have something to give back.
template <class Core>
void Destroy(Core& core, SpinAlgorithm algorithm) {
  if constexpr (requires { core.Destroy(algorithm); }) core.Destroy(algorithm);
}

// The algorithm alone, picked likewise: what preempt_disable() costs is the difference.
class Bare {
 public:
  explicit Bare(SpinAlgorithm algorithm) : core_(algorithm), algorithm_(algorithm) {}
  ~Bare() { Destroy(core_, algorithm_); }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;
  void lock() { core_.lock(algorithm_); }
  void unlock() { core_.unlock(algorithm_); }

 private:
  SpinCore core_;
  const SpinAlgorithm algorithm_;
};
void* OpenBare(const char* name) { return new Guarded<Bare>(AlgorithmOf(name)); }

struct ReadSide : RwSemaphore {
  using RwSemaphore::RwSemaphore;
  void lock() { down_read(); }
  void unlock() { up_read(); }
};
struct WriteSide : RwSemaphore {
  using RwSemaphore::RwSemaphore;
  void lock() { down_write(); }
  void unlock() { up_write(); }
};
template <class Lock>
void* OpenNamed(const char* name) {
  return new Guarded<Lock>(name);
}

constexpr LockLoop kSleeping[] = {
    {"rwsem/read", true, OpenNamed<ReadSide>, LoopOver<ReadSide, true>::Run, LoopOver<ReadSide, true>::Close},
    {"rwsem/write", false, OpenNamed<WriteSide>, LoopOver<WriteSide>::Run, LoopOver<WriteSide>::Close},
    {"mutex", false, OpenNamed<Mutex>, LoopOver<Mutex>::Run, LoopOver<Mutex>::Close},
};
constexpr size_t kNameLength = 32;
constexpr size_t kSleepingCount = sizeof(kSleeping) / sizeof(kSleeping[0]);
char names[size_t{2} * kSpinAlgorithmCount][kNameLength];
LockLoop locks[size_t{2} * kSpinAlgorithmCount + kSleepingCount];

const char* NameLock(size_t index, const char* kind, const char* algorithm) {
  char* name = names[index];
  if (std::strlen(kind) + std::strlen(algorithm) >= kNameLength) engine::EndExecution("a name is too long");
  return std::strcat(std::strcpy(name, kind), algorithm);
}

}  // namespace
}  // namespace cfgtorture::bench

using cfgtorture::bench::Bench;

extern "C" {

CFGT_EXPORT void bench_start() { cfgtorture::StartKernel(""); }

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
    bench.strategy->read(*bench.devices[0], 0, cfgtorture::Size::kDword, &value);
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
    bench.caller.read(*bench.devices[0], 0, cfgtorture::Size::kDword, &value);
    sum += value;
  }
  return sum;
}

CFGT_EXPORT const cfgtorture::bench::OperationLoop* bench_operations(uint32_t* count) {
  *count = sizeof(cfgtorture::bench::kOperations) / sizeof(cfgtorture::bench::kOperations[0]);
  return cfgtorture::bench::kOperations;
}

CFGT_EXPORT const cfgtorture::bench::LockLoop* bench_locks(uint32_t* count) {
  using namespace cfgtorture::bench;  // NOLINT: this function alone
  size_t filled = 0;
  for (uint32_t i = 0; i < cfgtorture::kSpinAlgorithmCount; ++i) {
    const char* algorithm = cfgtorture::kSpinAlgorithmNames[i];
    using Raw = LoopOver<cfgtorture::RawSpinlock>;
    locks[filled] = {NameLock(filled, "raw_spinlock/", algorithm), false, OpenRaw, Raw::Run, Raw::Close};
    ++filled;
    locks[filled] = {NameLock(filled, "spin/", algorithm), false, OpenBare, LoopOver<Bare>::Run, LoopOver<Bare>::Close};
    ++filled;
  }
  for (const LockLoop& loop : kSleeping) locks[filled++] = loop;
  *count = static_cast<uint32_t>(filled);
  return locks;
}

}  // extern "C"
