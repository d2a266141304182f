#include "harness/explore/minimise.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace cfgtorture::explore {
namespace {

constexpr uint64_t kLeaps = 300;
constexpr uint64_t kDrift = 8;
constexpr uint64_t kFarthest = 64;  // that a drawn segment goes

class Minimiser {
 public:
  Minimiser(Trial best, const std::function<Trial(const Schedule&)>& attempt,
            const std::function<bool(const Schedule&)>& confirm, Budget& budget)
      : best_(std::move(best)), attempt_(attempt), confirm_(confirm), budget_(budget) {}

  Minimised Run() {
    const auto without = [this](size_t begin, size_t end) { return Without(begin, end); };
    const auto endless = [this](size_t begin, size_t end) {
      Schedule schedule = best_.taken;
      for (size_t i = begin; i < std::min(end, schedule.size()); ++i) schedule[i].choices = kUntilItWaits;
      return schedule;
    };
    ByChunks(without);
    ByChunks(endless);
    do {
      while (!Spent() && Pass()) {
      }
    } while (!Spent() && best_.cost.preemptions > 1 && Leap());
    return {std::move(best_), !Spent()};
  }

 private:
  bool Spent() const { return budget_.tries == 0; }

  // True if it became the best.
  bool Accept(const Schedule& schedule) {
    Schedule ignored;
    return Accept(schedule, ignored);
  }
  // `aside`: what was taken, if that shows the finding with no more preemptions.
  bool Accept(const Schedule& schedule, Schedule& aside) {
    if (Spent()) return false;
    Trial trial = attempt_(schedule);
    --budget_.tries;
    ++budget_.tried;
    budget_.points -= std::min(budget_.points, trial.points);
    if (budget_.points == 0) budget_.tries = 0;
    if (trial.found && trial.cost.preemptions <= best_.cost.preemptions) aside = trial.taken;
    if (!trial.found || !(trial.cost < best_.cost)) return false;
    // What was taken is what is kept and edited further; told in segments, it need not be what `schedule` led to.
    if (!confirm_(trial.taken)) return false;
    best_ = std::move(trial);
    return true;
  }

  Schedule Without(size_t begin, size_t end) const {
    Schedule rest(best_.taken.begin(), best_.taken.begin() + static_cast<std::ptrdiff_t>(begin));
    rest.insert(rest.end(), best_.taken.begin() + static_cast<std::ptrdiff_t>(std::min(end, best_.taken.size())),
                best_.taken.end());
    return rest;
  }

  // `change` of ever smaller parts of the schedule.
  template <typename F>
  void ByChunks(F&& change) {
    for (size_t chunk = best_.taken.size(); chunk >= 1 && !Spent(); chunk /= 2) {
      for (size_t begin = 0; begin < best_.taken.size() && !Spent();) {
        if (!Accept(change(begin, begin + chunk))) begin += chunk;
      }
    }
  }

  // A few changes at once, drawn: what no single one leads to, because who spins less for a lock has taken its choices
  // elsewhere. Wanders among schedules with as many preemptions. True if one was better.
  bool Leap() {
    const uint64_t leaps = best_.cost.preemptions > 2 ? 8 * kLeaps : kLeaps;
    Schedule here = best_.taken;
    for (uint64_t leap = 0; leap < leaps && !Spent(); ++leap) {
      Schedule schedule = here;
      for (uint64_t changes = 1 + Below(3); changes > 0 && !schedule.empty(); --changes) {
        const size_t i = Below(schedule.size()), k = Below(schedule.size());
        switch (Below(7)) {
          case 0:
            schedule.erase(schedule.begin() + static_cast<std::ptrdiff_t>(i));
            break;
          case 1:
            schedule[i].choices = kUntilItWaits;
            break;
          case 2:
            std::swap(schedule[i], schedule[k]);
            break;
          case 3:
            schedule[i].choices = 1 + Below(std::min<uint64_t>(2 * schedule[i].choices, kFarthest));
            break;
          case 4:
            if (k > i && schedule[k].context == schedule[i].context) Join(schedule, i, k);
            break;
          default:
            InTurnUntil(schedule, i, 1 + Below(kFarthest));
        }
      }
      if (Accept(schedule, here)) return true;
    }
    return false;
  }
  // Whoever runs before segment i runs until he waits; its own context begins there, and goes so far.
  static void InTurnUntil(Schedule& schedule, size_t i, uint64_t choices) {
    Schedule simple;
    for (size_t k = 0; k < i; ++k) {
      if (schedule[k].context != schedule[i].context) simple.push_back({schedule[k].context, kUntilItWaits});
    }
    simple.push_back({schedule[i].context, choices});
    simple.insert(simple.end(), schedule.begin() + static_cast<std::ptrdiff_t>(i) + 1, schedule.end());
    schedule = std::move(simple);
  }
  // The choices of segment i move to segment k.
  static void Join(Schedule& schedule, size_t i, size_t k) {
    schedule[k].choices += schedule[i].choices;
    schedule.erase(schedule.begin() + static_cast<std::ptrdiff_t>(i));
  }
  // Knuth's MMIX generator; its upper bits.
  uint64_t Below(uint64_t count) {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return ((state_ >> 32) * count) >> 32;
  }

  // Every single move; from the end, where a removal disturbs least. True if one helped.
  bool Pass() {
    bool better = false;
    for (size_t i = best_.taken.size(); i-- > 0 && !Spent();) {
      while (i < best_.taken.size() && Move(i)) better = true;
    }
    return better;
  }

  bool Move(size_t i) {
    const unsigned context = best_.taken[i].context;
    if (Accept(Without(i, i + 1))) return true;
    Schedule endless = best_.taken;
    endless[i].choices = kUntilItWaits;
    if (Accept(endless)) return true;
    size_t next = i + 1;
    while (next < best_.taken.size() && best_.taken[next].context != context) ++next;
    if (next >= best_.taken.size()) return false;
    Schedule here = Without(next, next + 1);
    here[i].choices += best_.taken[next].choices;
    Schedule there = best_.taken;
    Join(there, i, next);
    // Who does not spin for a lock any more takes fewer choices to get as far.
    for (uint64_t fewer = 0; fewer <= kDrift; ++fewer) {
      if (here[i].choices > fewer && Accept(Shorter(here, i, fewer))) return true;
      if (there[next - 1].choices > fewer && Accept(Shorter(there, next - 1, fewer))) return true;
    }
    return false;
  }
  static Schedule Shorter(Schedule schedule, size_t i, uint64_t by) {
    schedule[i].choices -= by;
    return schedule;
  }

  Trial best_;
  const std::function<Trial(const Schedule&)>& attempt_;
  const std::function<bool(const Schedule&)>& confirm_;
  Budget& budget_;
  uint64_t state_ = 1;
};

}  // namespace

Minimised Minimise(Trial best, const std::function<Trial(const Schedule&)>& attempt,
                   const std::function<bool(const Schedule&)>& confirm, Budget& budget) {
  return Minimiser(std::move(best), attempt, confirm, budget).Run();
}

}  // namespace cfgtorture::explore
