// The ThreadSanitizer ABI, implemented by the model: every access that the code under test makes arrives here.
//
// Both compilers emit these calls (toolchain.md). An atomic operation is a scheduling point, then the operation, then
// its happens-before edges. A plain access is checked, and is a scheduling point once its place has been found racy.
// REQUIRES: called from the object under test alone; it is a shared object of its own, bound to itself.
#include "harness/model/abi.h"

#include <atomic>
#include <cstring>

#include "harness/model/assert.h"
#include "harness/model/audit.h"
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
uintptr_t atomics_at_a_glance = kArenaBytes;
bool attentive = false;
bool values_watched = false;

namespace {

using u8 = uint8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;
__extension__ using u128 = unsigned __int128;

// Null, a list's poison, the fill of freed or fresh memory: the access itself would kill the worker.
inline bool Wild(uintptr_t address) { return address - 65536 >= (uintptr_t{1} << 47) - 65536; }

// For an explorer of steps: up to eight bytes of memory.
uint64_t ValueAt(uintptr_t address, size_t size) {
  uint64_t value = 0;
  std::memcpy(&value, At<void>(address), size < sizeof(value) ? size : sizeof(value));
  return value;
}

// An access that the compiler makes after its call: a point of its own (found racy), or a plain one.
[[gnu::noinline, gnu::cold]] void AccessWatched(uintptr_t address, size_t size, bool write, bool point) {
  explore::StepExplorer* steps = machine.choice().steps();
  if (steps == nullptr) return;
  if (point) {
    steps->Touched({address, ValueAt(address, size), static_cast<uint32_t>(size), write, false});
  } else if (!write) {
    for (size_t at = 0; at < size; at += 8) steps->Learned(ValueAt(address + at, size - at));
  }
}

// What at_a_glance leaves out, or memory outside the arena.
[[gnu::noinline]] void Attend(uintptr_t pc, uintptr_t address, size_t size, bool write, bool read, bool atomic,
                              int order = -1) {
  const bool racy = !atomic && racy_sites.Contains(pc);
  if (!atomic && !racy && !machine.alone()) racy_sites.Accessed(pc, address, size);
  if (racy) machine.Point(address);
  if (!atomic && values_watched && !Wild(address)) AccessWatched(address, size, write, racy);
  if (!recorder.on() || Wild(address)) return;
  if (virtual_time != nullptr) return virtual_time->Access(address, size, write, atomic && read && write);
  recorder.Log(pc, address, size, write, atomic);
  if (atomic) recorder.NoteOrder(order, read && write);
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

// Init is alone, and this is no memory that it should not touch any more.
inline bool NobodyElse(const Cell* cell, uintptr_t address) {
  return machine.alone() && !machine.races().IsFreed(*cell) &&
         !(InStacks(address) && Dead(address, StackOwner(address)));
}

// Any access, anywhere.
template <bool kWrite>
[[gnu::noinline]] void PlainAnywhere(uintptr_t pc, uintptr_t address, size_t size) {
  machine.EndVolatile();
  ++(kWrite ? counts.writes : counts.reads);
  if (attentive) [[unlikely]]
    Attend(pc, address, size, kWrite, !kWrite, /*atomic=*/false);
  Cell* cell = machine.races().CellOf(address);
  if (cell == nullptr) return Outside(pc, address, size, kWrite);
  if (NobodyElse(cell, address)) return;
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

// What all atomic operations on the arena share, once the schedule has come back to them: the access itself can be
// made.
[[gnu::always_inline]] inline AtomicLocation* AtomicAt(uintptr_t pc, Cell* cell, uintptr_t address, unsigned size,
                                                       bool write, bool read) {
  const uintptr_t offset = address - kBase;
  if (offset < kStacksBytes) [[likely]] {
    const unsigned owner = static_cast<unsigned>(offset / kStackBytes);
    NoteStack(owner);
    if (Dead(address, owner)) [[unlikely]]
      DeadFrame(pc, owner);
  }
  bool race = false;
  AtomicLocation* location = machine.races().Atomic(cell, address, size, write, read, &race);
  if (race) [[unlikely]]
    RaceFound(pc, address, size, write);
  return location;
}

// Any atomic operation. Null outside the shadowed memory. An audit may weaken the order that it is made with.
[[gnu::always_inline]] inline AtomicLocation* Approach(uintptr_t address, unsigned size, bool write, bool read,
                                                       int& order, bool failed = false) {
  const uintptr_t offset = address - kBase;
  Cell* cell = RaceDetector::CellAt(offset);
  if (offset >= atomics_at_a_glance) [[unlikely]] {
    if (attentive) Attend(CFGT_PC, address, size, write, read, /*atomic=*/true, order);
    if (audit.watches_orders()) order = audit.Order(CFGT_PC, KindOf(write, read, failed), order);
    cell = machine.races().CellOf(address);
    if (cell == nullptr) {
      Outside(CFGT_PC, address, size, write);
      return nullptr;
    }
    if (NobodyElse(cell, address)) return nullptr;
  }
  return AtomicAt(CFGT_PC, cell, address, size, write, read);
}

// The same under a memory model.
[[gnu::always_inline]] inline AtomicLocation* ApproachWeak(uintptr_t pc, uintptr_t address, unsigned size, bool write,
                                                           bool read, int& order, bool failed = false) {
  const uintptr_t offset = address - kBase;
  if (offset >= at_a_glance) [[unlikely]]
    return ApproachAnywhere(pc, address, size, write, read, order, failed);
  return AtomicAt(pc, RaceDetector::CellAt(offset), address, size, write, read);
}

[[gnu::always_inline]] inline void Begin(const volatile void* pointer) {
  ++counts.atomics;
  machine.Point(reinterpret_cast<uintptr_t>(pointer));
}

// Is there a memory model to ask? One comparison with what Approach() looks at anyway.
[[gnu::always_inline]] inline bool IsWeak(const volatile void* pointer) {
  return reinterpret_cast<uintptr_t>(pointer) - kBase >= atomics_at_a_glance && machine.weak() != nullptr;
}

// What a replay must read and write again: `folded`; and what an explorer of steps wants to know.
template <typename T>
[[gnu::always_inline]] inline void Note(const volatile T* pointer, T before, T folded, bool write, bool stores) {
  if (values_watched) [[unlikely]]
    AtomicWatched(reinterpret_cast<uintptr_t>(pointer), sizeof(T), static_cast<uint64_t>(before),
                  static_cast<uint64_t>(folded), write, stores);
}
// A read-modify-write that changes nothing orders nobody after it, unless it releases.
constexpr bool Releases(int order) { return order >= __ATOMIC_RELEASE; }

// What a spin loop may wait for. Too wide to park on: the iteration yields instead.
template <typename T>
[[gnu::always_inline]] inline void Saw(AtomicLocation* location) {
  if (sizeof(T) <= 8) {
    machine.Saw(location->watched);
  } else {
    machine.context().read_count = kSpinReads + 1;
  }
}

// ---- the same under a memory model. 16 bytes are beyond all of them.

// Sequentially consistent operations have an order among themselves, whatever they touch.
inline void NoteOrder(int order) {
  if (order == __ATOMIC_SEQ_CST) machine.Touched(object::kTotalOrder, true);
}

}  // namespace

void AtomicWatched(uintptr_t address, size_t size, uint64_t before, uint64_t folded, bool write, bool stores) {
  if (recorder.on()) recorder.Fold(folded);
  if (explore::StepExplorer* steps = machine.choice().steps(); steps != nullptr) {
    steps->Touched({address, before, static_cast<uint32_t>(size), write, false, stores});
  }
}

AtomicLocation* ApproachAnywhere(uintptr_t pc, uintptr_t address, unsigned size, bool write, bool read, int& order,
                                 bool failed) {
  if (attentive) Attend(pc, address, size, write, read, /*atomic=*/true, order);
  if (audit.watches_orders()) order = audit.Order(pc, KindOf(write, read, failed), order);
  Cell* cell = machine.races().CellOf(address);
  if (cell == nullptr) {
    Outside(pc, address, size, write);
    return nullptr;
  }
  if (NobodyElse(cell, address)) return nullptr;
  if (InStacks(address)) {
    const unsigned owner = StackOwner(address);
    NoteStack(owner);
    if (Dead(address, owner)) DeadFrame(pc, owner);
  }
  bool race = false;
  AtomicLocation* location = machine.races().Atomic(cell, address, size, write, read, &race);
  if (race) RaceFound(pc, address, size, write);
  return location;
}

namespace {

template <typename T>
[[gnu::noinline]] T WeakLoad(uintptr_t pc, const volatile T* pointer, int order) {
  AtomicLocation* location = ApproachWeak(pc, reinterpret_cast<uintptr_t>(pointer), sizeof(T), false, true, order);
  const T value = location == nullptr ? *pointer : static_cast<T>(machine.weak()->Load(*location, sizeof(T), order));
  NoteOrder(order);
  Note(pointer, value, value, false, false);
  return value;
}

template <typename T>
[[gnu::noinline]] void WeakStore(uintptr_t pc, volatile T* pointer, T value, int order) {
  AtomicLocation* location = ApproachWeak(pc, reinterpret_cast<uintptr_t>(pointer), sizeof(T), true, false, order);
  const T old = *pointer;
  if (location == nullptr) {
    *pointer = value;
  } else {
    machine.weak()->Store(*location, sizeof(T), value, order);
  }
  NoteOrder(order);
  Note(pointer, old, value, true, true);
}

template <typename T, typename F>
[[gnu::noinline]] T WeakRmw(uintptr_t pc, volatile T* pointer, int order, F f) {
  AtomicLocation* location = ApproachWeak(pc, reinterpret_cast<uintptr_t>(pointer), sizeof(T), true, true, order);
  const T old = location == nullptr ? *pointer : static_cast<T>(machine.weak()->ReadToModify(*location, sizeof(T)));
  const T value = f(old);
  if (location == nullptr) {
    *pointer = value;
  } else {
    machine.weak()->Modify(*location, sizeof(T), old, value, order);
  }
  NoteOrder(order);
  Note(pointer, old, value, old != value || Releases(order), true);
  return old;
}

template <typename T>
[[gnu::noinline]] bool WeakCompareExchange(uintptr_t pc, volatile T* pointer, T* expected, T desired, int order,
                                           int failure) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(pointer);
  AtomicLocation* location = ApproachWeak(pc, address, sizeof(T), false, true, failure, /*failed=*/true);
  const T old = location == nullptr ? *pointer
                                    : static_cast<T>(machine.weak()->Compare(*location, sizeof(T), *expected, failure));
  const bool succeeds = old == *expected;
  if (succeeds) {
    location = ApproachWeak(pc, address, sizeof(T), true, true, order);
    if (location == nullptr) {
      *pointer = desired;
    } else {
      machine.weak()->Modify(*location, sizeof(T), old, desired, order);
    }
  }
  NoteOrder(succeeds ? order : failure);
  Note(pointer, old, succeeds ? desired : old, succeeds, succeeds);
  if (!succeeds) *expected = old;
  return succeeds;
}

// ---- and where the newest value is what there is

template <typename T>
[[gnu::always_inline]] inline T Load(const volatile T* pointer, int order) {
  Begin(pointer);
  if constexpr (sizeof(T) <= 8) {
    if (IsWeak(pointer)) [[unlikely]]
      return WeakLoad<T>(CFGT_PC, pointer, order);
  }
  AtomicLocation* location = Approach(reinterpret_cast<uintptr_t>(pointer), sizeof(T), false, true, order);
  if (location != nullptr) [[likely]] {
    machine.races().LoadOrder(*location, order);
    Saw<T>(location);
  }
  const T value = *pointer;
  Note(pointer, value, value, false, false);
  return value;
}

template <typename T>
[[gnu::always_inline]] inline void Store(volatile T* pointer, T value, int order) {
  Begin(pointer);
  if constexpr (sizeof(T) <= 8) {
    if (IsWeak(pointer)) [[unlikely]]
      return WeakStore<T>(CFGT_PC, pointer, value, order);
  }
  AtomicLocation* location = Approach(reinterpret_cast<uintptr_t>(pointer), sizeof(T), true, false, order);
  const T old = *pointer;
  *pointer = value;
  if (location != nullptr) [[likely]] {
    machine.races().StoreOrder(*location, order);
    if (old != value) machine.ChangedValue(*location);
  }
  Note(pointer, old, value, true, true);
}

// Read-modify-write: `f` maps the old value to the new one.
template <typename T, typename F>
[[gnu::always_inline]] inline T Rmw(volatile T* pointer, int order, F f) {
  Begin(pointer);
  if constexpr (sizeof(T) <= 8) {
    if (IsWeak(pointer)) [[unlikely]]
      return WeakRmw<T>(CFGT_PC, pointer, order, f);
  }
  AtomicLocation* location = Approach(reinterpret_cast<uintptr_t>(pointer), sizeof(T), true, true, order);
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
  Note(pointer, old, value, old != value || Releases(order), true);
  return old;
}

template <typename T>
[[gnu::always_inline]] inline bool CompareExchange(volatile T* pointer, T* expected, T desired, int order,
                                                   int failure) {
  // Whether it will write is known only after the scheduling point, and then only by looking.
  Begin(pointer);
  if constexpr (sizeof(T) <= 8) {
    if (IsWeak(pointer)) [[unlikely]]
      return WeakCompareExchange<T>(CFGT_PC, pointer, expected, desired, order, failure);
  }
  const uintptr_t address = reinterpret_cast<uintptr_t>(pointer);
  if (Wild(address)) [[unlikely]]
    WildAccess(CFGT_PC, address, sizeof(T), true);
  const T old = *pointer;
  const bool succeeds = old == *expected;
  AtomicLocation* location = Approach(address, sizeof(T), succeeds, true, succeeds ? order : failure, !succeeds);
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
  Note(pointer, old, succeeds ? desired : old, succeeds, succeeds);
  if (!succeeds) *expected = old;
  return succeeds;
}

}  // namespace

void Watch() {
  values_watched = recorder.on() || machine.choice().steps() != nullptr;
  SetAttentive(values_watched || !racy_sites.offsets().empty());
}

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
  }

#define CFGT_UNALIGNED(size)                                                                \
  CFGT_ABI void __tsan_unaligned_read##size(const void* p) { PlainRead(CFGT_PC, p, size); } \
  CFGT_ABI void __tsan_unaligned_write##size(void* p) { PlainWrite(CFGT_PC, p, size); }     \
  CFGT_ABI void __tsan_unaligned_read_write##size(void* p) {                                \
    PlainRead(CFGT_PC, p, size);                                                            \
    PlainWrite(CFGT_PC, p, size);                                                           \
  }

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
  const uintptr_t address = reinterpret_cast<uintptr_t>(p);
  if (!machine.races().Touched(address) || *p != value) PlainWrite(CFGT_PC, p, sizeof(void*));
  if (machine.alone()) machine.races().Touch(address);
}
CFGT_ABI void __tsan_vptr_read(void** p) { PlainRead(CFGT_PC, p, sizeof(void*)); }

CFGT_ABI void __tsan_init() {}
CFGT_ABI void __tsan_func_entry(void* return_address) {
  ++counts.functions;
  if (recorder.keeps_stacks()) [[unlikely]]
    recorder.Enter(reinterpret_cast<uintptr_t>(return_address));
}
CFGT_ABI void __tsan_func_exit() {
  if (recorder.keeps_stacks()) [[unlikely]]
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
  if (audit.watches_orders()) [[unlikely]]
    mo = audit.Order(CFGT_PC, Atomic::kFence, mo);
  if (mo == kNoFence) return;
  machine.races().Fence(mo);
  if (machine.weak() != nullptr) [[unlikely]] {
    NoteOrder(mo);
    machine.weak()->Fence(mo);
  }
}
CFGT_ABI void __tsan_atomic_signal_fence(int) {}
