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

#include "harness/model/arena.h"

namespace cfgtorture::model {

using Epoch = uint32_t;  // context << 26 | clock; 0 is "never"
inline constexpr unsigned kClockBits = 26;
inline constexpr unsigned kClockWidth = 64;  // contexts a vector has room for

// A vector clock that belongs to something else than a context: a lock of the engine's, an interrupt line, a timer.
struct ClockVector {
  uint32_t clock[kClockWidth] = {};
};

struct alignas(1024) AtomicLocation {  // a power of two: found by a shift
  uintptr_t address;
  uint32_t next;  // of the same granule half; index + 1
  uint8_t size;
  bool has_sync;          // sync is not all zero
  Epoch released;         // sync is the clock of this epoch's context then; 0: of several
  uint64_t spin_waiters;  // contexts parked until the value changes (machine.cc)
  // Contexts whose last atomic read or write here was found ordered after every plain access so far: clocks only grow,
  // so it need not be looked at again until the next plain access.
  uint64_t read_checked;
  uint64_t write_checked;
  alignas(16) uint32_t sync[kClockWidth];
  uint32_t writes[kClockWidth];
  uint32_t reads[kClockWidth];
};

struct alignas(32) Cell {
  uint32_t generation;
  uint32_t atomics[2];  // locations that begin in the lower and upper half; index + 1
  Epoch write;
  Epoch read;
  uint32_t extra;       // of the read vector or the split, by `special`
  uint8_t mask;         // bytes that every plain access so far has touched, unless split
  uint8_t atomic_mask;  // bytes that an atomic location covers
  uint8_t special;
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
  void AddContext(unsigned context);  // starts at clock 1, knows nothing
  // Who makes the accesses from now on.
  void SetCurrent(unsigned context) {
    current_ = context;
    own_ = &contexts_[context];
    epoch_ = context << kClockBits | own_->clock[context];
  }
  void Fork(unsigned child);  // what the current one did happens before the child
  void Join(unsigned ended);
  void Acquire(const ClockVector& from);
  void Release(ClockVector& to);  // joins the current clock into `to`, then a new epoch

  // One plain access of `size` bytes. Returns true on a race, whose other side is conflict().
  template <bool kWrite>
  [[gnu::always_inline]] bool Plain(uintptr_t address, size_t size) {
    const unsigned offset = address & 7;
    if (offset + size <= 8) [[likely]] {
      Cell* cell = CellOf(address);
      if (cell == nullptr) return false;
      return PlainCell<kWrite>(*cell, static_cast<uint8_t>(((1u << size) - 1) << offset));
    }
    return PlainRange<kWrite>(address, size);
  }

  // The location of an atomic access, which the caller then orders with the functions below. Sets *race if it conflicts
  // with a plain access. Null outside the shadowed ranges.
  AtomicLocation* Atomic(uintptr_t address, unsigned size, bool write, bool read, bool* race);
  void LoadOrder(const AtomicLocation& location, int order);
  void StoreOrder(AtomicLocation& location, int order);
  void RmwOrder(AtomicLocation& location, int order);
  void Fence(int order);
  // Code that has no fences need not remember what its relaxed loads saw.
  void AssumeNoFences() { fences_ = false; }

  // The bytes are dead from now on: any access to them is a hit, see hit_freed().
  void Free(uintptr_t address, size_t bytes);
  // Was the last access that returned true (or set *race) one to freed bytes?
  bool hit_freed() const { return hit_freed_; }

  const Conflict& conflict() const { return conflict_; }
  // How often an access met one of another context: how often a race could have been seen.
  uint64_t meetings() const { return meetings_; }
  Cell* CellOf(uintptr_t address) {
    const uintptr_t in_arena = address - kBase;
    if (in_arena < kArenaBytes) [[likely]]
      return reinterpret_cast<Cell*>(kShadowBase) + (in_arena >> 3);
    const uintptr_t in_data = address - data_begin_;
    if (in_data < data_bytes_) return reinterpret_cast<Cell*>(kDataShadowBase) + (in_data >> 3);
    return nullptr;
  }

 private:
  enum Special : uint8_t { kShared = 1, kSplit = 2, kFreed = 4 };

  using Four [[gnu::vector_size(16)]] = uint32_t;

  struct ContextClock {
    alignas(64) uint32_t clock[kClockWidth];
    uint32_t release_fence[kClockWidth];
    uint32_t acquire_fence[kClockWidth];  // what relaxed loads have seen and no fence has joined yet
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
  bool Report(Epoch other, bool write, bool atomic) {
    hit_freed_ = false;
    conflict_ = {other >> kClockBits, write, atomic};
    return true;
  }
  void Fresh(Cell& cell) {
    cell = Cell{};
    cell.generation = generation_;
  }
  void Tick() {
    ++own_->clock[current_];
    ++epoch_;
  }
  // Four at a time, one vector instruction each; width_ is a multiple of four.
  void JoinInto(uint32_t* __restrict to, const uint32_t* __restrict from) const {
    const unsigned width = width_;
    for (unsigned i = 0; i < width; i += 4) {
      Four a, b;
      std::memcpy(&a, to + i, sizeof(a));
      std::memcpy(&b, from + i, sizeof(b));
      a = a > b ? a : b;
      std::memcpy(to + i, &a, sizeof(a));
    }
  }
  void CopyInto(uint32_t* __restrict to, const uint32_t* __restrict from) const {
    const unsigned width = width_;
    for (unsigned i = 0; i < width; i += 4) std::memcpy(to + i, from + i, sizeof(Four));
  }

  template <bool kWrite>
  [[gnu::always_inline]] bool PlainCell(Cell& cell, uint8_t mask) {
    if (cell.generation != generation_) [[unlikely]]
      Fresh(cell);
    if (cell.special == 0 && (cell.mask == mask || cell.mask == 0) && (cell.atomic_mask & mask) == 0) [[likely]] {
      if (kWrite ? (cell.write == epoch_ && cell.read == 0) : (cell.read == epoch_)) return false;
      return PlainSimple<kWrite>(cell, mask);
    }
    if (!kWrite && cell.special == kShared && cell.mask == mask && (cell.atomic_mask & mask) == 0) {
      // Read by several, written by nobody since.
      uint32_t& seen = read_vectors_[cell.extra].clock[current_];
      const uint32_t clock = own_->clock[current_];
      if (seen == clock) return false;
      if (cell.write == 0 || Before(cell.write)) {
        seen = clock;
        return false;
      }
    }
    return PlainSpecial<kWrite>(cell, mask);
  }

  // One state for the granule, not shared, not the same epoch again.
  template <bool kWrite>
  [[gnu::noinline]] bool PlainSimple(Cell& cell, uint8_t mask) {
    bool race = false;
    cell.mask = mask;
    if ((cell.write != 0 && cell.write >> kClockBits != current_) ||
        (cell.read != 0 && cell.read >> kClockBits != current_)) {
      ++meetings_;
    }
    if (cell.write != 0 && !Before(cell.write)) race = Report(cell.write, true, false);
    if (kWrite) {
      if (cell.read != 0 && !Before(cell.read)) race = Report(cell.read, false, false);
      cell.write = epoch_;
      cell.read = 0;
      return race;
    }
    if (cell.read == 0 || cell.read >> kClockBits == current_ || Before(cell.read)) {
      cell.read = epoch_;
      return race;
    }
    ShareReads(cell);
    return race;
  }

  template <bool kWrite>
  bool PlainSpecial(Cell& cell, uint8_t mask);
  template <bool kWrite>
  bool PlainStates(Cell& cell, uint8_t mask);
  template <bool kWrite>
  bool PlainRange(uintptr_t address, size_t size);
  template <bool kWrite>
  bool PlainSegment(Segment& segment);
  [[gnu::noinline]] bool AtomicMeetsPlain(const Cell& cell, uintptr_t address, unsigned size, bool write);
  bool AtomicConflict(const Cell& cell, uintptr_t granule, uint8_t mask, bool write);
  bool PlainConflict(const Cell& cell, uint8_t mask, bool write);
  void ForgetChecked(const Cell& cell);
  [[gnu::noinline]] void Widen(Cell& cell, AtomicLocation& location, unsigned size);  // accessed wider than before
  void ShareReads(Cell& cell);
  void SplitCell(Cell& cell);
  void SplitSegments(Split& split, uint8_t mask);
  uint32_t CopyOfReads(uint32_t shared);
  uint32_t NewReadVector();
  [[gnu::noinline]] AtomicLocation* NewLocation(Cell& cell, uint32_t& head, uintptr_t address, unsigned size);

  ContextClock* own_ = &contexts_[0];  // of current_
  Epoch epoch_ = 1;                    // of current_
  unsigned current_ = 0;
  uint32_t generation_ = 0;
  bool fences_ = true;
  unsigned width_ = 4;  // clocks in use, rounded up; only grows
  uintptr_t data_begin_ = 0;
  uintptr_t data_bytes_ = 0;
  Conflict conflict_{};
  bool hit_freed_ = false;
  uint64_t meetings_ = 0;

  AtomicLocation* locations_ = nullptr;
  uint32_t location_count_ = 0;
  Split* splits_ = nullptr;
  uint32_t split_count_ = 0;
  ReadVector* read_vectors_ = nullptr;
  uint32_t read_vector_count_ = 0;
  ContextClock contexts_[kClockWidth];
};

[[gnu::always_inline]] inline AtomicLocation* RaceDetector::Atomic(uintptr_t address, unsigned size, bool write,
                                                                   bool read, bool* race) {
  Cell* cell = CellOf(address);
  if (cell == nullptr) [[unlikely]]
    return nullptr;
  if (cell->generation != generation_) [[unlikely]]
    Fresh(*cell);
  uint32_t& head = cell->atomics[(address >> 2) & 1];
  AtomicLocation* location = nullptr;
  for (uint32_t at = head; at != 0; at = locations_[at - 1].next) {
    if (locations_[at - 1].address == address) [[likely]] {
      location = &locations_[at - 1];
      break;
    }
  }
  if (location == nullptr) [[unlikely]]
    location = NewLocation(*cell, head, address, size);
  const uint32_t clock = own_->clock[current_];
  if (write) location->writes[current_] = clock;
  if (read) location->reads[current_] = clock;
  uint64_t& checked = write ? location->write_checked : location->read_checked;
  if ((checked >> current_ & 1) == 0) [[unlikely]] {
    if (AtomicMeetsPlain(*cell, address, size, write)) {
      *race = true;
    } else {
      checked |= uint64_t{1} << current_;
    }
  }
  return location;
}

// __tsan_memory_order: 0 relaxed, 1 consume, 2 acquire, 3 release, 4 acq_rel, 5 seq_cst.
inline bool IsAcquire(int order) { return order == 1 || order == 2 || order >= 4; }
inline bool IsRelease(int order) { return order >= 3; }

inline void RaceDetector::LoadOrder(const AtomicLocation& location, int order) {
  if (!location.has_sync) return;
  if (IsAcquire(order)) {
    // Who knows the releaser's epoch knows all that the releaser knew.
    if (location.released == 0 || !Before(location.released)) JoinInto(own_->clock, location.sync);
    return;
  }
  if (!fences_) return;
  JoinInto(own_->acquire_fence, location.sync);
  own_->has_acquire_fence = true;
}

inline void RaceDetector::StoreOrder(AtomicLocation& location, int order) {
  if (IsRelease(order)) {
    CopyInto(location.sync, own_->clock);
    location.has_sync = true;
    location.released = epoch_;
    Tick();
  } else if (own_->has_release_fence) {
    CopyInto(location.sync, own_->release_fence);
    location.has_sync = true;
    location.released = 0;
  } else if (location.has_sync) {  // C++20: a relaxed store, even by the releaser itself, ends the release sequence
    std::memset(location.sync, 0, width_ * sizeof(uint32_t));
    location.has_sync = false;
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
