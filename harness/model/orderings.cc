// Which orderings of a recorded execution are worth asking about, and how to ask (witness.h).
#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "harness/model/witness.h"

namespace cfgtorture::model {
namespace {

using Logged = Recorder::LoggedAccess;

constexpr size_t kMostDrains = 16;  // of one store buffer

struct Event {
  OrderedPair::Place place;
  const Logged* access = nullptr;
  const Recorder::LoggedLock* lock = nullptr;
};

constexpr size_t kEventsToTell = size_t{1} << 16;  // a fraction of a second

// Accesses and locks taken, in their order, the inside of locks left out.
std::vector<Event> EventsOf(const Recorder& log, const std::function<void()>& tell) {
  std::vector<Event> events;
  std::map<std::tuple<unsigned, uintptr_t, uint64_t>, uint64_t> count;
  const auto add = [&](const Logged& where, uint64_t lock, Event event) {
    // One place may read and write.
    const uintptr_t pc = where.pc << 1 | (where.write ? 1 : 0);
    event.place = {where.context, pc, lock, count[{where.context, pc, lock}]++, where.order, where.choices};
    events.push_back(event);
    if (events.size() % kEventsToTell == 0) tell();
  };
  size_t next = 0;
  const auto add_locks_before = [&](uint64_t order) {
    for (; next < log.locks().size() && log.locks()[next].where.order < order; ++next) {
      const Recorder::LoggedLock& event = log.locks()[next];
      if (event.taken) add(event.where, event.lock, {{}, nullptr, &event});
    }
  };
  for (const Logged& access : log.accesses()) {
    add_locks_before(access.order);
    if (!log.IsLockWord(access.address)) add(access, 0, {{}, &access, nullptr});
  }
  add_locks_before(UINT64_MAX);
  return events;
}

bool Conflict(const Logged& a, const Logged& b) {
  return (a.write || b.write) && a.address < b.address + b.size && b.address < a.address + a.size;
}

Access Told(const Recorder& log, const Event& event) {
  return event.lock != nullptr ? log.Describe(*event.lock) : log.Describe(*event.access);
}

}  // namespace

std::vector<OrderedPair> PairsOf(const Recorder& log, size_t limit, const std::function<void()>& tell) {
  const std::vector<Event> events = EventsOf(log, tell);
  struct Place {
    const Event* write = nullptr;
    std::map<unsigned, const Event*> reads;  // since, by context
  };
  std::map<uintptr_t, Place> memory;  // by byte: neighbours have nothing to do with one another
  std::map<uint64_t, const Event*> taken;
  std::vector<std::pair<const Event*, const Event*>> pairs, old;
  const auto pair = [&](const Event* first, const Event* second) {
    if (first == nullptr || first->place.context == second->place.context) return;
    if (first->access != nullptr && !Conflict(*first->access, *second->access)) return;
    pairs.emplace_back(first, second);
  };
  for (const Event& event : events) {
    if (static_cast<size_t>(&event - events.data()) % kEventsToTell == 0) tell();
    if (event.lock != nullptr) {
      const Event*& last = taken[event.lock->lock];
      pair(last, &event);
      last = &event;
      continue;
    }
    const Logged& access = *event.access;
    for (uintptr_t byte = access.address; byte < access.address + access.size; ++byte) {
      Place& place = memory[byte];
      if (access.seen && place.write != nullptr && Conflict(access, *place.write->access)) {
        old.emplace_back(&event, place.write);
      } else {
        pair(place.write, &event);
      }
      if (access.write) {
        for (const auto& [context, read] : place.reads) pair(read, &event);
        place.reads.clear();
        place.write = &event;
      } else {
        place.reads[access.context] = &event;
      }
    }
  }
  std::sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) {
    return std::make_tuple(a.second->place.order - a.first->place.order, a.second->place.order) <
           std::make_tuple(b.second->place.order - b.first->place.order, b.second->place.order);
  });
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  old.erase(std::unique(old.begin(), old.end()), old.end());
  std::vector<OrderedPair> told;
  for (const auto& [read, write] : old) {
    if (told.size() == limit) break;
    told.push_back({Told(log, *read), Told(log, *write), read->place, write->place});
    told.back().BecomeArrival();
  }
  for (const auto& [first, second] : pairs) {
    if (told.size() == limit) break;
    told.push_back({Told(log, *first), Told(log, *second), first->place, second->place});
  }
  return told;
}

// What was read of several stores, or what was left in the buffers then, is answered otherwise.
static explore::Schedule WithNewest(std::vector<uint8_t> chosen, const OrderedPair& pair) {
  const size_t at = std::min<size_t>(pair.first.choices, chosen.size());
  if (at < chosen.size() && chosen[at] >= explore::kAnswers && chosen[at] < explore::kDrainAnswers) {
    chosen[at] = explore::kUsualAnswer;
  } else {
    const auto drains = static_cast<uint8_t>(explore::kDrainAnswers + 1 + machine.at(pair.second.context).cpu);
    chosen.insert(chosen.begin() + static_cast<std::ptrdiff_t>(at), kMostDrains, drains);  // more are left out
  }
  return explore::SegmentsOf(chosen, chosen.size());
}

explore::Schedule TurnedRound(const std::vector<uint8_t>& chosen, const OrderedPair& pair) {
  if (pair.old) return WithNewest(chosen, pair);
  // The last choice that let the first go on to its event; there the second's context goes first, as far as its own.
  size_t hold = std::min<size_t>(pair.first.choices, chosen.size());
  while (hold > 0 && chosen[hold - 1] != pair.first.context) --hold;
  if (hold > 0) --hold;
  const size_t end = std::min<size_t>(pair.second.choices, chosen.size());
  std::vector<uint8_t> before(chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(hold));
  std::vector<uint8_t> after;
  size_t moved = 0;
  unsigned who = pair.first.context;  // what memory answers goes with whom it has answered
  for (size_t i = hold; i < chosen.size(); ++i) {
    if (chosen[i] < explore::kAnswers) who = chosen[i];
    if (i < end && who == pair.second.context) {
      before.push_back(chosen[i]);
      ++moved;
    } else {
      after.push_back(chosen[i]);
    }
  }
  if (moved == 0) before.push_back(static_cast<uint8_t>(pair.second.context));
  explore::Schedule schedule = explore::SegmentsOf(before, before.size());
  const explore::Schedule rest = explore::SegmentsOf(after, after.size());
  schedule.insert(schedule.end(), rest.begin(), rest.end());
  return schedule;
}

static bool Is(const Event& event, const OrderedPair::Place& place) {
  return event.place.context == place.context && event.place.pc == place.pc && event.place.lock == place.lock &&
         event.place.nth == place.nth;
}

std::optional<OrderedPair> UnseenIn(const Recorder& log, const OrderedPair& pair, const std::function<void()>& tell) {
  for (const Event& event : EventsOf(log, tell)) {
    if (!Is(event, pair.first) || event.access == nullptr || !event.access->seen) continue;
    OrderedPair unseen = pair;
    unseen.first = event.place;
    unseen.old = true;
    return unseen;
  }
  return std::nullopt;
}

bool IsTurnedRound(const Recorder& log, const OrderedPair& pair, const std::function<void()>& tell) {
  uint64_t first = 0, second = 0;
  bool reads_newest = false;
  for (const Event& event : EventsOf(log, tell)) {
    if (Is(event, pair.first)) {
      first = event.place.order;
      reads_newest = event.access != nullptr && !event.access->seen;
    }
    if (Is(event, pair.second)) second = event.place.order;
  }
  if (pair.old) return reads_newest;
  return second != 0 && (first == 0 || second < first);
}

}  // namespace cfgtorture::model
