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
#include "harness/model/virtual_time.h"

#define CFGT_ABI extern "C" __attribute__((visibility("default"), hot))
#define CFGT_PC reinterpret_cast<uintptr_t>(__builtin_return_address(0))

namespace cfgtorture::model {

AccessCounts counts;
RacySites racy_sites;
uintptr_t at_a_glance = kArenaBytes;

namespace {

using u8 = uint8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;
__extension__ using u128 = unsigned __int128;

// Null, a list's poison, the fill of freed or fresh memory: the access itself would kill the worker.
inline bool Wild(uintptr_t address) { return address - 65536 >= (uintptr_t{1} << 47) - 65536; }

// What at_a_glance leaves out, or memory outside the arena.
[[gnu::noinline]] void Attend(uintptr_t pc, uintptr_t address, size_t size, bool write, bool read, bool atomic) {
  if (!atomic && racy_sites.Contains(pc)) machine.Point();
  if (!recorder.on() || Wild(address)) return;
  if (virtual_time != nullptr) return virtual_time->Access(address, size, write, atomic && read && write);
  recorder.Log(pc, address, size, write, atomic);
}

// Below the saved stack pointer of a suspended context no frame is alive; an ended one's lies at the top (machine.cc).
[[gnu::always_inline]] inline bool Dead(uintptr_t address, unsigned owner) {
  return address < machine.stack_floor(owner);
}

// An access to a stack, alive.
[[gnu::always_inline]] inline void NoteStack(unsigned owner) {
  if (counts.foreign_in_this || owner == machine.current()) [[likely]]
    return;
  counts.foreign_in_this = true;
  ++counts.foreign_stack;
}

// Memory that has no shadow.
[[gnu::noinline]] void Outside(uintptr_t pc, uintptr_t address, size_t size, bool write) {
  if (Wild(address)) WildAccess(pc, address, size, write);
  if (write) machine.context().changed = true;
}

// An access that the detector has to look at closely.
template <bool kWrite>
[[gnu::noinline]] void PlainChecked(uintptr_t pc, uintptr_t address, size_t size, Cell* cell) {
  const unsigned met = machine.races().Plain<kWrite>(cell, address, size);
  if (met == RaceDetector::kNothing) [[likely]]
    return;
  if ((met & RaceDetector::kOverwritten) != 0) machine.Wake(machine.races().TakeDisturbed());
  if ((met & RaceDetector::kRace) != 0) RaceFound(pc, address, size, kWrite);
}

// Any access, anywhere.
template <bool kWrite>
[[gnu::noinline]] void PlainAnywhere(uintptr_t pc, uintptr_t address, size_t size) {
  ++(kWrite ? counts.writes : counts.reads);
  Attend(pc, address, size, kWrite, !kWrite, /*atomic=*/false);
  Cell* cell = machine.races().CellOf(address);
  if (cell == nullptr) return Outside(pc, address, size, kWrite);
  bool visible = true;  // to others
  if (InStacks(address)) {
    const unsigned owner = StackOwner(address);
    visible = owner != machine.current();
    NoteStack(owner);
    if (Dead(address, owner)) DeadFrame(pc, owner);
  }
  if (kWrite && visible) machine.context().changed = true;
  PlainChecked<kWrite>(pc, address, size, cell);
}

// Most accesses are to memory of the arena, nowhere racy, and simple for the detector. Whatever else they are goes to
// the functions above by a tail call, so that nothing need be saved for those.
template <bool kWrite, size_t kSize>
[[gnu::always_inline]] inline void Plain(uintptr_t pc, const volatile void* pointer) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(pointer);
  const uintptr_t offset = address - kBase;
  if (offset >= at_a_glance) [[unlikely]]
    return PlainAnywhere<kWrite>(pc, address, kSize);
  if (offset < kStacksBytes) [[likely]] {
    const unsigned owner = static_cast<unsigned>(offset / kStackBytes);
    if (Dead(address, owner)) [[unlikely]]
      return PlainAnywhere<kWrite>(pc, address, kSize);
    NoteStack(owner);
    if (kWrite) machine.context().changed |= owner != machine.current();
  } else if (kWrite) {
    machine.context().changed = true;
  }
  ++(kWrite ? counts.writes : counts.reads);
  Cell* cell = RaceDetector::CellAt(offset);
  if (!machine.races().PlainSimple<kWrite, kSize>(*cell, address)) [[unlikely]]
    PlainChecked<kWrite>(pc, address, kSize, cell);
}

// What all atomic operations share, once the schedule has come back to them: the access itself can be made. Null
// outside the shadowed memory.
[[gnu::always_inline]] inline AtomicLocation* Approach(uintptr_t address, unsigned size, bool write, bool read) {
  const uintptr_t offset = address - kBase;
  Cell* cell = RaceDetector::CellAt(offset);
  if (offset >= at_a_glance) [[unlikely]] {
    Attend(CFGT_PC, address, size, write, read, /*atomic=*/true);
    cell = machine.races().CellOf(address);
    if (cell == nullptr) {
      Outside(CFGT_PC, address, size, write);
      return nullptr;
    }
  }
  if (offset < kStacksBytes) [[likely]] {
    const unsigned owner = static_cast<unsigned>(offset / kStackBytes);
    NoteStack(owner);
    if (Dead(address, owner)) [[unlikely]]
      DeadFrame(CFGT_PC, owner);
  }
  bool race = false;
  AtomicLocation* location = machine.races().Atomic(cell, address, size, write, read, &race);
  if (race) [[unlikely]]
    RaceFound(CFGT_PC, address, size, write);
  return location;
}

// The scheduling point, too.
template <typename T>
[[gnu::always_inline]] inline AtomicLocation* Begin(const volatile T* pointer, bool write, bool read) {
  ++counts.atomics;
  machine.Point();
  return Approach(reinterpret_cast<uintptr_t>(pointer), sizeof(T), write, read);
}

// What a replay must read and write again.
template <typename T>
[[gnu::always_inline]] inline void Fold(T value) {
  if (recorder.on()) [[unlikely]]
    recorder.Fold(static_cast<uint64_t>(value));
}

// What a spin loop may wait for. Too wide to park on: the iteration yields instead.
template <typename T>
[[gnu::always_inline]] inline void Saw(AtomicLocation* location) {
  if (sizeof(T) <= 8) {
    machine.Saw(location->watched);
  } else {
    machine.context().read_count = kSpinReads + 1;
  }
}

template <typename T>
[[gnu::always_inline]] inline T Load(const volatile T* pointer, int order) {
  AtomicLocation* location = Begin(pointer, false, true);
  if (location != nullptr) [[likely]] {
    machine.races().LoadOrder(*location, order);
    Saw<T>(location);
  }
  const T value = *pointer;
  Fold(value);
  return value;
}

template <typename T>
[[gnu::always_inline]] inline void Store(volatile T* pointer, T value, int order) {
  AtomicLocation* location = Begin(pointer, true, false);
  const bool changes = *pointer != value;
  *pointer = value;
  if (location != nullptr) [[likely]] {
    machine.races().StoreOrder(*location, order);
    if (changes) machine.ChangedValue(*location);
  }
  Fold(value);
}

// Read-modify-write: `f` maps the old value to the new one.
template <typename T, typename F>
[[gnu::always_inline]] inline T Rmw(volatile T* pointer, int order, F f) {
  AtomicLocation* location = Begin(pointer, true, true);
  const T old = *pointer;
  const T value = f(old);
  *pointer = value;
  if (location != nullptr) [[likely]] {
    machine.races().RmwOrder(*location, order);
    if (old != value) {
      machine.ChangedValue(*location);
    } else {
      Saw<T>(location);  // wrote 1 over 1: it only looked
    }
  }
  Fold(value);
  return old;
}

template <typename T>
[[gnu::always_inline]] inline bool CompareExchange(volatile T* pointer, T* expected, T desired, int order,
                                                   int failure) {
  // Whether it will write is known only after the scheduling point, and then only by looking.
  ++counts.atomics;
  machine.Point();
  const uintptr_t address = reinterpret_cast<uintptr_t>(pointer);
  if (Wild(address)) [[unlikely]]
    WildAccess(CFGT_PC, address, sizeof(T), true);
  const T old = *pointer;
  const bool succeeds = old == *expected;
  AtomicLocation* location = Approach(address, sizeof(T), succeeds, true);
  if (succeeds) {
    *pointer = desired;
    if (location != nullptr) {
      machine.races().RmwOrder(*location, order);
      if (old != desired) machine.ChangedValue(*location);
    }
  } else if (location != nullptr) {
    machine.races().LoadOrder(*location, failure);
    Saw<T>(location);
  }
  Fold(succeeds ? desired : old);
  if (!succeeds) *expected = old;
  return succeeds;
}

}  // namespace

void PlainRead(uintptr_t pc, const void* pointer, size_t size) {
  PlainAnywhere<false>(pc, reinterpret_cast<uintptr_t>(pointer), size);
}
void PlainWrite(uintptr_t pc, const void* pointer, size_t size) {
  PlainAnywhere<true>(pc, reinterpret_cast<uintptr_t>(pointer), size);
}

}  // namespace cfgtorture::model

using namespace cfgtorture::model;  // NOLINT: this file is the C side of that namespace

// ---- plain accesses
// -----------------------------------------------------------------------------------------------------

#define CFGT_PLAIN(size)                                                                         \
  CFGT_ABI void __tsan_read##size(void* p) { Plain<false, size>(CFGT_PC, p); }                   \
  CFGT_ABI void __tsan_write##size(void* p) { Plain<true, size>(CFGT_PC, p); }                   \
  CFGT_ABI void __tsan_read_write##size(void* p) {                                               \
    Plain<false, size>(CFGT_PC, p);                                                              \
    Plain<true, size>(CFGT_PC, p);                                                               \
  }                                                                                              \
  CFGT_ABI void __tsan_read##size##_pc(void* p, void* pc) {                                      \
    PlainAnywhere<false>(reinterpret_cast<uintptr_t>(pc), reinterpret_cast<uintptr_t>(p), size); \
  }                                                                                              \
  CFGT_ABI void __tsan_write##size##_pc(void* p, void* pc) {                                     \
    PlainAnywhere<true>(reinterpret_cast<uintptr_t>(pc), reinterpret_cast<uintptr_t>(p), size);  \
  }                                                                                              \
  CFGT_ABI void __tsan_volatile_read##size(void* p) { VolatileRead<size>(p); }                   \
  CFGT_ABI void __tsan_volatile_write##size(void* p) { VolatileWrite<size>(p); }

#define CFGT_UNALIGNED(size)                                                                   \
  CFGT_ABI void __tsan_unaligned_read##size(const void* p) { PlainRead(CFGT_PC, p, size); }    \
  CFGT_ABI void __tsan_unaligned_write##size(void* p) { PlainWrite(CFGT_PC, p, size); }        \
  CFGT_ABI void __tsan_unaligned_read_write##size(void* p) {                                   \
    PlainRead(CFGT_PC, p, size);                                                               \
    PlainWrite(CFGT_PC, p, size);                                                              \
  }                                                                                            \
  CFGT_ABI void __tsan_unaligned_volatile_read##size(const void* p) { VolatileRead<size>(p); } \
  CFGT_ABI void __tsan_unaligned_volatile_write##size(void* p) { VolatileWrite<size>(p); }

namespace {

// A volatile access is what the kernel's READ_ONCE and WRITE_ONCE become: marked, so not a race against another marked
// one, ordering nothing. The compiler calls this before the access itself, so a write's new value is not known yet:
// it counts as a change, and spinners on it run again.
template <unsigned kSize>
[[gnu::always_inline]] inline void VolatileRead(const void* p) {
  ++counts.volatiles;
  machine.Point();
  AtomicLocation* location = Approach(reinterpret_cast<uintptr_t>(p), kSize, false, true);
  if (location == nullptr) return;
  machine.races().LoadOrder(*location, 0);
  if (kSize <= 8) machine.Saw(location->watched);
}

template <unsigned kSize>
[[gnu::always_inline]] inline void VolatileWrite(void* p) {
  ++counts.volatiles;
  machine.Point();
  AtomicLocation* location = Approach(reinterpret_cast<uintptr_t>(p), kSize, true, false);
  if (location == nullptr) return;
  machine.races().StoreOrder(*location, 0);
  machine.ChangedValue(*location);
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

CFGT_ABI void __tsan_read_range(void* p, unsigned long size) { PlainRead(CFGT_PC, p, size); }
CFGT_ABI void __tsan_write_range(void* p, unsigned long size) { PlainWrite(CFGT_PC, p, size); }
// Writing the same value again is no write: destructors do. But what an earlier execution has left on a stack must not
// decide about that, or a replay may differ.
CFGT_ABI void __tsan_vptr_update(void** p, void* value) {
  if (!machine.races().Touched(reinterpret_cast<uintptr_t>(p)) || *p != value) PlainWrite(CFGT_PC, p, sizeof(void*));
}
CFGT_ABI void __tsan_vptr_read(void** p) { PlainRead(CFGT_PC, p, sizeof(void*)); }

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

// NOLINTBEGIN(bugprone-macro-parentheses): the arguments are types
#define CFGT_ATOMIC(bits, T)                                                                                           \
  CFGT_ABI CFGT_SWITCHES T __tsan_atomic##bits##_load(const volatile T* p, int mo) { return Load<T>(p, mo); }          \
  CFGT_ABI CFGT_SWITCHES void __tsan_atomic##bits##_store(volatile T* p, T v, int mo) { Store<T>(p, v, mo); }          \
  CFGT_ABI CFGT_SWITCHES T __tsan_atomic##bits##_exchange(volatile T* p, T v, int mo) {                                \
    return Rmw<T>(p, mo, [v](T) { return v; });                                                                        \
  }                                                                                                                    \
  CFGT_ABI CFGT_SWITCHES T __tsan_atomic##bits##_fetch_add(volatile T* p, T v, int mo) {                               \
    return Rmw<T>(p, mo, [v](T old) { return static_cast<T>(old + v); });                                              \
  }                                                                                                                    \
  CFGT_ABI CFGT_SWITCHES T __tsan_atomic##bits##_fetch_sub(volatile T* p, T v, int mo) {                               \
    return Rmw<T>(p, mo, [v](T old) { return static_cast<T>(old - v); });                                              \
  }                                                                                                                    \
  CFGT_ABI CFGT_SWITCHES T __tsan_atomic##bits##_fetch_and(volatile T* p, T v, int mo) {                               \
    return Rmw<T>(p, mo, [v](T old) { return static_cast<T>(old & v); });                                              \
  }                                                                                                                    \
  CFGT_ABI CFGT_SWITCHES T __tsan_atomic##bits##_fetch_or(volatile T* p, T v, int mo) {                                \
    return Rmw<T>(p, mo, [v](T old) { return static_cast<T>(old | v); });                                              \
  }                                                                                                                    \
  CFGT_ABI CFGT_SWITCHES T __tsan_atomic##bits##_fetch_xor(volatile T* p, T v, int mo) {                               \
    return Rmw<T>(p, mo, [v](T old) { return static_cast<T>(old ^ v); });                                              \
  }                                                                                                                    \
  CFGT_ABI CFGT_SWITCHES T __tsan_atomic##bits##_fetch_nand(volatile T* p, T v, int mo) {                              \
    return Rmw<T>(p, mo, [v](T old) { return static_cast<T>(~(old & v)); });                                           \
  }                                                                                                                    \
  CFGT_ABI CFGT_SWITCHES int __tsan_atomic##bits##_compare_exchange_strong(volatile T* p, T* c, T v, int mo,           \
                                                                           int fail) {                                 \
    return CompareExchange<T>(p, c, v, mo, fail);                                                                      \
  }                                                                                                                    \
  CFGT_ABI CFGT_SWITCHES int __tsan_atomic##bits##_compare_exchange_weak(volatile T* p, T* c, T v, int mo, int fail) { \
    return CompareExchange<T>(p, c, v, mo, fail);                                                                      \
  }                                                                                                                    \
  CFGT_ABI CFGT_SWITCHES T __tsan_atomic##bits##_compare_exchange_val(volatile T* p, T c, T v, int mo, int fail) {     \
    CompareExchange<T>(p, &c, v, mo, fail);                                                                            \
    return c;                                                                                                          \
  }

// NOLINTEND(bugprone-macro-parentheses)

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
