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
  madvise(At<void>(kShadowBase), kArenaBytes * 4, MADV_DONTNEED);
  madvise(At<void>(kDataShadowBase), kDataShadowBytes, MADV_DONTNEED);
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
  met_ = false;
  location_count_ = 1;  // place 0 is no location
  split_count_ = 0;
  read_vector_count_ = 0;
}

// What exists in this execution has no meaning yet in the new columns.
void RaceDetector::Widen(unsigned context) {
  const unsigned old = width_;
  width_ = (context + 4) & ~3u;
  const size_t bytes = (width_ - old) * sizeof(uint32_t);
  for (uint32_t i = 1; i < location_count_; ++i) {
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

void RaceDetector::AddContext(unsigned context) {
  CFGT_ASSERT(context < kClockWidth);
  if (context >= width_) Widen(context);
  ContextClock& own = contexts_[context];
  Clear(own.clock);
  if (own.has_acquire_fence) Clear(own.acquire_fence);
  own.has_release_fence = own.has_acquire_fence = false;
  own.clock[context] = 1;
  own.epoch = context << kClockBits | 1;
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
    Clear(own_->acquire_fence);
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
  Clear(read_vectors_[read_vector_count_].clock);
  return read_vector_count_++;
}

// The bytes of its first granule that an access covers.
static uint8_t BytesOf(uintptr_t address, unsigned size) {
  return static_cast<uint8_t>(((1u << (size > 8 ? 8 : size)) - 1) << (address & 7));
}

AtomicLocation* RaceDetector::FindLocation(Cell& cell, uintptr_t address, unsigned size) {
  if (cell.generation != generation_) Fresh(cell);
  uint32_t& head = cell.atomics[(address >> 2) & 1];
  for (uint32_t place = head; place != 0; place = LocationAt(place).next) {
    AtomicLocation& location = LocationAt(place);
    if (location.address() != address) continue;
    if (size > location.size()) {  // accessed wider than before
      location.key = address << 8 | size;
      location.read_checked = location.write_checked = 0;
      location.plain_before = kNotSimple;
      Cover(cell, address, size);
    }
    return &location;
  }
  return NewLocation(cell, head, address, size);
}

AtomicLocation* RaceDetector::NewLocation(Cell& cell, uint32_t& head, uintptr_t address, unsigned size) {
  if (location_count_ >= kMaxLocations) BeyondLimit("atomic locations", kMaxLocations);
  const uint32_t index = location_count_++;
  AtomicLocation& location = locations_[index];
  location.key = address << 8 | size;
  location.has_sync = location.overlapped = false;
  location.released = location.history = 0;
  location.watched = {};
  location.read_checked = location.write_checked = 0;
  location.plain_before = size > 8 ? kNotSimple : PlainBefore(cell, BytesOf(address, size));
  if (location.plain_before != kNotSimple) Meet(location.plain_before, 0);
  Clear(location.sync);
  Clear(location.writes);
  Clear(location.reads);
  location.next = head;
  head = static_cast<uint32_t>(index * (sizeof(AtomicLocation) / 64));
  Cover(cell, address, size);
  return &location;
}

AtomicLocation* RaceDetector::LocationOf(const Watched* watched) const {
  const uintptr_t offset = reinterpret_cast<uintptr_t>(watched) - reinterpret_cast<uintptr_t>(locations_);
  const size_t index = offset / sizeof(AtomicLocation);
  return index < location_count_ ? &locations_[index] : nullptr;
}

// An atomic covers these bytes from now on. Where others cover some of them too, a change of one is a change of all.
void RaceDetector::Cover(Cell& cell, uintptr_t address, unsigned size) {
  auto cover = [&](Cell& part, uintptr_t granule, uint8_t mask) {
    if ((part.atomic_mask & mask) != 0) {
      ForEachAtomic(part, granule, mask, [](AtomicLocation& location) { location.overlapped = true; });
    }
    part.atomic_mask |= mask;
  };
  const uintptr_t granule = address & ~uintptr_t{7};
  cover(cell, granule, BytesOf(address, size));
  if (size <= 8) return;
  Cell* upper = CellOf(address + 8);  // must know that an atomic covers it
  if (upper == nullptr) return;
  if (upper->generation != generation_) Fresh(*upper);
  cover(*upper, granule + 8, 0xff);
}

uintptr_t RaceDetector::GranuleOf(const Cell& cell) const {
  const uintptr_t at = reinterpret_cast<uintptr_t>(&cell);
  return at >= kDataShadowBase ? data_begin_ + (at - kDataShadowBase) / sizeof(Cell) * 8
                               : kBase + (at - kShadowBase) / sizeof(Cell) * 8;
}

// Every location that covers some of the bytes `mask` of the granule.
template <typename F>
void RaceDetector::ForEachAtomic(const Cell& cell, uintptr_t granule, uint8_t mask, F&& f) const {
  auto walk = [&](uint32_t head) {
    for (uint32_t place = head; place != 0; place = LocationAt(place).next) {
      AtomicLocation& location = LocationAt(place);
      uint8_t bytes = 0;
      for (unsigned i = 0; i < 8; ++i) {
        if (granule + i - location.address() < location.size()) bytes = static_cast<uint8_t>(bytes | 1u << i);
      }
      if ((bytes & mask) != 0) f(location);
    }
  };
  walk(cell.atomics[0]);
  walk(cell.atomics[1]);
  // One of 16 bytes that begins in the granule below.
  const Cell* lower = CellOf(granule - 8);
  if (lower == nullptr || lower->generation != generation_) return;
  walk(lower->atomics[0]);
  walk(lower->atomics[1]);
}

uint64_t RaceDetector::DisturbOverlapping(const AtomicLocation& location) {
  uint64_t waiters = 0;
  const uintptr_t end = location.address() + location.size();
  for (uintptr_t granule = location.address() & ~uintptr_t{7}; granule < end; granule += 8) {
    const Cell* cell = CellOf(granule);
    if (cell == nullptr || cell->generation != generation_) continue;
    uint8_t mask = 0;
    for (unsigned i = 0; i < 8; ++i) {
      if (granule + i - location.address() < location.size()) mask = static_cast<uint8_t>(mask | 1u << i);
    }
    ForEachAtomic(*cell, granule, mask, [&](AtomicLocation& other) {
      ++other.watched.changes;
      waiters |= std::exchange(other.watched.waiters, 0);
    });
  }
  return waiters;
}

void RaceDetector::ShareReads(Cell& cell) {
  const uint32_t vector = NewReadVector();
  read_vectors_[vector].clock[cell.read >> kClockBits] = ClockIn(cell.read);
  read_vectors_[vector].clock[current_] = ClockIn(own_->epoch);
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
unsigned RaceDetector::PlainSegment(Segment& segment) {
  unsigned met = kNothing;
  Meet(segment.write, segment.read);
  if (!Before(segment.write)) met = Report(segment.write, true, false);
  if (kWrite) {
    if (!Before(segment.read)) met = Report(segment.read, false, false);
    if (segment.shared != 0) {
      const uint32_t* reads = read_vectors_[segment.shared - 1].clock;
      for (unsigned i = 0; i < width_; ++i) {
        if (reads[i] <= own_->clock[i]) continue;
        Meet(i << kClockBits | reads[i], 0);
        met = Report(i << kClockBits, false, false);
      }
    }
    segment.write = own_->epoch;
    segment.read = segment.shared = 0;
    return met;
  }
  if (segment.shared != 0) {
    read_vectors_[segment.shared - 1].clock[current_] = ClockIn(own_->epoch);
  } else if (segment.read == 0 || segment.read >> kClockBits == current_ || Before(segment.read)) {
    segment.read = own_->epoch;
  } else {
    const uint32_t vector = NewReadVector();
    read_vectors_[vector].clock[segment.read >> kClockBits] = ClockIn(segment.read);
    read_vectors_[vector].clock[current_] = ClockIn(own_->epoch);
    segment.read = 0;
    segment.shared = vector + 1;
  }
  return met;
}

// Any state of this generation.
template <bool kWrite>
unsigned RaceDetector::PlainOther(Cell& cell, uint8_t mask) {
  // Other bytes of the granule, at the same time: an object written or read field by field. All have the same state.
  if (cell.special == 0 && (cell.mask & mask) == 0 && (cell.atomic_mask & mask) == 0 &&
      (kWrite ? cell.write == own_->epoch && cell.read == 0 : cell.read == own_->epoch && cell.write == 0)) {
    cell.mask |= mask;
    return kNothing;
  }
  if (!kWrite && cell.state() == CellState(mask) && Before(cell.write)) {  // and not before the last reader
    Meet(cell.write, cell.read);
    ShareReads(cell);
    return kNothing;
  }
  const unsigned met = PlainStates<kWrite>(cell, mask);
  if ((cell.special & kFreed) == 0) return met;
  hit_freed_ = true;  // says more than a race with the free would
  return met | kRace;
}

template <bool kWrite>
unsigned RaceDetector::PlainStates(Cell& cell, uint8_t mask) {
  unsigned met = kNothing;
  if ((cell.atomic_mask & mask) != 0) {
    met = MeetAtomics(cell, mask, kWrite);
    ForgetChecked(cell);
  }
  if ((cell.special & kSplit) == 0 && cell.mask != mask && cell.mask != 0) SplitCell(cell);
  if ((cell.special & kSplit) == 0) {
    Segment whole{cell.write, cell.read, (cell.special & kShared) != 0 ? cell.extra + 1 : 0, mask};
    met |= PlainSegment<kWrite>(whole);
    cell.mask = mask;
    cell.write = whole.write;
    cell.read = whole.read;
    cell.special = static_cast<uint8_t>(whole.shared != 0 ? cell.special | kShared : cell.special & ~kShared);
    if (whole.shared != 0) cell.extra = whole.shared - 1;
    return met;
  }
  Split& split = splits_[cell.extra];
  uint8_t covered = 0;
  for (uint32_t i = 0; i < split.count; ++i) {
    if (split.segments[i].mask == mask) return PlainSegment<kWrite>(split.segments[i]) | met;
    covered |= split.segments[i].mask;
  }
  SplitSegments(split, mask);
  for (uint32_t i = 0; i < split.count; ++i) {
    if ((split.segments[i].mask & mask) != 0) met |= PlainSegment<kWrite>(split.segments[i]);
  }
  if (const uint8_t fresh = static_cast<uint8_t>(mask & ~covered); fresh != 0) {
    split.segments[split.count++] = {kWrite ? own_->epoch : 0, kWrite ? 0 : own_->epoch, 0, fresh};
  }
  return met;
}

template <bool kWrite>
unsigned RaceDetector::PlainRange(uintptr_t address, size_t size) {
  unsigned met = kNothing;
  for (size_t done = 0; done < size;) {
    const unsigned offset = static_cast<unsigned>((address + done) & 7);
    const size_t here = size - done < 8 - offset ? size - done : 8 - offset;
    Cell* cell = CellOf(address + done);
    if (cell != nullptr) met |= PlainCell<kWrite>(*cell, static_cast<uint8_t>(((1u << here) - 1) << offset));
    done += here;
  }
  return met;
}

unsigned RaceDetector::MeetAtomics(const Cell& cell, uint8_t mask, bool write) {
  unsigned met = kNothing;
  ForEachAtomic(cell, GranuleOf(cell), mask, [&](AtomicLocation& location) {
    for (unsigned i = 0; i < width_; ++i) {
      if (i == current_) continue;
      Meet(location.writes[i], location.reads[i]);
      if (ClockIn(location.writes[i]) > own_->clock[i])
        met |= Report(i << kClockBits, true, true);
      else if (write && ClockIn(location.reads[i]) > own_->clock[i])
        met |= Report(i << kClockBits, false, true);
    }
    if (!write) return;
    // What is read here from now on was written by nobody's release.
    Clear(location.sync);
    location.has_sync = false;
    location.released = location.history = 0;
    ++location.watched.changes;
    disturbed_ |= std::exchange(location.watched.waiters, 0);
  });
  return disturbed_ != 0 ? met | kOverwritten : met;
}

// A plain access came in: what atomics were found ordered after is no longer all there is.
void RaceDetector::ForgetChecked(const Cell& cell) {
  ForEachAtomic(cell, GranuleOf(cell), 0xff, [](AtomicLocation& location) {
    location.read_checked = location.write_checked = 0;
    location.plain_before = kNotSimple;
  });
}

bool RaceDetector::SegmentConflict(const Segment& segment, bool write) {
  bool race = false;
  Meet(segment.write, segment.read);
  if (!Before(segment.write)) race = Report(segment.write, true, false) != kNothing;
  if (!write) return race;
  if (!Before(segment.read)) race = Report(segment.read, false, false) != kNothing;
  if (segment.shared == 0) return race;
  const uint32_t* reads = read_vectors_[segment.shared - 1].clock;
  for (unsigned i = 0; i < width_; ++i) {
    if (reads[i] <= own_->clock[i]) continue;
    Meet(i << kClockBits | reads[i], 0);
    race = Report(i << kClockBits, false, false) != kNothing;
  }
  return race;
}

bool RaceDetector::PlainConflict(const Cell& cell, uint8_t mask, bool write) {
  bool race = false;
  if ((cell.special & kSplit) != 0) {
    const Split& split = splits_[cell.extra];
    for (uint32_t i = 0; i < split.count; ++i) {
      const Segment& segment = split.segments[i];
      if ((segment.mask & mask) != 0 && SegmentConflict(segment, write)) race = true;
    }
  } else if ((cell.mask & mask) != 0) {
    race =
        SegmentConflict({cell.write, cell.read, (cell.special & kShared) != 0 ? cell.extra + 1 : 0, cell.mask}, write);
  }
  return race;
}

// The one write that all plain accesses to these bytes are, 0 if there are none; kNotSimple if it is otherwise.
Epoch RaceDetector::PlainBefore(const Cell& cell, uint8_t mask) const {
  if (cell.special == 0) return (cell.mask & mask) == 0 ? 0 : cell.read == 0 ? cell.write : kNotSimple;
  if (cell.special != kSplit) return kNotSimple;
  const Split& split = splits_[cell.extra];
  Epoch before = 0;
  for (uint32_t i = 0; i < split.count; ++i) {
    const Segment& segment = split.segments[i];
    if ((segment.mask & mask) == 0) continue;
    if ((segment.read | segment.shared) != 0 || before != 0) return kNotSimple;
    before = segment.write;
  }
  return before;
}

// An atomic access of which location.plain_before does not tell that it is ordered after all plain ones.
bool RaceDetector::AtomicMeetsPlain(const Cell& cell, AtomicLocation& location, bool write) {
  uint64_t& checked = write ? location.write_checked : location.read_checked;
  if ((checked >> current_ & 1) != 0) return false;
  Meet(cell.write, cell.read);
  const uint8_t mask = BytesOf(location.address(), location.size());
  bool race = PlainConflict(cell, mask, write);
  if (location.size() > 8) {
    const Cell* upper = CellOf(location.address() + 8);
    if (upper != nullptr && upper->generation == generation_ && PlainConflict(*upper, 0xff, write)) race = true;
  } else {
    location.plain_before = PlainBefore(cell, mask);
  }
  if ((cell.special & kFreed) != 0) race = hit_freed_ = true;
  if (!race) checked |= uint64_t{1} << current_;
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

template unsigned RaceDetector::PlainRange<true>(uintptr_t, size_t);
template unsigned RaceDetector::PlainRange<false>(uintptr_t, size_t);
template unsigned RaceDetector::PlainOther<true>(Cell&, uint8_t);
template unsigned RaceDetector::PlainOther<false>(Cell&, uint8_t);

}  // namespace cfgtorture::model
