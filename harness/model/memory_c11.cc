#include "harness/model/memory_c11.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "harness/model/assert.h"
#include "harness/model/recorder.h"

namespace cfgtorture::model {
namespace {

bool IsSeqCst(int order) { return order == 5; }

}  // namespace

C11Memory::C11Memory() {
  void* got = mmap(nullptr, kMaxHistories * sizeof(History), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CFGT_ASSERT(got != MAP_FAILED);
  histories_ = static_cast<History*>(got);
}

void C11Memory::BeginExecution() {
  count_ = 1;
  sc_time_ = 0;
  fences_.any = false;
  width_ = machine.races().width();
}

void C11Memory::AddContext(unsigned context) {
  if (machine.races().width() != width_) Widen();
  ContextViews& views = contexts_[context];
  views.own.any = views.pending.any = views.release.any = views.woken.any = false;
  views.own.stamp = 0;
}

// What exists in this execution has no meaning yet in the new columns.
void C11Memory::Widen() {
  const unsigned old = width_;
  width_ = machine.races().width();
  const size_t bytes = (width_ - old) * sizeof(uint32_t);
  auto widen = [&](View& view) { std::memset(view.clock + old, 0, bytes); };
  for (uint32_t i = 1; i < count_; ++i) {
    for (StoreRecord& store : histories_[i].stores) {
      std::memset(store.seen + old, 0xff, bytes);
      std::memset(store.sync + old, 0, bytes);
      widen(store.view);
    }
  }
  for (ContextViews& views : contexts_) {
    for (View* view : {&views.own, &views.pending, &views.release, &views.woken}) widen(*view);
  }
  widen(fences_);
}

void C11Memory::Include(View& to, const uint32_t* clock) {
  if (!to.any) {
    to.any = true;
    to.stamp = 0;
    Copy(to.clock, clock);
    return;
  }
  for (unsigned i = 0; i < width_; ++i) to.clock[i] = std::max(to.clock[i], clock[i]);
}

void C11Memory::IncludeView(View& to, const View& from) {
  Include(to, from.clock);
  to.stamp = std::max(to.stamp, from.stamp);
}

void C11Memory::Show(View& to, unsigned from) {
  Include(to, machine.races().clock(from));
  Include(to, contexts_[from].own);
  machine.races().NewEpoch(from);  // what it does from now on has not been shown
}

inline void C11Memory::SeeStore(StoreRecord& store) {
  const RaceDetector& races = machine.races();
  uint32_t& seen = store.seen[races.current()];
  if (seen == kNever) seen = races.clock(races.current())[races.current()];
}

// ---- stores ---------------------------------------------------------------------------------------------------------

// The first access, or one after memory was written by other means: plainly, at the begin of an object's life; by code
// that is not seen, on a stack that is used again.
C11Memory::History* C11Memory::BeginHistory(AtomicLocation& location, unsigned size, uint64_t memory) {
  uint32_t place = location.history;
  location.history = 0;
  if (location.overlapped || location.size() != size) return nullptr;
  if (place == 0) {
    if (count_ == kMaxHistories) return nullptr;
    place = count_++;
  }
  location.history = place;
  History& history = histories_[place];
  history.newest = history.oldest = 1;
  history.last_sc = 0;
  StoreRecord& store = history.At(1);
  store.value = memory;
  store.sc = 0;
  store.writer = 0;
  store.view.any = false;
  Fill(store.seen, kNever);
  return &history;
}

// Before the detector's order of the store itself.
C11Memory::StoreRecord& C11Memory::Push(AtomicLocation& location, History& history, uint64_t value, int order) {
  const RaceDetector& races = machine.races();
  StoreRecord& before = history.At(history.newest);
  before.has_sync = location.has_sync;
  before.released = location.released;
  if (location.has_sync) Copy(before.sync, location.sync);
  const uint32_t number = ++history.newest;
  if (number - history.oldest >= kDepth) ++history.oldest;
  StoreRecord& store = history.At(number);
  const unsigned own = races.current();
  store.value = value;
  store.writer = static_cast<uint8_t>(own);
  store.sc = 0;
  store.view.any = false;
  Fill(store.seen, kNever);
  store.seen[own] = races.clock(own)[own];
  if (IsSeqCst(order)) {
    store.sc = sc_time_ + 1;
    history.last_sc = number;
  }
  const ContextViews& views = contexts_[own];
  Include(store.view, IsRelease(order) ? views.own : views.release);
  return store;
}

void C11Memory::Store(AtomicLocation& location, unsigned size, uint64_t value, int order) {
  const uint64_t old = ReadMemory(location.address(), size);
  if (History* history = Of(location, size, old)) Push(location, *history, value, order);
  machine.races().StoreOrder(location, order);
  WriteMemory(location.address(), size, value);
  if (old != value) machine.ChangedValue(location);
}

uint64_t C11Memory::ReadToModify(AtomicLocation& location, unsigned size) {
  return ReadMemory(location.address(), size);
}

void C11Memory::Modify(AtomicLocation& location, unsigned size, uint64_t old, uint64_t value, int order) {
  uint32_t number = 0;
  if (History* history = Of(location, size, old)) {
    StoreRecord& read = history->At(history->newest);
    SeeStore(read);
    Acquire(read.view, order);
    StoreRecord& store = Push(location, *history, value, order);
    Include(store.view, read.view);  // the release sequence goes on
    number = history->newest;
  }
  machine.races().RmwOrder(location, order);
  WriteMemory(location.address(), size, value);
  if (old != value) {
    machine.ChangedValue(location);
  } else {
    Note(location, number, false);  // wrote 1 over 1: it only looked
  }
}

// ---- loads ----------------------------------------------------------------------------------------------------------

// Has something that happens before now, or that the context has been shown, read or written it, or a newer one?
inline bool C11Memory::Hidden(const StoreRecord& store) const {
  const unsigned current = machine.current();
  if (Meets(store.seen, machine.races().clock(current))) return true;
  const View& view = contexts_[current].own;
  if (!view.any) return false;
  return Meets(store.seen, view.clock) || (store.sc != 0 && store.sc <= view.stamp);
}

inline uint64_t C11Memory::Readable(History& history, int order) {
  if (history.newest == history.oldest || Hidden(history.At(history.newest))) [[likely]]
    return 1;
  return OlderReadable(history, order);
}

uint64_t C11Memory::OlderReadable(History& history, int order) const {
  uint64_t readable = 1;
  uint32_t number = history.newest;
  for (uint64_t bit = 1; number != history.oldest; --number) {
    const StoreRecord& store = history.At(number);
    if (Hidden(store)) break;
    if (IsSeqCst(order)) {
      if (number == history.last_sc) break;
      if (fences_.any && store.seen[store.writer] <= fences_.clock[store.writer]) break;
    }
    readable |= bit <<= 1;
  }
  return readable;
}

uint32_t C11Memory::Choose(const AtomicLocation& location, const History& history, uint64_t readable) {
  if (readable == 1 || machine.asking()) return history.newest;
  if (machine.choice().steps() != nullptr) machine.choice().steps()->Asks(location.address());
  return history.newest - machine.choice().Pick(readable, explore::kReadsFrom);
}

void C11Memory::Acquire(const View& view, int order) {
  ContextViews& own = contexts_[machine.current()];
  Include(IsAcquire(order) ? own.own : own.pending, view);
}

// The spin rule: to which store does an iteration that has read this one look forward?
inline void C11Memory::Note(AtomicLocation& location, uint32_t number, bool may_read_another) {
  MachineContext& own = machine.context();
  const uint32_t at = own.read_count;
  machine.Saw(location.watched);
  if (at >= kSpinReads) return;
  contexts_[machine.current()].read[at] = number;
  if (may_read_another) --own.reads[at].changes;  // so it is not parked
}

inline uint64_t C11Memory::ReadNewest(AtomicLocation& location, History& history, int order) {
  StoreRecord& store = history.At(history.newest);
  SeeStore(store);
  machine.races().LoadOrder(location, order);
  if (store.view.any) [[unlikely]]
    Acquire(store.view, order);
  Note(location, history.newest, false);
  return store.value;
}

uint64_t C11Memory::ReadOlder(AtomicLocation& location, History& history, uint32_t number, int order) {
  StoreRecord& store = history.At(number);
  SeeStore(store);
  machine.races().LoadOrder(store, order);
  Acquire(store.view, order);
  if (recorder.on()) recorder.ReadsOld(location.address(), store.value, history.At(history.newest).value);
  Note(location, number, true);
  return store.value;
}

uint64_t C11Memory::Read(AtomicLocation& location, History& history, uint32_t number, int order) {
  return number == history.newest ? ReadNewest(location, history, order) : ReadOlder(location, history, number, order);
}

uint64_t C11Memory::Load(AtomicLocation& location, unsigned size, int order) {
  const uint64_t memory = ReadMemory(location.address(), size);
  History* history = Of(location, size, memory);
  if (history == nullptr) [[unlikely]] {
    machine.races().LoadOrder(location, order);
    Note(location, 0, false);
    return memory;
  }
  const uint64_t readable = Readable(*history, order);
  if (readable == 1) [[likely]]
    return ReadNewest(location, *history, order);
  return Read(location, *history, Choose(location, *history, readable), order);
}

uint64_t C11Memory::Compare(AtomicLocation& location, unsigned size, uint64_t expected, int failure) {
  const uint64_t memory = ReadMemory(location.address(), size);
  History* history = Of(location, size, memory);
  if (history == nullptr) {
    if (memory == expected) return memory;
    machine.races().LoadOrder(location, failure);
    Note(location, 0, false);
    return memory;
  }
  uint64_t readable = Readable(*history, failure);
  for (uint64_t older = readable & ~uint64_t{1}; older != 0; older &= older - 1) {
    const uint32_t back = static_cast<uint32_t>(std::countr_zero(older));
    if (history->At(history->newest - back).value == expected) readable &= ~(uint64_t{1} << back);
  }
  const uint32_t number = Choose(location, *history, readable);
  if (number == history->newest && memory == expected) return memory;
  return Read(location, *history, number, failure);
}

void C11Memory::Relaxed(uint32_t count) {
  const MachineContext& own = machine.context();
  const ContextViews& views = contexts_[machine.current()];
  for (uint32_t i = 0; i < std::min<uint32_t>(count, kSpinReads); ++i) {
    AtomicLocation* location = machine.races().LocationOf(own.reads[i].what);
    if (location == nullptr || location->history == 0 || views.read[i] == 0) continue;
    History& history = histories_[location->history];
    if (history.newest > views.read[i]) SeeStore(history.At(std::max(views.read[i] + 1, history.oldest)));
  }
}

// ---- what orders without an access ----------------------------------------------------------------------------------

void C11Memory::Fence(int order) {
  ContextViews& own = contexts_[machine.current()];
  if (IsAcquire(order)) {
    Include(own.own, own.pending);
    own.pending.any = false;
  }
  if (IsSeqCst(order)) {
    const unsigned current = machine.current();
    // The detector's fence has begun a new epoch already, of which nothing is before this fence.
    View before;
    Include(before, machine.races().clock(current));
    --before.clock[current];
    Include(before, own.own);
    Include(before, fences_);
    before.stamp = ++sc_time_;
    fences_ = own.own = before;
  }
  if (IsRelease(order)) own.release = own.own;
}

void C11Memory::Fork(unsigned child) { Include(contexts_[child].own, contexts_[machine.current()].own); }
void C11Memory::Join(unsigned ended) { Include(contexts_[machine.current()].own, contexts_[ended].own); }

void C11Memory::Wakes(unsigned context) { Show(contexts_[context].woken, machine.current()); }

void C11Memory::Woken() {
  ContextViews& own = contexts_[machine.current()];
  Include(own.own, own.woken);
  own.woken.any = false;
}

void C11Memory::TurnsTo(unsigned next, uint64_t others) {
  Include(contexts_[next].own, contexts_[next].woken);
  contexts_[next].woken.any = false;
  ForEachBit(others & ~Bit(next), [&](unsigned other) { Show(contexts_[next].own, other); });
}

// Whom it interrupted goes on without a turn of the CPU.
void C11Memory::GivesUp(uint64_t others) {
  if (machine.context().kind == engine::Context::kTask) return;
  ForEachBit(others & ~Bit(machine.current()), [&](unsigned other) { Show(contexts_[other].own, machine.current()); });
}

}  // namespace cfgtorture::model
