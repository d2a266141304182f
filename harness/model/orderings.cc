// Which orderings of a recorded execution are worth asking about, and how to ask (witness.h).
#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "harness/model/witness.h"

namespace cfgtorture::model {
namespace {

using Logged = Recorder::LoggedAccess;

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

std::vector<OrderedPair> PairsOf(const Recorder& log, const std::vector<uint8_t>& chosen, size_t limit,
                                 const std::function<void()>& tell) {
  const std::vector<Event> events = EventsOf(log, tell);
  struct Place {
    const Event* write = nullptr;
    std::map<unsigned, const Event*> reads;  // since, by context
  };
  std::map<uintptr_t, Place> memory;  // by granule of 8 bytes
  std::map<uint64_t, const Event*> taken;
  std::vector<std::pair<const Event*, const Event*>> pairs;
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
    for (uintptr_t granule = access.address >> 3; granule <= (access.address + access.size - 1) >> 3; ++granule) {
      Place& place = memory[granule];
      pair(place.write, &event);
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
  std::vector<OrderedPair> told;
  for (const auto& [first, second] : pairs) {
    if (told.size() == limit) break;
    // Nobody chose whether the first would run before the second.
    if (second->place.choices <= first->place.choices && first->place.choices >= chosen.size()) continue;
    told.push_back({Told(log, *first), Told(log, *second), first->place, second->place});
  }
  return told;
}

explore::Schedule TurnedRound(const std::vector<uint8_t>& chosen, const OrderedPair& pair) {
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

bool IsTurnedRound(const Recorder& log, const OrderedPair& pair, const std::function<void()>& tell) {
  uint64_t first = 0, second = 0;
  for (const Event& event : EventsOf(log, tell)) {
    const auto is = [&](const OrderedPair::Place& place) {
      return event.place.context == place.context && event.place.pc == place.pc && event.place.lock == place.lock &&
             event.place.nth == place.nth;
    };
    if (is(pair.first)) first = event.place.order;
    if (is(pair.second)) second = event.place.order;
  }
  return second != 0 && (first == 0 || second < first);
}

}  // namespace cfgtorture::model
