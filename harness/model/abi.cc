// The ThreadSanitizer ABI, implemented by the model: every access that the code under test makes arrives here.
//
// Both compilers emit these calls (toolchain.md). An atomic operation is a scheduling point, then the operation, then
// its happens-before edges. A plain access is checked, and is a scheduling point once its place has been found racy.
// REQUIRES: called from the object under test alone; it is a shared object of its own, bound to itself.
#include "harness/model/abi.h"

#include <atomic>
#include <cstring>

#include "harness/model/assert.h"
#include "harness/model/findings.h"
#include "harness/model/machine.h"
#include "harness/model/recorder.h"

#define CFGT_ABI extern "C" __attribute__((visibility("default")))
#define CFGT_PC reinterpret_cast<uintptr_t>(__builtin_return_address(0))

namespace cfgtorture::model {

AccessCounts counts;
RacySites racy_sites;
bool attentive = false;

namespace {

using u8 = uint8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;
__extension__ using u128 = unsigned __int128;

// Below the saved stack pointer of a suspended context no frame is alive; an ended one's lies at the top (machine.cc).
[[gnu::always_inline]] inline void CheckForeignStack(uintptr_t pc, uintptr_t address) {
  ++counts.foreign_stack;
  const unsigned owner = StackOwner(address);
  if (address < machine.stack_floor(owner) && owner < machine.context_count()) [[unlikely]]
    DeadFrame(pc, owner);
}

// Null, a list's poison, the fill of freed or fresh memory: the access itself would kill the worker.
inline bool Wild(uintptr_t address) { return address - 65536 >= (uintptr_t{1} << 47) - 65536; }

// A plain access while something is racy or recorded.
void Attend(uintptr_t pc, uintptr_t address, size_t size, bool write) {
  if (racy_sites.Contains(pc)) machine.Point();
  if (recorder.on() && !Wild(address)) recorder.Log(pc, address, size, write, false);
}

template <bool kWrite>
[[gnu::always_inline]] inline void Plain(uintptr_t pc, const volatile void* pointer, size_t size) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(pointer);
  ++(kWrite ? counts.writes : counts.reads);
  if (attentive) [[unlikely]]
    Attend(pc, address, size, kWrite);
  if (machine.Foreign(address)) {
    if (InStacks(address)) {
      CheckForeignStack(pc, address);
    } else if (Wild(address)) [[unlikely]] {
      WildAccess(pc, address, size, kWrite);
    }
    if (kWrite) machine.context().changed = true;
  }
  if (machine.races().Plain<kWrite>(address, size)) [[unlikely]]
    RaceFound(pc, address, size, kWrite);
}

// What an atomic access has to pass before it touches memory.
[[gnu::always_inline]] inline void Approach(uintptr_t pc, uintptr_t address, size_t size, bool write) {
  if (machine.Foreign(address)) {
    if (InStacks(address)) {
      CheckForeignStack(pc, address);
    } else if (Wild(address)) [[unlikely]] {
      WildAccess(pc, address, size, write);
    }
  }
  if (recorder.on()) [[unlikely]]
    recorder.Log(pc, address, size, write, true);
}

// The scheduling point and the bookkeeping that all atomic operations share. Null outside the shadowed memory.
template <typename T>
[[gnu::always_inline]] inline AtomicLocation* Begin(uintptr_t pc, const volatile T* pointer, bool write, bool read) {
  ++counts.atomics;
  machine.Point();
  const uintptr_t address = reinterpret_cast<uintptr_t>(pointer);
  Approach(pc, address, sizeof(T), write);
  bool race = false;
  AtomicLocation* location = machine.races().Atomic(address, sizeof(T), write, read, &race);
  if (race) [[unlikely]]
    RaceFound(pc, address, sizeof(T), write);
  return location;
}

// What a replay must read and write again.
template <typename T>
inline void Fold(T value) {
  if (recorder.on()) [[unlikely]]
    recorder.Fold(static_cast<uint64_t>(value));
}

// What a spin loop may wait for. Too wide to park on: the iteration yields instead.
template <typename T>
inline void Saw(AtomicLocation* location, T value) {
  if (sizeof(T) <= 8) {
    machine.SawValue(location, static_cast<uint64_t>(value), sizeof(T));
  } else {
    machine.context().read_count = kSpinReads + 1;
  }
}

template <typename T>
inline T Load(uintptr_t pc, const volatile T* pointer, int order) {
  AtomicLocation* location = Begin(pc, pointer, false, true);
  const T value = *pointer;
  if (location != nullptr) {
    machine.races().LoadOrder(*location, order);
    Saw(location, value);
  }
  Fold(value);
  return value;
}

template <typename T>
inline void Store(uintptr_t pc, volatile T* pointer, T value, int order) {
  AtomicLocation* location = Begin(pc, pointer, true, false);
  const bool changes = *pointer != value;
  *pointer = value;
  if (location != nullptr) {
    machine.races().StoreOrder(*location, order);
    if (changes) machine.ChangedValue(location);
  }
  Fold(value);
}

// Read-modify-write: `f` maps the old value to the new one.
template <typename T, typename F>
inline T Rmw(uintptr_t pc, volatile T* pointer, int order, F f) {
  AtomicLocation* location = Begin(pc, pointer, true, true);
  const T old = *pointer;
  const T value = f(old);
  *pointer = value;
  if (location != nullptr) {
    machine.races().RmwOrder(*location, order);
    if (old != value) {
      machine.ChangedValue(location);
    } else {
      Saw(location, old);  // wrote 1 over 1: it only looked
    }
  }
  Fold(value);
  return old;
}

template <typename T>
inline bool CompareExchange(uintptr_t pc, volatile T* pointer, T* expected, T desired, int order, int failure) {
  // Whether it will write is known only after the scheduling point.
  ++counts.atomics;
  machine.Point();
  const uintptr_t address = reinterpret_cast<uintptr_t>(pointer);
  Approach(pc, address, sizeof(T), true);
  const T old = *pointer;
  const bool succeeds = old == *expected;
  bool race = false;
  AtomicLocation* location = machine.races().Atomic(address, sizeof(T), succeeds, true, &race);
  if (race) [[unlikely]]
    RaceFound(pc, address, sizeof(T), succeeds);
  if (succeeds) {
    *pointer = desired;
    if (location != nullptr) {
      machine.races().RmwOrder(*location, order);
      if (old != desired) machine.ChangedValue(location);
    }
  } else if (location != nullptr) {
    machine.races().LoadOrder(*location, failure);
    Saw(location, old);
  }
  Fold(succeeds ? desired : old);
  if (!succeeds) *expected = old;
  return succeeds;
}

}  // namespace

void PlainRead(uintptr_t pc, const void* pointer, size_t size) { Plain<false>(pc, pointer, size); }
void PlainWrite(uintptr_t pc, const void* pointer, size_t size) { Plain<true>(pc, pointer, size); }

}  // namespace cfgtorture::model

using namespace cfgtorture::model;  // NOLINT: this file is the C side of that namespace

// ---- plain accesses
// -----------------------------------------------------------------------------------------------------

#define CFGT_PLAIN(size)                                                                                              \
  CFGT_ABI void __tsan_read##size(void* p) { Plain<false>(CFGT_PC, p, size); }                                        \
  CFGT_ABI void __tsan_write##size(void* p) { Plain<true>(CFGT_PC, p, size); }                                        \
  CFGT_ABI void __tsan_read_write##size(void* p) {                                                                    \
    Plain<false>(CFGT_PC, p, size);                                                                                   \
    Plain<true>(CFGT_PC, p, size);                                                                                    \
  }                                                                                                                   \
  CFGT_ABI void __tsan_read##size##_pc(void* p, void* pc) { Plain<false>(reinterpret_cast<uintptr_t>(pc), p, size); } \
  CFGT_ABI void __tsan_write##size##_pc(void* p, void* pc) { Plain<true>(reinterpret_cast<uintptr_t>(pc), p, size); } \
  CFGT_ABI void __tsan_volatile_read##size(void* p) { VolatileRead<size>(CFGT_PC, p); }                               \
  CFGT_ABI void __tsan_volatile_write##size(void* p) { VolatileWrite<size>(CFGT_PC, p); }

#define CFGT_UNALIGNED(size)                                                                            \
  CFGT_ABI void __tsan_unaligned_read##size(const void* p) { Plain<false>(CFGT_PC, p, size); }          \
  CFGT_ABI void __tsan_unaligned_write##size(void* p) { Plain<true>(CFGT_PC, p, size); }                \
  CFGT_ABI void __tsan_unaligned_read_write##size(void* p) {                                            \
    Plain<false>(CFGT_PC, p, size);                                                                     \
    Plain<true>(CFGT_PC, p, size);                                                                      \
  }                                                                                                     \
  CFGT_ABI void __tsan_unaligned_volatile_read##size(const void* p) { VolatileRead<size>(CFGT_PC, p); } \
  CFGT_ABI void __tsan_unaligned_volatile_write##size(void* p) { VolatileWrite<size>(CFGT_PC, p); }

namespace {

// A volatile access is what the kernel's READ_ONCE and WRITE_ONCE become: marked, so not a race against another marked
// one, ordering nothing. The compiler calls this before the access itself, so a write's new value is not known yet:
// it counts as a change, and spinners on it run again.
template <unsigned kSize>
void VolatileRead(uintptr_t pc, const void* p) {
  ++counts.volatiles;
  machine.Point();
  bool race = false;
  const uintptr_t address = reinterpret_cast<uintptr_t>(p);
  Approach(pc, address, kSize, false);
  AtomicLocation* location = machine.races().Atomic(address, kSize, false, true, &race);
  if (race) RaceFound(pc, address, kSize, false);
  if (location != nullptr) machine.races().LoadOrder(*location, 0);
  if (location != nullptr && kSize <= 8) {
    uint64_t value = 0;
    std::memcpy(&value, p, kSize);
    machine.SawValue(location, value, kSize);
  }
}

template <unsigned kSize>
void VolatileWrite(uintptr_t pc, void* p) {
  ++counts.volatiles;
  machine.Point();
  bool race = false;
  const uintptr_t address = reinterpret_cast<uintptr_t>(p);
  Approach(pc, address, kSize, true);
  AtomicLocation* location = machine.races().Atomic(address, kSize, true, false, &race);
  if (race) RaceFound(pc, address, kSize, true);
  if (location != nullptr) {
    machine.races().StoreOrder(*location, 0);
    machine.ChangedValue(location);
  }
}

}  // namespace

CFGT_PLAIN(1)
CFGT_PLAIN(2)
CFGT_PLAIN(4)
CFGT_PLAIN(8)
CFGT_PLAIN(16)
CFGT_UNALIGNED(2)
CFGT_UNALIGNED(4)
CFGT_UNALIGNED(8)
CFGT_UNALIGNED(16)

CFGT_ABI void __tsan_read_range(void* p, unsigned long size) { Plain<false>(CFGT_PC, p, size); }
CFGT_ABI void __tsan_write_range(void* p, unsigned long size) { Plain<true>(CFGT_PC, p, size); }
CFGT_ABI void __tsan_vptr_update(void** p, void* value) {
  if (*p != value) Plain<true>(CFGT_PC, p, sizeof(void*));
}
CFGT_ABI void __tsan_vptr_read(void** p) { Plain<false>(CFGT_PC, p, sizeof(void*)); }

CFGT_ABI void __tsan_init() {}
CFGT_ABI void __tsan_func_entry(void* return_address) {
  ++counts.functions;
  if (recorder.on()) [[unlikely]]
    recorder.Enter(reinterpret_cast<uintptr_t>(return_address));
}
CFGT_ABI void __tsan_func_exit() {
  if (recorder.on()) [[unlikely]]
    recorder.Leave();
}
CFGT_ABI void __tsan_ignore_thread_begin() {}
CFGT_ABI void __tsan_ignore_thread_end() {}
// Fences are modelled exactly, so the annotations that stand beside them for libtsan say nothing new.
CFGT_ABI void __tsan_acquire(void*) {}
CFGT_ABI void __tsan_release(void*) {}

// ---- atomics
// --------------------------------------------------------------------------------------------------------------

#define CFGT_ATOMIC(bits, T)                                                                               \
  CFGT_ABI T __tsan_atomic##bits##_load(const volatile T* p, int mo) { return Load<T>(CFGT_PC, p, mo); }   \
  CFGT_ABI void __tsan_atomic##bits##_store(volatile T* p, T v, int mo) { Store<T>(CFGT_PC, p, v, mo); }   \
  CFGT_ABI T __tsan_atomic##bits##_exchange(volatile T* p, T v, int mo) {                                  \
    return Rmw<T>(CFGT_PC, p, mo, [v](T) { return v; });                                                   \
  }                                                                                                        \
  CFGT_ABI T __tsan_atomic##bits##_fetch_add(volatile T* p, T v, int mo) {                                 \
    return Rmw<T>(CFGT_PC, p, mo, [v](T old) { return static_cast<T>(old + v); });                         \
  }                                                                                                        \
  CFGT_ABI T __tsan_atomic##bits##_fetch_sub(volatile T* p, T v, int mo) {                                 \
    return Rmw<T>(CFGT_PC, p, mo, [v](T old) { return static_cast<T>(old - v); });                         \
  }                                                                                                        \
  CFGT_ABI T __tsan_atomic##bits##_fetch_and(volatile T* p, T v, int mo) {                                 \
    return Rmw<T>(CFGT_PC, p, mo, [v](T old) { return static_cast<T>(old & v); });                         \
  }                                                                                                        \
  CFGT_ABI T __tsan_atomic##bits##_fetch_or(volatile T* p, T v, int mo) {                                  \
    return Rmw<T>(CFGT_PC, p, mo, [v](T old) { return static_cast<T>(old | v); });                         \
  }                                                                                                        \
  CFGT_ABI T __tsan_atomic##bits##_fetch_xor(volatile T* p, T v, int mo) {                                 \
    return Rmw<T>(CFGT_PC, p, mo, [v](T old) { return static_cast<T>(old ^ v); });                         \
  }                                                                                                        \
  CFGT_ABI T __tsan_atomic##bits##_fetch_nand(volatile T* p, T v, int mo) {                                \
    return Rmw<T>(CFGT_PC, p, mo, [v](T old) { return static_cast<T>(~(old & v)); });                      \
  }                                                                                                        \
  CFGT_ABI int __tsan_atomic##bits##_compare_exchange_strong(volatile T* p, T* c, T v, int mo, int fail) { \
    return CompareExchange<T>(CFGT_PC, p, c, v, mo, fail);                                                 \
  }                                                                                                        \
  CFGT_ABI int __tsan_atomic##bits##_compare_exchange_weak(volatile T* p, T* c, T v, int mo, int fail) {   \
    return CompareExchange<T>(CFGT_PC, p, c, v, mo, fail);                                                 \
  }                                                                                                        \
  CFGT_ABI T __tsan_atomic##bits##_compare_exchange_val(volatile T* p, T c, T v, int mo, int fail) {       \
    CompareExchange<T>(CFGT_PC, p, &c, v, mo, fail);                                                       \
    return c;                                                                                              \
  }

CFGT_ATOMIC(8, u8)
CFGT_ATOMIC(16, u16)
CFGT_ATOMIC(32, u32)
CFGT_ATOMIC(64, u64)
CFGT_ATOMIC(128, u128)

CFGT_ABI void __tsan_atomic_thread_fence(int mo) {
  ++counts.fences;
  machine.Point();
  machine.races().Fence(mo);
}
CFGT_ABI void __tsan_atomic_signal_fence(int) {}
