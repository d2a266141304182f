#include "harness/explore/trace.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace cfgtorture::explore {
namespace {

constexpr unsigned kPlaceBits = 8;
constexpr uint64_t kFirstAddress = 4096;  // what is smaller is no memory
constexpr size_t kMostCursors = 8;

bool Writes(std::span<const Touch> touches) {
  return std::any_of(touches.begin(), touches.end(), [](const Touch& touch) { return touch.write; });
}

uint64_t Mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9fb21c651e98df25;
  return hash ^ hash >> 29;
}

}  // namespace

Trace::Trace() : places_(size_t{1} << kPlaceBits) {
  steps_.reserve(1024);
  touches_.reserve(1024);
  links_.reserve(1024);
}

void Trace::Begin() {
  steps_.clear();
  touches_.clear();
  links_.clear();
  std::fill(places_.begin(), places_.end(), Place{});
  erasures_.clear();
  kept_.clear();
  states_.clear();
  ordered_ = unchanged_ = 0;
  end_ = kNone;
  slots_ = 1;
  cpus_ = 0;
  shares_cpus_ = false;
  AddContext(0, 0);
  AddStep(1, 0, 0, kNone);
}

Trace::Mark Trace::Now() {
  const Mark mark{static_cast<uint32_t>(steps_.size()), static_cast<uint32_t>(touches_.size()),
                  static_cast<uint32_t>(erasures_.size()), static_cast<uint32_t>(states_.size()), slots_};
  states_.insert(states_.end(), contexts_.begin(), contexts_.begin() + slots_ - 1);
  states_.push_back(contexts_[kClockStep]);
  return mark;
}

void Trace::BackTo(const Mark& mark) {
  unchanged_ = std::min(unchanged_, mark.steps);
  for (const uint32_t kept : kept_) {
    steps_[kept].erased = true;
    unchanged_ = std::min(unchanged_, kept);
  }
  kept_.clear();
  for (size_t i = mark.erasures; i < erasures_.size(); ++i) {
    if (erasures_[i] >= mark.steps) continue;
    steps_[erasures_[i]].erased = false;
    unchanged_ = std::min(unchanged_, erasures_[i]);
  }
  for (size_t i = touches_.size(); i-- > mark.touches;) {
    const uint64_t place = PlaceOf(touches_[i]);
    EntryOf(place) = {place, links_[i].previous};
  }
  steps_.resize(mark.steps);
  steps_.back().ends = false;
  end_ = kNone;
  touches_.resize(mark.touches);
  links_.resize(mark.touches);
  erasures_.resize(mark.erasures);
  states_.resize(mark.states + mark.slots);
  slots_ = mark.slots;
  std::copy_n(states_.begin() + mark.states, slots_ - 1, contexts_.begin());
  contexts_[kClockStep] = states_.back();
  const auto is_last = [this](const ContextState& own) {
    if (own.last != kNone) steps_[static_cast<size_t>(own.last)].next = kNone;
  };
  for (unsigned i = 0; i < slots_ - 1; ++i) is_last(contexts_[i]);
  is_last(contexts_[kClockStep]);
}

void Trace::AddContext(unsigned context, unsigned cpu) {
  contexts_[context] = {};
  contexts_[context].history = context;
  cpu_[context] = static_cast<uint8_t>(cpu);
  shares_cpus_ |= (cpus_ >> cpu % 64 & 1) != 0;
  cpus_ |= uint64_t{1} << cpu % 64;
  slots_ = std::max(slots_, Slot(context) + 1);
  if (context == 0) contexts_[kClockStep] = {};
}

void Trace::AddStep(uint64_t enabled, uint64_t excluded, unsigned chosen, int node) {
  ContextState& own = contexts_[chosen];
  const int number = static_cast<int>(steps_.size());
  if (own.last != kNone) steps_[static_cast<size_t>(own.last)].next = number;
  steps_.push_back({enabled, excluded, own.history, static_cast<uint32_t>(touches_.size()), own.last, kNone, node,
                    static_cast<uint8_t>(chosen), own.held, false, false, false, false});
  own.last = number;
}

// A place is eight bytes of memory, or something of the machine.
uint64_t Trace::PlaceOf(const Touch& touch) { return touch.object < kFirstAddress ? ~touch.object : touch.object >> 3; }

Trace::Place& Trace::EntryOf(uint64_t place) { return places_[(place * 0x9fb21c651e98df25) >> (64 - kPlaceBits)]; }

// The next touch will be the last.
int Trace::LastTouchOf(uint64_t place) {
  Place& entry = EntryOf(place);
  const int end = static_cast<int>(touches_.size());
  int last = entry.last_touch;
  if (entry.name != place) {
    last = end - 1;
    while (last >= 0 && PlaceOf(touches_[static_cast<size_t>(last)]) != place) --last;
  }
  entry = {place, end};
  return last;
}

void Trace::AddTouch(const Touch& touch) {
  ContextState& own = contexts_[steps_.back().context];
  const auto only_waits = [](const Touch& own) { return own.waits && !own.write; };
  if (touch.waits && !std::all_of(touches_.begin() + steps_.back().touches, touches_.end(), only_waits)) {
    const Step before = steps_.back();
    own.held = false;  // nobody sleeps in a section
    AddStep(before.enabled, before.excluded, before.context, kNone);
    steps_.back().goes_on = true;
  }
  if (own.spins_at != 0) Looks(own, touch.object);
  if (touch.object < kFirstAddress ? touch.size != 1 : (touch.object & 7) + touch.size > 8) links_tell_ = false;
  links_.push_back({static_cast<uint32_t>(steps_.size()) - 1, LastTouchOf(PlaceOf(touch))});
  touches_.push_back(touch);
  own.history = Mix(Mix(own.history, touch.object), touch.before);
}

void Trace::Learn(uint64_t value) {
  ContextState& own = contexts_[steps_.back().context];
  own.history = Mix(own.history, value);
}

void Trace::SpinEnds(uintptr_t site) {
  ContextState& own = contexts_[steps_.back().context];
  own.expects = 0;
  own.spins_at = site;
  const auto known = spins_.find(site);
  if (known == spins_.end() || known->second != Spin::kLooksOnce) return;
  const int look = Trailing(own, own.last);
  if (look == kNone) return;
  const std::span<const Touch> touches = this->touches(static_cast<size_t>(look));
  if (touches.size() != 1 || LooksTwice(own, site, look)) {
    known->second = Spin::kIsOfSteps;
    misjudged_ = true;
    return;
  }
  own.expects = touches.front().object;
  own.spun = look;
  Erase(own, look);
}

void Trace::KeepLastLooks() {
  const auto keep = [this](const ContextState& own) {
    if (own.spins_at == 0 || own.expects == 0) return;
    steps_[static_cast<size_t>(own.spun)].erased = false;
    kept_.push_back(static_cast<uint32_t>(own.spun));
    unchanged_ = std::min(unchanged_, static_cast<uint32_t>(own.spun));
  };
  for (unsigned i = 0; i < slots_ - 1; ++i) keep(contexts_[i]);
}

void Trace::Ends(uint64_t enabled) {
  end_ = static_cast<int>(steps_.size()) - 1;
  steps_.back().ends = true;
  const unsigned own = steps_.back().context;
  for (uint64_t rest = enabled; rest != 0; rest &= rest - 1) {
    const unsigned context = static_cast<unsigned>(std::countr_zero(rest));
    if (context != own) AddStep(0, 0, context, kNone);
  }
}

// The latest step of the context, from `at` back, that has touched something since the iteration before; kNone if there
// is none, or if it writes.
int Trace::Trailing(const ContextState& own, int at) const {
  for (; at != kNone && at != own.iteration; at = steps_[static_cast<size_t>(at)].previous) {
    const std::span<const Touch> touches = this->touches(static_cast<size_t>(at));
    if (touches.empty()) continue;
    return Writes(touches) ? kNone : at;
  }
  return kNone;
}

// Has the iteration whose last look this is another one? Since the iteration before, only reads; or in the first, which
// nothing tells apart from what comes before the loop, a read of the same place.
bool Trace::LooksTwice(const ContextState& own, uintptr_t site, int look) const {
  const uint64_t place = touches(static_cast<size_t>(look)).front().object;
  bool other = false;
  for (int at = look; (at = steps_[static_cast<size_t>(at)].previous) != kNone && at != own.iteration;) {
    const std::span<const Touch> touches = this->touches(static_cast<size_t>(at));
    if (touches.empty()) continue;
    if (Writes(touches)) return false;
    if (!other && touches.back().object == place) return true;
    other = true;
  }
  return other && own.loop == site;
}

// The first object that the context touches after an iteration.
void Trace::Looks(ContextState& own, uint64_t object) {
  const uintptr_t site = std::exchange(own.spins_at, 0);
  Spin& spin = spins_[site];
  // The step in which it looks has been added; the iteration ended with the one before.
  const int ended = steps_[static_cast<size_t>(own.last)].previous;
  if (own.expects != 0) {
    if (own.expects != object) {
      spin = Spin::kIsOfSteps;
      misjudged_ = true;
    }
  } else if (spin == Spin::kUnknown) {
    const int look = Trailing(own, ended);
    if (look != kNone) {
      const std::span<const Touch> touches = this->touches(static_cast<size_t>(look));
      const bool once = touches.size() == 1 && touches.front().object == object && !LooksTwice(own, site, look);
      spin = once ? Spin::kLooksOnce : Spin::kIsOfSteps;
      misjudged_ |= once;
    }
  }
  own.iteration = ended;
  own.loop = site;
}

// A step of a context: it is where it was before it.
void Trace::Erase(ContextState& own, int look) {
  Step& step = steps_[static_cast<size_t>(look)];
  const Touch touch = touches(static_cast<size_t>(look)).front();
  awaits_.insert(AwaitKey(step, touch, touch.before));
  if (awaited_.insert(touch.object).second) misjudged_ = true;
  step.erased = true;
  erasures_.push_back(static_cast<uint32_t>(look));
  unchanged_ = std::min(unchanged_, static_cast<uint32_t>(look));
  own.history = step.history;
}

uint64_t Trace::AwaitKey(const Step& step, const Touch& touch, uint64_t value) {
  return Mix(Mix(Mix(step.history, touch.object), value), step.context);
}

Trace::Wait Trace::Waited(const Step& step, const Touch& waiter, const Touch& write) const {
  if (!write.write) return Wait::kNo;
  if (waiter.waits) return write.before == 0 ? Wait::kYes : Wait::kNo;
  if (!awaited_.contains(waiter.object)) return Wait::kNo;
  return awaits_.contains(AwaitKey(step, waiter, write.before)) ? Wait::kYes : Wait::kMaybe;
}

void Trace::Order(size_t from, std::vector<Race>& races) {
  races.clear();
  if (clocks_.size() < steps_.size()) clocks_.resize(steps_.size() + steps_.size() / 2);
  for (size_t j = std::min({from, ordered_, size_t{unchanged_}}); j < steps_.size(); ++j)
    OrderStep(j, j >= from, races);
  ordered_ = steps_.size();
  unchanged_ = static_cast<uint32_t>(ordered_);
}

void Trace::OrderStep(size_t j, bool ask, std::vector<Race>& races) {
  const Step& step = steps_[j];
  Clock& clock = clocks_[j];
  if (step.previous != kNone) {
    Copy(clock, clocks_[static_cast<size_t>(step.previous)]);
  } else {
    std::fill_n(clock.begin(), slots_, 0);
  }
  const std::span<const Touch> mine = touches(j);
  // What happened before by more than the write that ended a wait: the wait has no order with what that write comes
  // after, such as the acquisition before the release. While nothing has waited, the same as `clock`.
  Clock unwaited;
  uint64_t waiters = 0;  // of its touches, those that a write has ended the wait of
  const auto meet = [&](size_t i) {
    const unsigned slot = Slot(steps_[i].context);
    const bool ordered = clock[slot] > i;
    if (ordered && (waiters == 0 || unwaited[slot] > i)) return;
    bool depends = false, waited = false, maybe = false;
    for (const Touch& theirs : touches(i)) {
      for (size_t t = 0; t < mine.size(); ++t) {
        if (!Conflict(mine[t], theirs) || (ordered && (waiters >> t % 64 & 1) == 0)) continue;
        Wait wait = Waited(step, mine[t], theirs);
        // The other way round it waits, in a turn of its own, which others may come before.
        if (wait == Wait::kYes && step.goes_on) wait = Wait::kMaybe;
        if (wait != Wait::kNo) {
          if (waiters == 0) Copy(unwaited, clock);
          waiters |= uint64_t{1} << t % 64;
        }
        waited |= wait == Wait::kYes;
        maybe |= wait == Wait::kMaybe;
        depends |= wait == Wait::kNo;
      }
    }
    if ((depends || maybe) && ask) races.push_back({static_cast<uint32_t>(i), static_cast<uint32_t>(j)});
    if (depends && waiters != 0) Join(unwaited, clocks_[i]);
    if (depends || waited || maybe) Join(clock, clocks_[i]);
  };
  // All that is before this write of the whole is before this step too.
  const auto covers = [&](const Touch& theirs, size_t i, size_t t) {
    return theirs.write && theirs.object <= mine[t].object &&
           theirs.object + theirs.size >= mine[t].object + mine[t].size &&
           ((waiters >> t & 1) == 0 || unwaited[Slot(steps_[i].context)] > i);
  };
  const auto link = [this](int touch) { return links_[static_cast<size_t>(touch)]; };
  if (!links_tell_ || mine.size() > kMostCursors) {
    for (size_t i = mine.empty() ? 0 : j; i-- > 0;) meet(i);
  } else if (mine.size() == 1) {
    for (int at = link(static_cast<int>(step.touches)).previous; at != kNone; at = link(at).previous) {
      const Touch& theirs = touches_[static_cast<size_t>(at)];
      const size_t i = link(at).step;
      if ((!theirs.write && !mine[0].write) || steps_[i].erased) continue;
      const unsigned slot = Slot(steps_[i].context);
      if (clock[slot] <= i || (waiters != 0 && unwaited[slot] <= i)) meet(i);
      if (covers(theirs, i, 0)) break;
    }
  } else if (!mine.empty()) {
    // Back along the touches of each place, the latest first.
    std::array<int, kMostCursors> cursors;
    for (size_t t = 0; t < mine.size(); ++t) cursors[t] = link(static_cast<int>(step.touches + t)).previous;
    for (;;) {
      const int latest = *std::max_element(cursors.begin(), cursors.begin() + static_cast<std::ptrdiff_t>(mine.size()));
      if (latest == kNone) break;
      const size_t i = link(latest).step;
      if (i != j) meet(i);
      for (size_t t = 0; t < mine.size(); ++t) {
        while (cursors[t] != kNone && link(cursors[t]).step == i) {
          const bool enough = i != j && !steps_[i].erased && covers(touches_[static_cast<size_t>(cursors[t])], i, t);
          cursors[t] = enough ? kNone : link(cursors[t]).previous;
        }
      }
    }
  }
  if (shares_cpus_ && !step.held) OrderOnCpu(j, ask, races);
  if (step.ends || (end_ != kNone && j > static_cast<size_t>(end_))) {
    const size_t first = step.ends ? 0 : static_cast<size_t>(end_);
    for (size_t i = step.ends ? j : first + 1; i-- > first;) {
      if (steps_[i].erased || clock[Slot(steps_[i].context)] > i) continue;
      if (ask) races.push_back({static_cast<uint32_t>(i), static_cast<uint32_t>(j)});
      Join(clock, clocks_[i]);
    }
  }
  clock[Slot(step.context)] = static_cast<uint32_t>(j) + 1;
}

// Depend on each other because one of them begins a section of the CPU of both.
bool Trace::ByCpu(const Step& a, const Step& b) const {
  return (a.begins || b.begins) && !a.held && !b.held && !a.erased && !b.erased && a.context != kClockStep &&
         b.context != kClockStep && cpu_[a.context] == cpu_[b.context];
}

void Trace::OrderOnCpu(size_t j, bool ask, std::vector<Race>& races) {
  const Step& step = steps_[j];
  Clock& clock = clocks_[j];
  for (size_t i = j; i-- > 0;) {
    const Step& other = steps_[i];
    if (!ByCpu(other, step)) continue;
    if (clock[Slot(other.context)] <= i) {
      if (ask) races.push_back({static_cast<uint32_t>(i), static_cast<uint32_t>(j)});
      Join(clock, clocks_[i]);
    }
    if (other.begins) return;  // all before it are before it
  }
}

bool Trace::LastStoreIsBefore(uint64_t object) {
  const size_t now = steps_.size() - 1;
  // What a CPU ran before is shown to what it runs next, without an access; nor does the order know who keeps whom off.
  if (shares_cpus_ || steps_[now].touches != touches_.size() || steps_[now].previous == kNone) return true;
  if (clocks_.size() < steps_.size()) clocks_.resize(steps_.size() + steps_.size() / 2);
  std::vector<Race> none;
  for (size_t j = std::min(ordered_, size_t{unchanged_}); j < now; ++j) OrderStep(j, false, none);
  ordered_ = now;
  unchanged_ = static_cast<uint32_t>(now);
  for (size_t at = touches_.size(); at-- > 0;) {
    if (touches_[at].object != object || !touches_[at].stores) continue;
    const size_t store = links_[at].step;
    // One that changed nothing counts as no write, so nobody runs the load before it.
    if (!touches_[at].write) return true;
    return steps_[store].erased ||
           clocks_[static_cast<size_t>(steps_[now].previous)][Slot(steps_[store].context)] > store;
  }
  return true;
}

Trace::Reversed Trace::Reverse(size_t first, size_t second) {
  const uint64_t excluded = steps_[first].excluded;
  chosen_.assign(second - first + 1, 0);
  uint64_t contexts = 0;
  for (size_t i = first + 1; i <= second; ++i) {
    if (steps_[i].erased || (i != second && Before(first, i))) continue;
    chosen_[i - first] = 1;
    contexts |= uint64_t{1} << steps_[i].context;
  }
  Reversed reversed;
  if ((contexts & excluded) != 0) {
    // Without what `second` does not need.
    for (size_t i = first + 1; i < second; ++i)
      if (!Before(i, second)) chosen_[i - first] = 0;
    reversed.excluded = Complete(first, second);
  }
  reversed.initials = Initials(first, second) & ~excluded;
  return reversed;
}

// Adds what ends the sections that keep chosen contexts off their CPUs. Returns a context for which that is in vain.
int Trace::Complete(size_t first, size_t second) {
  for (bool more = true; more;) {
    more = false;
    for (size_t i = first + 1; i <= second; ++i) {
      const unsigned who = steps_[i].context;
      if (chosen_[i - first] == 0 || (steps_[first].excluded >> who & 1) == 0) continue;
      for (size_t k = first; k < i; ++k) {
        const Step& step = steps_[k];
        if (step.context == who || step.context == kClockStep || cpu_[step.context] != cpu_[who] ||
            (step.excluded >> who & 1) == 0 || chosen_[k - first] != 0) {
          continue;
        }
        if (k == first || (!step.erased && Before(first, k))) return static_cast<int>(who);
        for (size_t p = first + 1; p <= k; ++p) {
          if (chosen_[p - first] == 0 && (p == k || Before(p, k))) {
            chosen_[p - first] = 1;
            more = true;
          }
        }
      }
    }
  }
  return kNone;
}

// The contexts whose first chosen step comes after no chosen step; nor does the rest of the section that it begins come
// after another context of its CPU, which would have to run in between.
uint64_t Trace::Initials(size_t first, size_t second) const {
  std::array<uint32_t, kSlots> begins{};  // of each context, 1 + its first step among those
  uint64_t initials = 0;
  for (size_t i = first + 1; i <= second; ++i) {
    const unsigned own = Slot(steps_[i].context);
    if (chosen_[i - first] == 0 || begins[own] != 0) continue;
    bool initial = true;
    for (unsigned s = 0; s < slots_ && initial; ++s) initial = begins[s] == 0 || clocks_[i][s] < begins[s];
    begins[own] = static_cast<uint32_t>(i) + 1;
    for (int next = steps_[i].next; next != kNone && initial; next = steps_[static_cast<size_t>(next)].next) {
      const size_t k = static_cast<size_t>(next);
      if (!steps_[k].held) break;
      for (unsigned s = 1; s < slots_ && initial; ++s) {
        initial = s == own || begins[s] == 0 || cpu_[s - 1] != cpu_[own - 1] || clocks_[k][s] < begins[s];
      }
    }
    if (initial) initials |= uint64_t{1} << steps_[i].context;
  }
  return initials;
}

uint64_t Trace::Hash() const {
  // The sum over all dependences, each named by the two steps' places in their own contexts.
  std::array<uint32_t, kSlots> counts{};
  std::vector<uint64_t> names(steps_.size());
  uint64_t sum = 0;
  for (size_t j = 0; j < steps_.size(); ++j) {
    const std::span<const Touch> mine = touches(j);
    const unsigned slot = Slot(steps_[j].context);
    if (mine.empty() && (!steps_[j].begins || steps_[j].erased)) continue;
    names[j] = Mix(Mix(1, slot), ++counts[slot]);
    sum += names[j];
    for (size_t i = 0; i < j; ++i) {
      if (steps_[i].context == steps_[j].context || names[i] == 0) continue;
      if (Conflict(mine, touches(i)) || ByCpu(steps_[i], steps_[j])) sum += Mix(3 * names[i], names[j]);
    }
  }
  return sum;
}

}  // namespace cfgtorture::explore
