#include "harness/model/race_detector.h"

#include <sys/mman.h>

#include "harness/model/assert.h"

namespace cfgtorture::model {
namespace {

constexpr uint32_t kMaxLocations = 1u << 20;
constexpr uint32_t kMaxSplits = 1u << 20;
constexpr uint32_t kMaxReadVectors = 1u << 20;

template <typename T>
T* Reserve(size_t count) {
  void* got =
      mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CFGT_ASSERT(got != MAP_FAILED);
  return static_cast<T*>(got);
}

void ClearShadow() {
  madvise(reinterpret_cast<void*>(kShadowBase), kArenaBytes * 4, MADV_DONTNEED);
  madvise(reinterpret_cast<void*>(kDataShadowBase), kDataShadowBytes, MADV_DONTNEED);
}

}  // namespace

void RaceDetector::Init(uintptr_t data_begin, uintptr_t data_end) {
  MapArena();
  ClearShadow();
  data_begin_ = data_begin & ~uintptr_t{7};
  data_bytes_ = data_end - data_begin_;
  CFGT_ASSERT(data_bytes_ * 4 < kDataShadowBytes);
  if (locations_ != nullptr) return;
  locations_ = Reserve<AtomicLocation>(kMaxLocations);
  splits_ = Reserve<Split>(kMaxSplits);
  read_vectors_ = Reserve<ReadVector>(kMaxReadVectors);
}

void RaceDetector::BeginExecution() {
  if (++generation_ == 0) {  // wrapped: cells of four billion executions ago would look fresh
    ClearShadow();
    generation_ = 1;
  }
  location_count_ = 0;
  split_count_ = 0;
  read_vector_count_ = 0;
}

void RaceDetector::AddContext(unsigned context) {
  CFGT_ASSERT(context < kClockWidth);
  if (context >= width_) {
    // Widen: what exists in this execution has no meaning yet in the new columns.
    const unsigned old = width_;
    width_ = (context + 4) & ~3u;
    const size_t bytes = (width_ - old) * sizeof(uint32_t);
    for (uint32_t i = 0; i < location_count_; ++i) {
      std::memset(locations_[i].sync + old, 0, bytes);
      std::memset(locations_[i].writes + old, 0, bytes);
      std::memset(locations_[i].reads + old, 0, bytes);
    }
    for (uint32_t i = 0; i < read_vector_count_; ++i) std::memset(read_vectors_[i].clock + old, 0, bytes);
    for (ContextClock& other : contexts_) {
      std::memset(other.clock + old, 0, bytes);
      std::memset(other.release_fence + old, 0, bytes);
      std::memset(other.acquire_fence + old, 0, bytes);
    }
  }
  ContextClock& own = contexts_[context];
  std::memset(own.clock, 0, width_ * sizeof(uint32_t));
  std::memset(own.acquire_fence, 0, width_ * sizeof(uint32_t));
  own.has_release_fence = own.has_acquire_fence = false;
  own.clock[context] = 1;
}

void RaceDetector::Fork(unsigned child) {
  JoinInto(contexts_[child].clock, own_->clock);
  Tick();
}

void RaceDetector::Join(unsigned ended) { JoinInto(own_->clock, contexts_[ended].clock); }

void RaceDetector::Acquire(const ClockVector& from) { JoinInto(own_->clock, from.clock); }

void RaceDetector::Release(ClockVector& to) {
  JoinInto(to.clock, own_->clock);
  Tick();
}

void RaceDetector::Fence(int order) {
  if (IsAcquire(order) && own_->has_acquire_fence) {
    JoinInto(own_->clock, own_->acquire_fence);
    std::memset(own_->acquire_fence, 0, width_ * sizeof(uint32_t));
    own_->has_acquire_fence = false;
  }
  if (IsRelease(order)) {
    CopyInto(own_->release_fence, own_->clock);
    own_->has_release_fence = true;
    Tick();
  }
}

uint32_t RaceDetector::NewReadVector() {
  CFGT_ASSERT(read_vector_count_ < kMaxReadVectors);
  std::memset(read_vectors_[read_vector_count_].clock, 0, width_ * sizeof(uint32_t));
  return read_vector_count_++;
}

AtomicLocation* RaceDetector::NewLocation(Cell& cell, uint32_t& head, uintptr_t address, unsigned size) {
  CFGT_ASSERT(location_count_ < kMaxLocations);
  AtomicLocation& location = locations_[location_count_++];
  location.address = address;
  location.size = static_cast<uint8_t>(size);
  location.has_sync = false;
  location.released = 0;
  location.spin_waiters = location.read_checked = location.write_checked = 0;
  const size_t bytes = width_ * sizeof(uint32_t);
  std::memset(location.sync, 0, bytes);
  std::memset(location.writes, 0, bytes);
  std::memset(location.reads, 0, bytes);
  location.next = head;
  head = location_count_;
  cell.atomic_mask |= static_cast<uint8_t>(((1u << (size > 8 ? 8 : size)) - 1) << (address & 7));
  if (size > 8) {  // the upper granule must know that an atomic covers it
    Cell* upper = CellOf(address + 8);
    if (upper != nullptr) {
      if (upper->generation != generation_) Fresh(*upper);
      upper->atomic_mask = 0xff;
    }
  }
  return &location;
}

void RaceDetector::ShareReads(Cell& cell) {
  const uint32_t vector = NewReadVector();
  read_vectors_[vector].clock[cell.read >> kClockBits] = ClockIn(cell.read);
  read_vectors_[vector].clock[current_] = ClockIn(epoch_);
  cell.read = 0;
  cell.extra = vector;
  cell.special |= kShared;
}

uint32_t RaceDetector::CopyOfReads(uint32_t shared) {
  if (shared == 0) return 0;
  const uint32_t copy = NewReadVector();
  CopyInto(read_vectors_[copy].clock, read_vectors_[shared - 1].clock);
  return copy + 1;
}

// From one state for the whole granule to a list of segments.
void RaceDetector::SplitCell(Cell& cell) {
  CFGT_ASSERT(split_count_ < kMaxSplits);
  const uint32_t index = split_count_++;
  Split& split = splits_[index];
  split.count = 1;
  split.segments[0] = {cell.write, cell.read, (cell.special & kShared) != 0 ? cell.extra + 1 : 0, cell.mask};
  cell.special = static_cast<uint8_t>((cell.special & ~kShared) | kSplit);
  cell.extra = index;
  cell.write = cell.read = 0;
}

// Cuts segments so that each lies inside `mask` or outside; each part takes the whole's state along.
void RaceDetector::SplitSegments(Split& split, uint8_t mask) {
  for (uint32_t i = 0; i < split.count; ++i) {
    Segment& segment = split.segments[i];
    const uint8_t inside = segment.mask & mask;
    if (inside == 0 || inside == segment.mask) continue;
    Segment outside = segment;
    outside.mask = static_cast<uint8_t>(segment.mask & ~mask);
    outside.shared = CopyOfReads(segment.shared);  // the parts may go separate ways from here
    segment.mask = inside;
    split.segments[split.count++] = outside;
  }
}

template <bool kWrite>
bool RaceDetector::PlainSegment(Segment& segment) {
  bool race = false;
  if (segment.shared != 0 || (segment.write != 0 && segment.write >> kClockBits != current_) ||
      (segment.read != 0 && segment.read >> kClockBits != current_)) {
    ++meetings_;
  }
  if (segment.write != 0 && !Before(segment.write)) race = Report(segment.write, true, false);
  if (kWrite) {
    if (segment.read != 0 && !Before(segment.read)) race = Report(segment.read, false, false);
    if (segment.shared != 0) {
      const uint32_t* reads = read_vectors_[segment.shared - 1].clock;
      for (unsigned i = 0; i < width_; ++i) {
        if (reads[i] > own_->clock[i]) race = Report(i << kClockBits, false, false);
      }
    }
    segment.write = epoch_;
    segment.read = segment.shared = 0;
    return race;
  }
  if (segment.shared != 0) {
    read_vectors_[segment.shared - 1].clock[current_] = ClockIn(epoch_);
  } else if (segment.read == 0 || segment.read >> kClockBits == current_ || Before(segment.read)) {
    segment.read = epoch_;
  } else {
    const uint32_t vector = NewReadVector();
    read_vectors_[vector].clock[segment.read >> kClockBits] = ClockIn(segment.read);
    read_vectors_[vector].clock[current_] = ClockIn(epoch_);
    segment.read = 0;
    segment.shared = vector + 1;
  }
  return race;
}

template <bool kWrite>
bool RaceDetector::PlainSpecial(Cell& cell, uint8_t mask) {
  const bool race = PlainStates<kWrite>(cell, mask);
  if ((cell.special & kFreed) == 0) return race;
  return hit_freed_ = true;  // says more than a race with the free would
}

template <bool kWrite>
bool RaceDetector::PlainStates(Cell& cell, uint8_t mask) {
  bool race = false;
  if ((cell.atomic_mask & mask) != 0) {
    const uintptr_t index = static_cast<uintptr_t>(&cell - reinterpret_cast<Cell*>(kShadowBase));
    const uintptr_t granule =
        index < kArenaBytes / 8
            ? kBase + index * 8
            : data_begin_ + static_cast<uintptr_t>(&cell - reinterpret_cast<Cell*>(kDataShadowBase)) * 8;
    race = AtomicConflict(cell, granule, mask, kWrite);
    ForgetChecked(cell);
  }
  if ((cell.special & kSplit) == 0 && cell.mask != mask && cell.mask != 0) SplitCell(cell);
  if ((cell.special & kSplit) == 0) {
    Segment whole{cell.write, cell.read, (cell.special & kShared) != 0 ? cell.extra + 1 : 0, mask};
    if (PlainSegment<kWrite>(whole)) race = true;
    cell.mask = mask;
    cell.write = whole.write;
    cell.read = whole.read;
    cell.special = static_cast<uint8_t>(whole.shared != 0 ? cell.special | kShared : cell.special & ~kShared);
    if (whole.shared != 0) cell.extra = whole.shared - 1;
    return race;
  }
  Split& split = splits_[cell.extra];
  uint8_t met = 0;
  for (uint32_t i = 0; i < split.count; ++i) {
    if (split.segments[i].mask == mask) return PlainSegment<kWrite>(split.segments[i]) || race;
    met |= split.segments[i].mask;
  }
  SplitSegments(split, mask);
  for (uint32_t i = 0; i < split.count; ++i) {
    if ((split.segments[i].mask & mask) != 0 && PlainSegment<kWrite>(split.segments[i])) race = true;
  }
  if (const uint8_t fresh = static_cast<uint8_t>(mask & ~met); fresh != 0) {
    split.segments[split.count++] = {kWrite ? epoch_ : 0, kWrite ? 0 : epoch_, 0, fresh};
  }
  return race;
}

template <bool kWrite>
bool RaceDetector::PlainRange(uintptr_t address, size_t size) {
  bool race = false;
  for (size_t done = 0; done < size;) {
    const unsigned offset = static_cast<unsigned>((address + done) & 7);
    const size_t here = size - done < 8 - offset ? size - done : 8 - offset;
    Cell* cell = CellOf(address + done);
    if (cell != nullptr && PlainCell<kWrite>(*cell, static_cast<uint8_t>(((1u << here) - 1) << offset))) race = true;
    done += here;
  }
  return race;
}

bool RaceDetector::AtomicConflict(const Cell& cell, uintptr_t granule, uint8_t mask, bool write) {
  bool race = false;
  const uint32_t* clock = own_->clock;
  auto check = [&](uint32_t head) {
    for (uint32_t at = head; at != 0; at = locations_[at - 1].next) {
      const AtomicLocation& location = locations_[at - 1];
      const uintptr_t from = location.address < granule ? 0 : location.address - granule;
      const uintptr_t to = location.address + location.size - granule;
      uint8_t bytes = 0;
      for (uintptr_t i = from; i < to && i < 8; ++i) bytes = static_cast<uint8_t>(bytes | 1u << i);
      if ((bytes & mask) == 0) continue;
      for (unsigned i = 0; i < width_; ++i) {
        if (i == current_) continue;
        if (location.writes[i] > clock[i])
          race = Report(i << kClockBits, true, true);
        else if (write && location.reads[i] > clock[i])
          race = Report(i << kClockBits, false, true);
      }
    }
  };
  check(cell.atomics[0]);
  check(cell.atomics[1]);
  if (Cell* lower = CellOf(granule - 8); lower != nullptr && lower->generation == generation_) {
    for (uint32_t head : lower->atomics) {  // a 16-byte atomic that begins in the granule below
      if (head != 0 && locations_[head - 1].size > 8) check(head);
    }
  }
  return race;
}

// A plain access came in: what atomics were found ordered after is no longer all there is.
void RaceDetector::ForgetChecked(const Cell& cell) {
  for (uint32_t head : cell.atomics) {
    for (uint32_t at = head; at != 0; at = locations_[at - 1].next) {
      locations_[at - 1].read_checked = locations_[at - 1].write_checked = 0;
    }
  }
  // The granule may be the upper half of a wide location that begins below.
  if (&cell == reinterpret_cast<Cell*>(kDataShadowBase) || &cell == reinterpret_cast<Cell*>(kShadowBase)) return;
  const Cell& lower = *(&cell - 1);
  if (lower.generation != generation_) return;
  for (uint32_t head : lower.atomics) {
    if (head != 0) locations_[head - 1].read_checked = locations_[head - 1].write_checked = 0;
  }
}

void RaceDetector::Widen(Cell& cell, AtomicLocation& location, unsigned size) {
  location.size = static_cast<uint8_t>(size);
  location.read_checked = location.write_checked = 0;
  cell.atomic_mask |= static_cast<uint8_t>(((1u << (size > 8 ? 8 : size)) - 1) << (location.address & 7));
}

bool RaceDetector::PlainConflict(const Cell& cell, uint8_t mask, bool write) {
  bool race = false;
  auto check = [&](const Segment& segment) {
    if ((segment.mask & mask) == 0) return;
    if (segment.write != 0 && !Before(segment.write)) race = Report(segment.write, true, false);
    if (!write) return;
    if (segment.read != 0 && !Before(segment.read)) race = Report(segment.read, false, false);
    if (segment.shared == 0) return;
    const uint32_t* reads = read_vectors_[segment.shared - 1].clock;
    for (unsigned i = 0; i < width_; ++i) {
      if (reads[i] > own_->clock[i]) race = Report(i << kClockBits, false, false);
    }
  };
  if ((cell.special & kSplit) != 0) {
    const Split& split = splits_[cell.extra];
    for (uint32_t i = 0; i < split.count; ++i) check(split.segments[i]);
  } else {
    check({cell.write, cell.read, (cell.special & kShared) != 0 ? cell.extra + 1 : 0, cell.mask});
  }
  return race;
}

bool RaceDetector::AtomicMeetsPlain(const Cell& cell, uintptr_t address, unsigned size, bool write) {
  if (cell.write != 0 && cell.write >> kClockBits != current_) ++meetings_;
  const unsigned offset = address & 7;
  const unsigned here = size > 8 ? 8 : size;
  bool race = PlainConflict(cell, static_cast<uint8_t>(((1u << here) - 1) << offset), write);
  if (size > 8) {
    const Cell* upper = CellOf(address + 8);
    if (upper != nullptr && upper->generation == generation_ && PlainConflict(*upper, 0xff, write)) race = true;
  }
  if ((cell.special & kFreed) != 0) race = hit_freed_ = true;
  return race;
}

void RaceDetector::Free(uintptr_t address, size_t bytes) {
  for (uintptr_t at = address; at < address + bytes; at += 8) {
    Cell* cell = CellOf(at);
    if (cell->generation != generation_) Fresh(*cell);
    cell->special |= kFreed;
    ForgetChecked(*cell);
  }
}

template bool RaceDetector::PlainRange<true>(uintptr_t, size_t);
template bool RaceDetector::PlainRange<false>(uintptr_t, size_t);
template bool RaceDetector::PlainSpecial<true>(Cell&, uint8_t);
template bool RaceDetector::PlainSpecial<false>(Cell&, uint8_t);

}  // namespace cfgtorture::model
