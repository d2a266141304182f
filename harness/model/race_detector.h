// harness/model/race_detector.h: happens-before races between plain accesses, and between plain and atomic ones.
//
// FastTrack (Flanagan and Freund, PLDI 2009) epochs on plain accesses, kept per granule of 8 bytes and, where accesses
// of different bytes meet, per group of bytes that are always accessed together; atomic accesses keep a clock per
// context, since they need not be ordered among themselves. A pure structure: contexts, addresses and orders in, races
// out; it knows no fiber and no schedule.
//
// Cost        a repeated plain access is one comparison; a new one one or two; an atomic one look-up and, for acquire
//             or release, one join over the contexts seen. A new execution costs nothing: cells carry a generation.
// Misses      accesses outside the arena and the object's own data (counted as unseen by nobody: constants only).
// Cries wolf  ordering that the code gets from outside the ABI: inline assembly, uninstrumented libraries.
// Departs     a racing access is reported and then recorded like any other, so an execution goes on.
#ifndef CFGTORTURE_HARNESS_MODEL_RACE_DETECTOR_H_
#define CFGTORTURE_HARNESS_MODEL_RACE_DETECTOR_H_

#include <cstdint>
#include <cstring>
#include <utility>

#include "harness/model/arena.h"

namespace cfgtorture::model {

using Epoch = uint32_t;  // context << 26 | clock; 0 is "never"
inline constexpr unsigned kClockBits = 26;
inline constexpr unsigned kClockWidth = 64;     // contexts a vector has room for
inline constexpr Epoch kNotSimple = ~Epoch{0};  // known to nobody

// A vector clock that belongs to something else than a context: a lock of the engine's, an interrupt line, a timer.
struct ClockVector {
  uint32_t clock[kClockWidth] = {};
};

// What a spin loop may wait for: an atomic location, the registers of the devices, the clock (machine.cc).
struct Watched {
  uint64_t changes = 0;  // of its value
  uint64_t waiters = 0;  // contexts parked until the next change
};

struct alignas(64) AtomicLocation {
  uint64_t key;      // address << 8 | size, the widest so far
  uint32_t next;     // of the same granule half: its place, as in Cell
  Epoch released;    // sync is the clock of this epoch's context then; 0: of several
  bool has_sync;     // sync is not all zero
  bool overlapped;   // another location shares some of its bytes
  uint32_t history;  // of its values, where a memory model keeps one; 0: none
  Watched watched;
  // Whoever knows this epoch knows every plain access so far; kNotSimple: there is no such epoch, or it is not known.
  // The contexts whose last atomic read or write here was then found ordered after all of them: clocks only grow, so
  // that need not be looked at again until the next plain access.
  Epoch plain_before;
  uint64_t read_checked;
  uint64_t write_checked;
  alignas(64) uint32_t sync[kClockWidth];
  Epoch writes[kClockWidth];  // the last of each context
  Epoch reads[kClockWidth];

  uintptr_t address() const { return key >> 8; }
  unsigned size() const { return key & 0xff; }
};

struct alignas(32) Cell {
  uint32_t generation;
  uint8_t mask;         // bytes of which the state below is the state, unless split; others are untouched
  uint8_t atomic_mask;  // bytes that an atomic location covers
  uint8_t special;
  uint8_t unused;
  Epoch write;
  Epoch read;
  uint32_t atomics[2];  // locations that begin in the lower and upper half: their place, in lines of 64 bytes; 0: none
  uint32_t extra;       // of the read vector or the split, by `special`

  // The first eight bytes at once.
  uint64_t state() const {
    uint64_t word;
    std::memcpy(&word, &generation, sizeof(word));
    return word;
  }
};
static_assert(sizeof(Cell) == 32);

class RaceDetector {
 public:
  // How a racing access of another context looked.
  struct Conflict {
    unsigned context;
    bool write;
    bool atomic;
  };

  // `data` is the writable range of the object under test. Maps the arena.
  void Init(uintptr_t data_begin, uintptr_t data_end);

  void BeginExecution();
  [[gnu::hot]] void AddContext(unsigned context);  // starts at clock 1, knows nothing
  // Who makes the accesses from now on.
  void SetCurrent(unsigned context) {
    current_ = context;
    own_ = &contexts_[context];
  }
  unsigned current() const { return current_; }
  // For memory models.
  unsigned width() const { return width_; }  // of clocks: a multiple of four, which only grows
  const uint32_t* clock(unsigned context) const { return contexts_[context].clock; }
  void NewEpoch(unsigned context) {
    ++contexts_[context].clock[context];
    ++contexts_[context].epoch;
  }
  AtomicLocation* LocationOf(const Watched* watched) const;  // null: it belongs to none
  [[gnu::hot]] void Fork(unsigned child);                    // what the current one did happens before the child
  [[gnu::hot]] void Join(unsigned ended);
  void Acquire(const ClockVector& from);
  void Release(ClockVector& to);  // joins the current clock into `to`, then a new epoch

  // What an access has met.
  enum Met : unsigned {
    kNothing = 0,
    kRace = 1,         // whose other side is conflict(), or freed memory: hit_freed()
    kOverwritten = 2,  // a plain write changed atomic locations: TakeDisturbed() tells who waited for that
  };

  // One plain access, if it is simple: alone with its bytes in the granule, ordered after all before it, and no second
  // reader. Records it and returns true. The rest is for Plain().
  template <bool kWrite, size_t kSize>
  [[gnu::always_inline]] inline bool PlainSimple(Cell& cell, uintptr_t address) {
    if (kSize > 8 || (address & (kSize - 1)) != 0) return false;
    const uint8_t mask = static_cast<uint8_t>(((1u << kSize) - 1) << (address & 7));
    const uint64_t state = cell.state();
    if (static_cast<uint32_t>(state) != generation_) {
      FirstAccess<kWrite>(cell, mask);
      return true;
    }
    if (state == CellState(mask)) return Ordered<kWrite>(cell);
    return !kWrite && state == (CellState(mask) | uint64_t{kShared} << 48) && ReadAgain(cell);
  }
  // One plain access of `size` bytes, the first of which is `cell`'s. Returns what it met.
  template <bool kWrite>
  [[gnu::always_inline]] inline unsigned Plain(Cell* cell, uintptr_t address, size_t size) {
    const unsigned offset = address & 7;
    if (offset + size <= 8) [[likely]]
      return PlainCell<kWrite>(*cell, static_cast<uint8_t>(((1u << size) - 1) << offset));
    return PlainRange<kWrite>(address, size);
  }
  // Contexts that watched a location which a plain write has overwritten.
  uint64_t TakeDisturbed() { return std::exchange(disturbed_, 0); }
  // Counts a change of every location that shares bytes with this one; returns who watched them.
  uint64_t DisturbOverlapping(const AtomicLocation& location);

  // The location of an atomic access, which the caller then orders with the functions below. Sets *race if it conflicts
  // with a plain access.
  AtomicLocation* Atomic(Cell* cell, uintptr_t address, unsigned size, bool write, bool read, bool* race);
  // Of what is read or written: the location, or one store of it that a memory model keeps.
  template <typename Released>
  void LoadOrder(const Released& location, int order);
  template <typename Released>
  void StoreOrder(Released& location, int order);
  void RmwOrder(AtomicLocation& location, int order);
  void Fence(int order);
  // The bytes are dead from now on: any access to them is a hit, see hit_freed().
  void Free(uintptr_t address, size_t bytes);
  // Contexts whose writes, plain or atomic, the last accesses have raced with.
  uint64_t TakeRacingWriters() { return std::exchange(racing_writers_, 0); }
  // Was the last access that returned true (or set *race) one to freed bytes?
  bool hit_freed() const { return hit_freed_; }

  bool IsFreed(const Cell& cell) const { return cell.generation == generation_ && (cell.special & kFreed) != 0; }

  // How far the current context knows `other`; its own clock if that is itself.
  uint32_t Knows(unsigned other) const { return own_->clock[other]; }
  const Conflict& conflict() const { return conflict_; }
  // In how many executions an access met one of another context: how often a race could have been seen.
  uint64_t meetings() const { return meetings_; }
  // Of a place in the arena, as an offset from kBase.
  static Cell* CellAt(uintptr_t offset) { return At<Cell>(kShadowBase + (offset >> 3) * sizeof(Cell)); }
  // Was it accessed in this execution? If not, what lies there is another's.
  bool Touched(uintptr_t address) const {
    const Cell* cell = CellOf(address);
    return cell != nullptr && cell->generation == generation_;
  }
  void Touch(uintptr_t address) {
    Cell* cell = CellOf(address);
    if (cell != nullptr && cell->generation != generation_) Fresh(*cell);
  }
  // Null outside the shadowed ranges.
  Cell* CellOf(uintptr_t address) const {
    const uintptr_t in_arena = address - kBase;
    if (in_arena < kArenaBytes) [[likely]]
      return CellAt(in_arena);
    const uintptr_t in_data = address - data_begin_;
    if (in_data < data_bytes_) return At<Cell>(kDataShadowBase + (in_data >> 3) * sizeof(Cell));
    return nullptr;
  }

 private:
  enum Special : uint8_t { kShared = 1, kSplit = 2, kFreed = 4 };

  using Four [[gnu::vector_size(16)]] = uint32_t;

  // So large that a context's number is shifted, not multiplied, at each turn.
  struct alignas(1024) ContextClock {
    alignas(64) uint32_t clock[kClockWidth];
    uint32_t release_fence[kClockWidth];
    uint32_t acquire_fence[kClockWidth];  // what relaxed loads have seen and no fence has joined yet
    Epoch epoch;                          // its number and clock[number]
    bool has_release_fence;
    bool has_acquire_fence;
  };

  // Bytes of a granule that have always been accessed together.
  struct Segment {
    Epoch write;
    Epoch read;
    uint32_t shared;  // read vector, index + 1
    uint8_t mask;     // bytes; disjoint from those of the other segments
  };
  struct Split {
    uint32_t count;
    Segment segments[8];
  };
  struct ReadVector {
    uint32_t clock[kClockWidth];
  };

  static uint32_t ClockIn(Epoch epoch) { return epoch & ((1u << kClockBits) - 1); }
  // Does it happen before what the current context does now?
  bool Before(Epoch epoch) const { return ClockIn(epoch) <= own_->clock[epoch >> kClockBits]; }
  unsigned Report(Epoch other, bool write, bool atomic) {
    hit_freed_ = false;
    conflict_ = {other >> kClockBits, write, atomic};
    if (write) racing_writers_ |= uint64_t{1} << (other >> kClockBits);
    return kRace;
  }
  AtomicLocation& LocationAt(uint32_t place) const {
    return *reinterpret_cast<AtomicLocation*>(reinterpret_cast<char*>(locations_) + (size_t{place} << 6));
  }
  void Fresh(Cell& cell) {
    cell = Cell{};
    cell.generation = generation_;
  }
  void Tick() {
    ++own_->clock[current_];
    ++own_->epoch;
  }
  // Four at a time, one vector instruction each; width_ is a multiple of four, and not 0.
  static void JoinFour(uint32_t* __restrict to, const uint32_t* __restrict from) {
    Four a, b;
    std::memcpy(&a, to, sizeof(a));
    std::memcpy(&b, from, sizeof(b));
    a = a > b ? a : b;
    std::memcpy(to, &a, sizeof(a));
  }
  void JoinInto(uint32_t* __restrict to, const uint32_t* __restrict from) const {
    JoinFour(to, from);
    const unsigned width = width_;
    for (unsigned i = 4; i < width; i += 4) JoinFour(to + i, from + i);
  }
  void CopyInto(uint32_t* __restrict to, const uint32_t* __restrict from) const {
    const unsigned width = width_;
    unsigned i = 0;
    do {
      std::memcpy(to + i, from + i, sizeof(Four));
    } while ((i += 4) < width);
  }
  void Clear(uint32_t* clock) const {
    const Four zero = {};
    const unsigned width = width_;
    unsigned i = 0;
    do {
      std::memcpy(clock + i, &zero, sizeof(zero));
    } while ((i += 4) < width);
  }

  // Of this execution, these bytes always together, not shared, not split, not freed, not atomic.
  uint64_t CellState(uint8_t mask) const { return uint64_t{mask} << 32 | generation_; }

  template <bool kWrite>
  void FirstAccess(Cell& cell, uint8_t mask) {
    Fresh(cell);
    cell.mask = mask;
    (kWrite ? cell.write : cell.read) = own_->epoch;
  }
  // Epoch 0, never, is before everything.
  template <bool kWrite>
  [[gnu::always_inline]] inline bool Ordered(Cell& cell) {
    if (!Before(cell.write) || !Before(cell.read)) return false;
    if (!met_) [[unlikely]]
      Meet(cell.write, cell.read);
    if (kWrite) {
      cell.write = own_->epoch;
      cell.read = 0;
    } else {
      cell.read = own_->epoch;
    }
    return true;
  }
  bool OfAnother(Epoch epoch) const { return epoch != 0 && epoch >> kClockBits != current_; }
  // An access meets these earlier ones.
  void Meet(Epoch write, Epoch read) {
    if (met_ || (!OfAnother(write) && !OfAnother(read))) return;
    met_ = true;
    ++meetings_;
  }
  // A read of what several have read and nobody has written since. False if it is the context's first and not ordered
  // after the write.
  bool ReadAgain(const Cell& cell) {
    uint32_t& seen = read_vectors_[cell.extra].clock[current_];
    if (seen == 0 && !Before(cell.write)) return false;
    seen = ClockIn(own_->epoch);
    return true;
  }

  template <bool kWrite>
  [[gnu::always_inline]] inline unsigned PlainCell(Cell& cell, uint8_t mask) {
    if (cell.generation != generation_) {
      FirstAccess<kWrite>(cell, mask);
      return kNothing;
    }
    if (cell.state() == CellState(mask) && Ordered<kWrite>(cell)) return kNothing;
    return PlainOther<kWrite>(cell, mask);
  }

  template <bool kWrite>
  [[gnu::noinline]] unsigned PlainOther(Cell& cell, uint8_t mask);
  template <bool kWrite>
  unsigned PlainStates(Cell& cell, uint8_t mask);
  template <bool kWrite>
  unsigned PlainRange(uintptr_t address, size_t size);
  template <bool kWrite>
  unsigned PlainSegment(Segment& segment);
  [[gnu::noinline, gnu::hot]] bool AtomicMeetsPlain(const Cell& cell, AtomicLocation& location, bool write);
  Epoch PlainBefore(const Cell& cell, uint8_t mask) const;
  unsigned MeetAtomics(const Cell& cell, uint8_t mask, bool write);
  uintptr_t GranuleOf(const Cell& cell) const;
  template <typename F>
  void ForEachAtomic(const Cell& cell, uintptr_t granule, uint8_t mask, F&& f) const;
  bool PlainConflict(const Cell& cell, uint8_t mask, bool write);
  bool SegmentConflict(const Segment& segment, bool write);
  void ForgetChecked(const Cell& cell);
  void ShareReads(Cell& cell);
  [[gnu::noinline]] void Widen(unsigned context);
  void SplitCell(Cell& cell);
  void SplitSegments(Split& split, uint8_t mask);
  uint32_t CopyOfReads(uint32_t shared);
  uint32_t NewReadVector();
  [[gnu::noinline, gnu::hot]] AtomicLocation* FindLocation(Cell& cell, uintptr_t address, unsigned size);
  AtomicLocation* NewLocation(Cell& cell, uint32_t& head, uintptr_t address, unsigned size);
  void Cover(Cell& cell, uintptr_t address, unsigned size);

  ContextClock* own_ = &contexts_[0];  // of current_
  unsigned current_ = 0;
  uint32_t generation_ = 0;
  unsigned width_ = 4;  // clocks in use, rounded up; only grows
  uintptr_t data_begin_ = 0;
  uintptr_t data_bytes_ = 0;
  Conflict conflict_{};
  bool hit_freed_ = false;
  bool met_ = false;  // in this execution
  uint64_t meetings_ = 0;
  uint64_t disturbed_ = 0;
  uint64_t racing_writers_ = 0;

  AtomicLocation* locations_ = nullptr;
  uint32_t location_count_ = 1;  // place 0 is no location
  Split* splits_ = nullptr;
  uint32_t split_count_ = 0;
  ReadVector* read_vectors_ = nullptr;
  uint32_t read_vector_count_ = 0;
  ContextClock contexts_[kClockWidth];
};

[[gnu::always_inline]] inline AtomicLocation* RaceDetector::Atomic(Cell* cell, uintptr_t address, unsigned size,
                                                                   bool write, bool read, bool* race) {
  // A stale cell's place leads to a location of an earlier execution or of another address: its key tells, but for the
  // same address again, which the generation tells.
  AtomicLocation* location = &LocationAt(cell->atomics[(address >> 2) & 1]);
  if (cell->generation != generation_ || location->key != (address << 8 | size)) [[unlikely]]
    location = FindLocation(*cell, address, size);
  if (write) location->writes[current_] = own_->epoch;
  if (read) location->reads[current_] = own_->epoch;
  if (!Before(location->plain_before)) [[unlikely]]
    *race = AtomicMeetsPlain(*cell, *location, write);
  return location;
}

// __tsan_memory_order: 0 relaxed, 1 consume, 2 acquire, 3 release, 4 acq_rel, 5 seq_cst.
inline bool IsAcquire(int order) { return (0b110110 >> order & 1) != 0; }
inline bool IsRelease(int order) { return order >= 3; }

// Always: the compiler's budget for inlining shrinks with whatever else is linked in, and this is the hottest of all.
template <typename Released>
[[gnu::always_inline]] inline void RaceDetector::LoadOrder(const Released& location, int order) {
  if (!location.has_sync) return;
  // Who knows the releaser's epoch knows all that the releaser knew; but where a join is two instructions, it is
  // cheaper than to guess wrong whether it is needed. So is joining what a relaxed load saw, in code without fences
  // too.
  if (width_ > 8 && location.released != 0 && Before(location.released)) return;
  if (IsAcquire(order)) return JoinInto(own_->clock, location.sync);
  own_->has_acquire_fence = true;
  JoinInto(own_->acquire_fence, location.sync);
}

template <typename Released>
inline void RaceDetector::StoreOrder(Released& location, int order) {
  if (IsRelease(order)) {
    CopyInto(location.sync, own_->clock);
    location.has_sync = true;
    location.released = own_->epoch;
    Tick();
  } else if (own_->has_release_fence) {
    CopyInto(location.sync, own_->release_fence);
    location.has_sync = true;
    location.released = 0;
  } else if (location.has_sync) {  // C++20: a relaxed store, even by the releaser itself, ends the release sequence
    Clear(location.sync);
    location.has_sync = false;
    location.released = 0;
  }
}

inline void RaceDetector::RmwOrder(AtomicLocation& location, int order) {
  LoadOrder(location, order);
  if (IsRelease(order)) {  // the release sequence goes on through a read-modify-write
    JoinInto(location.sync, own_->clock);
    location.has_sync = true;
    location.released = 0;
    Tick();
  } else if (own_->has_release_fence) {
    JoinInto(location.sync, own_->release_fence);
    location.has_sync = true;
    location.released = 0;
  }
}

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_RACE_DETECTOR_H_
