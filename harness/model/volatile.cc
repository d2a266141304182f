// Volatile accesses: what the kernel's READ_ONCE and WRITE_ONCE become. Marked, so no race against another marked one;
// points; ordering nothing, as relaxed atomics.
//
// The compiler tells of one and then makes it itself. So what a load reads under a memory model, if that is not the
// newest value, lies in memory while the access is made; and what a store has written is found there afterwards.
// Afterwards is before whatever the code under test does next (Machine::BeginVolatile()): nobody else runs in between.
// Without a memory model a store counts as a change, whatever it writes, and spinners on it run again.
//
// g++ tells them apart (--param tsan-distinguish-volatile=1); clang 14 does not, and they are plain.
#include "harness/model/abi.h"
#include "harness/model/machine.h"
#include "harness/model/memory_model.h"

#define CFGT_PC reinterpret_cast<uintptr_t>(__builtin_return_address(0))

namespace cfgtorture::model {
namespace {

struct Pending {
  AtomicLocation* location;
  unsigned size;
  bool write;
  uint64_t newest;  // value, before the access
} pending;

void Begin(AtomicLocation* location, unsigned size, bool write, uint64_t newest) {
  pending = {location, size, write, newest};
  machine.BeginVolatile();
}

// A point, and then the location, as ApproachAnywhere() tells it. It can be weakened no further.
AtomicLocation* Approach(uintptr_t pc, uintptr_t address, unsigned size, bool write) {
  ++counts.volatiles;
  machine.Point(address);
  int order = __ATOMIC_RELAXED;
  return ApproachAnywhere(pc, address, size, write, /*read=*/!write, order);
}

void Read(uintptr_t pc, uintptr_t address, unsigned size) {
  AtomicLocation* location = Approach(pc, address, size, /*write=*/false);
  if (location == nullptr) return;
  MemoryModel* weak = machine.weak();
  uint64_t value = ReadMemory(address, size);
  if (size > sizeof(value)) {  // beyond all models, and too wide to park on
    if (weak != nullptr) weak->Wide(*location, /*write=*/false);
    machine.races().LoadOrder(*location, __ATOMIC_RELAXED);
  } else if (weak == nullptr) {
    machine.races().LoadOrder(*location, __ATOMIC_RELAXED);
    machine.Saw(location->watched);
  } else {
    value = weak->Load(*location, size, __ATOMIC_RELAXED);
    if (const uint64_t newest = ReadMemory(address, size); newest != value) {
      WriteMemory(address, size, value);
      Begin(location, size, /*write=*/false, newest);
    }
  }
  if (values_watched) AtomicWatched(address, size, value, value, /*write=*/false, /*stores=*/false);
}

void Write(uintptr_t pc, uintptr_t address, unsigned size) {
  AtomicLocation* location = Approach(pc, address, size, /*write=*/true);
  if (location == nullptr) return;
  if (machine.weak() != nullptr && size <= sizeof(uint64_t)) {
    Begin(location, size, /*write=*/true, ReadMemory(address, size));
    return;
  }
  if (values_watched) AtomicWatched(address, size, ReadMemory(address, size), 0, /*write=*/true, /*stores=*/true);
  if (machine.weak() != nullptr) machine.weak()->Wide(*location, /*write=*/true);
  machine.races().StoreOrder(*location, __ATOMIC_RELAXED);
  machine.ChangedValue(*location);
}

}  // namespace

void VolatileWasMade() {
  const uintptr_t address = pending.location->address();
  if (!pending.write) return WriteMemory(address, pending.size, pending.newest);
  const uint64_t value = ReadMemory(address, pending.size);
  WriteMemory(address, pending.size, pending.newest);
  machine.weak()->Store(*pending.location, pending.size, value, __ATOMIC_RELAXED);
  if (values_watched) {
    AtomicWatched(address, pending.size, pending.newest, value, /*write=*/true, /*stores=*/true);
  }
}

}  // namespace cfgtorture::model

using namespace cfgtorture::model;  // NOLINT: the C side of that namespace

#define CFGT_ABI extern "C" __attribute__((visibility("default"), hot))
#define CFGT_VOLATILE(kind, size)                                                                            \
  CFGT_ABI void __tsan_##kind##_read##size(void* p) { Read(CFGT_PC, reinterpret_cast<uintptr_t>(p), size); } \
  CFGT_ABI void __tsan_##kind##_write##size(void* p) { Write(CFGT_PC, reinterpret_cast<uintptr_t>(p), size); }

CFGT_VOLATILE(volatile, 1)
CFGT_VOLATILE(volatile, 2)
CFGT_VOLATILE(volatile, 4)
CFGT_VOLATILE(volatile, 8)
CFGT_VOLATILE(volatile, 16)
CFGT_VOLATILE(unaligned_volatile, 2)
CFGT_VOLATILE(unaligned_volatile, 4)
CFGT_VOLATILE(unaligned_volatile, 8)
CFGT_VOLATILE(unaligned_volatile, 16)
