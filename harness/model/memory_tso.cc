#include "harness/model/memory_tso.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "harness/model/recorder.h"

namespace cfgtorture::model {

void TsoMemory::BeginExecution() {
  count_ = 1;
  ForEachBit(not_empty_, [&](unsigned cpu) { buffers_[cpu].count = 0; });
  not_empty_ = 0;
}

TsoMemory::Waiting* TsoMemory::Of(AtomicLocation& location, unsigned size) {
  if (location.history == 0) return nullptr;
  Waiting& waiting = waiting_[location.history];
  if (waiting.outstanding == 0) return nullptr;
  if (ReadMemory(location.address(), waiting.size) != waiting.executed) {
    location.history = 0;
    return nullptr;
  }
  if (size != waiting.size || location.size() != size || location.overlapped) {
    LetDrain(location, /*may_stop=*/false);
    return nullptr;
  }
  return &waiting;
}

bool TsoMemory::Holds(unsigned cpu, const AtomicLocation& location) {
  Buffer& buffer = buffers_[cpu];
  for (uint32_t i = 0; i < buffer.count; ++i) {
    if (Buffers(buffer.At(i), location)) return true;
  }
  return false;
}

// ---- draining -------------------------------------------------------------------------------------------------------

void TsoMemory::DrainOldest(unsigned cpu) {
  Buffer& buffer = buffers_[cpu];
  BufferedStore& store = buffer.At(0);
  ++buffer.first;
  if (--buffer.count == 0) not_empty_ &= ~Bit(cpu);
  AtomicLocation& location = *store.location;
  if (location.history != store.waiting) return;
  Waiting& waiting = waiting_[store.waiting];
  const uintptr_t address = location.address();
  if (ReadMemory(address, waiting.size) != waiting.executed) {
    location.history = 0;
    return;
  }
  const bool changes = waiting.visible != store.value;
  waiting.visible = store.value;
  location.has_sync = store.has_sync;
  location.released = store.released;
  std::memcpy(location.sync, store.sync, machine.races().width() * sizeof(uint32_t));
  if (--waiting.outstanding == 0 && waiting.executed != waiting.visible) {
    if (InStacks(address) && address < machine.stack_floor(StackOwner(address))) {
      location.history = 0;
      return;
    }
    WriteMemory(address, waiting.size, waiting.visible);
    waiting.executed = waiting.visible;
  }
  if (recorder.on()) {
    // At no place: it drains when it likes.
    recorder.RowOf(machine.current(), absl::StrCat("(CPU", cpu, "'s store of ", store.value, " to ",
                                                   recorder.DescribeAddress(address), " drains)"));
  }
  if (changes) machine.ValueDrained(location);
}

// Where stores to one location are in several buffers, which drains first is a choice.
void TsoMemory::DrainAll(unsigned cpu) {
  while (buffers_[cpu].count != 0) {
    const AtomicLocation& location = *buffers_[cpu].At(0).location;
    bool shared = false;
    ForEachBit(not_empty_ & ~Bit(cpu), [&](unsigned other) { shared |= Holds(other, location); });
    DrainOldest(shared ? machine.choice().Pick(not_empty_ << 1, explore::kDrains) - 1 : cpu);
  }
}

// What may drain before a load of the location; what must, if it may not stop.
void TsoMemory::LetDrain(AtomicLocation& location, bool may_stop) {
  for (;;) {
    if (location.history == 0 || waiting_[location.history].outstanding == 0) return;
    uint64_t holders = 0;
    ForEachBit(not_empty_, [&](unsigned cpu) { holders |= Holds(cpu, location) ? Bit(cpu) : 0; });
    if (may_stop && (holders & ~Bit(OwnCpu())) == 0) return;  // it reads its own newest, drained or not
    const uint64_t candidates = may_stop ? not_empty_ << 1 | 1 : holders << 1;
    const unsigned picked = machine.choice().Pick(candidates, explore::kDrains);
    if (picked == 0) return;
    DrainOldest(picked - 1);
  }
}

void TsoMemory::Races(uint64_t writers) {
  ForEachBit(writers, [this](unsigned context) { DrainAll(machine.at(context).cpu); });
}

void TsoMemory::Settle() {
  while (not_empty_ != 0) DrainOldest(static_cast<unsigned>(std::countr_zero(not_empty_)));
}

void TsoMemory::TurnsTo(unsigned next, uint64_t) { DrainAll(machine.at(next).cpu); }

void TsoMemory::Relaxed(uint32_t count) {
  const MachineContext& own = machine.context();
  for (uint32_t i = 0; i < std::min<uint32_t>(count, kSpinReads); ++i) {
    AtomicLocation* location = machine.races().LocationOf(own.reads[i].what);
    if (location != nullptr) LetDrain(*location, /*may_stop=*/false);
  }
}

// ---- accesses -------------------------------------------------------------------------------------------------------

void TsoMemory::Sees(AtomicLocation& location, bool may_read_another) {
  MachineContext& own = machine.context();
  const uint32_t at = own.read_count;
  machine.Saw(location.watched);
  if (may_read_another && at < kSpinReads) --own.reads[at].changes;  // so it is not parked
}

uint64_t TsoMemory::ReadShared(AtomicLocation& location, unsigned size) {
  if (Of(location, size) != nullptr) LetDrain(location, /*may_stop=*/!machine.asking());
  const Waiting* waiting = Of(location, size);
  return waiting != nullptr ? waiting->visible : ReadMemory(location.address(), size);
}

// Past a store that waits in another CPU's buffer.
static void TellOld(uintptr_t address, uint64_t value, uint64_t executed) {
  if (value != executed) recorder.ReadsOld(address, value, executed);
}

uint64_t TsoMemory::Load(AtomicLocation& location, unsigned size, int order) {
  uint64_t value = ReadShared(location, size);
  const bool outstanding = Of(location, size) != nullptr;
  if (outstanding) {
    Buffer& buffer = buffers_[OwnCpu()];
    for (uint32_t i = buffer.count; i-- != 0;) {
      if (!Buffers(buffer.At(i), location)) continue;
      value = buffer.At(i).value;  // its own: there is nothing to acquire
      Sees(location, true);
      return value;
    }
  }
  machine.races().LoadOrder(location, order);
  Sees(location, outstanding);
  if (outstanding && recorder.on()) TellOld(location.address(), value, ReadMemory(location.address(), size));
  return value;
}

void TsoMemory::Store(AtomicLocation& location, unsigned size, uint64_t value, int order) {
  const unsigned cpu = OwnCpu();
  Buffer& buffer = buffers_[cpu];
  if (buffer.count == kDepth) {
    const uint32_t full = buffer.count;
    while (buffer.count == full) DrainOldest(cpu);
  }
  Waiting* waiting = Of(location, size);
  const uintptr_t address = location.address();
  const uint64_t memory = ReadMemory(address, size);
  if (waiting == nullptr) {
    const bool plainly = location.size() != size || location.overlapped;
    if (plainly || (location.history == 0 && count_ == kMaxWaiting)) {
      DrainAll(cpu);
      machine.races().StoreOrder(location, order);
      WriteMemory(address, size, value);
      if (memory != value) machine.ChangedValue(location);
      return;
    }
    if (location.history == 0) location.history = count_++;
    waiting = &waiting_[location.history];
    waiting->visible = memory;
    waiting->size = size;
    waiting->outstanding = 0;
  }
  BufferedStore& store = buffer.At(buffer.count++);
  not_empty_ |= Bit(cpu);
  ++waiting->outstanding;
  waiting->executed = value;
  store.location = &location;
  store.waiting = location.history;
  store.value = value;
  store.has_sync = false;
  store.released = 0;
  machine.races().StoreOrder(store, order);
  WriteMemory(address, size, value);
  if (memory != value || waiting->visible != value) machine.ChangedValue(location);
  if (order == 5) DrainAll(cpu);
}

uint64_t TsoMemory::ReadToModify(AtomicLocation& location, unsigned size) {
  DrainAll(OwnCpu());
  return ReadShared(location, size);
}

void TsoMemory::Modify(AtomicLocation& location, unsigned size, uint64_t old, uint64_t value, int order) {
  Waiting* waiting = Of(location, size);
  if (waiting != nullptr) waiting->visible = waiting->executed = value;
  machine.races().RmwOrder(location, order);
  WriteMemory(location.address(), size, value);
  if (old != value) {
    machine.ChangedValue(location);
  } else {
    Sees(location, waiting != nullptr);  // wrote 1 over 1: it only looked
  }
}

uint64_t TsoMemory::Compare(AtomicLocation& location, unsigned size, uint64_t expected, int failure) {
  const uint64_t value = ReadToModify(location, size);
  if (value == expected) return value;
  machine.races().LoadOrder(location, failure);
  Sees(location, Of(location, size) != nullptr);
  return value;
}

void TsoMemory::Wide(AtomicLocation& location, bool write) {
  if (write) DrainAll(OwnCpu());  // it is not delayed itself, and must not come before them
  LetDrain(location, /*may_stop=*/false);
  if (write) location.history = 0;  // its value is not known yet
}

void TsoMemory::Fence(int order) {
  if (order == 5) DrainAll(OwnCpu());
}

}  // namespace cfgtorture::model
