// harness/explore/virtual_time.h: a scheduling policy for figures (design 8, the clock "scale"): every CPU has a clock,
// which goes forward by what its contexts spend; the next to run is the enabled context that can start first.
//
// Algorithm   discrete-event simulation with one clock a CPU: the one that lags takes the next step, so that what two
//             CPUs do to one memory happens in the order of their times. A context that another one made ready cannot
//             start before that happened. On one CPU a hardirq goes before a softirq before a task, and tasks take
//             turns by slice.
// Guarantees  deterministic: no choice depends on a seed. Not a search: it runs one schedule, and finds nothing but
//             what happens in that one.
// Departs     a step's cost is spent after it, so a step that costs much (a register access) is seen by others at its
//             beginning. Idle CPUs do not balance load: tasks stay where they were started.
#ifndef CFGTORTURE_HARNESS_EXPLORE_VIRTUAL_TIME_H_
#define CFGTORTURE_HARNESS_EXPLORE_VIRTUAL_TIME_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <tuple>

#include "harness/explore/explorer.h"

namespace cfgtorture::explore {

inline constexpr uint64_t kPsPerNs = 1000;

class VirtualTimeExplorer final : public Explorer {
 public:
  static constexpr unsigned kCpus = 64;

  enum class Level : uint8_t { kTask, kSoftirq, kHardirq };
  struct Place {
    unsigned cpu;
    Level level;
  };
  // Who knows the contexts.
  class Host {
   public:
    virtual ~Host() = default;
    virtual Place PlaceOf(unsigned context) const = 0;
    virtual uint64_t NextDeadlinePs() const = 0;  // asked only while kClockStep is enabled
  };
  struct SwitchCosts {
    uint64_t task_ps;   // to another task than the CPU ran last
    uint64_t wake_ps;   // of a CPU that had nothing to run, besides
    uint64_t entry_ps;  // into an interrupt and out of it
    uint64_t slice_ps;  // after which another ready task of the CPU gets its turn
  };

  VirtualTimeExplorer(const Host& host, const SwitchCosts& costs) : host_(host), costs_(costs) {}

  void Begin(uint64_t) override {
    cpus_ = {};
    ready_at_ = {};
    ran_at_ = {};
    known_ = 0;
    clock_stepped_ = false;
  }

  unsigned Choose(uint64_t enabled, unsigned current) override {
    NoteReady(enabled, current);
    // Of each CPU the one that it would run, then the CPU that comes first.
    std::array<unsigned, kCpus> of_cpu;
    uint64_t cpus = 0;
    for (uint64_t rest = enabled & ~kClock; rest != 0; rest &= rest - 1) {
      const unsigned context = static_cast<unsigned>(std::countr_zero(rest));
      const unsigned cpu = host_.PlaceOf(context).cpu;
      if ((cpus >> cpu & 1) != 0 && !(KeyOf(context) < KeyOf(of_cpu[cpu]))) continue;
      of_cpu[cpu] = context;
      cpus |= uint64_t{1} << cpu;
    }
    unsigned best = kClockStep;
    uint64_t first_ps = (enabled & kClock) != 0 ? host_.NextDeadlinePs() : UINT64_MAX;
    for (; cpus != 0; cpus &= cpus - 1) {
      const unsigned context = of_cpu[static_cast<unsigned>(std::countr_zero(cpus))];
      const uint64_t start_ps = StartOf(context);
      if (start_ps >= first_ps) continue;
      best = context;
      first_ps = start_ps;
    }
    if (best == kClockStep) {
      clock_stepped_ = true;
      step_ps_ = first_ps;
    } else {
      Start(best, first_ps);
    }
    return best;
  }
  void Only(uint64_t enabled, unsigned current) override { Choose(enabled, current); }
  bool End(uint64_t) override { return true; }

  void Spend(unsigned cpu, uint64_t ps) { cpus_[cpu].now_ps += ps; }
  uint64_t NowPs(unsigned cpu) const { return cpus_[cpu].now_ps; }
  uint64_t LatestPs() const {
    uint64_t latest = 0;
    for (const Cpu& cpu : cpus_) latest = std::max(latest, cpu.now_ps);
    return latest;
  }

 private:
  static constexpr uint64_t kClock = uint64_t{1} << kClockStep;
  static constexpr unsigned kNobody = 63;

  struct Cpu {
    uint64_t now_ps = 0;
    uint64_t turn_ps = 0;     // when the task that it runs got it
    unsigned task = kNobody;  // that it ran last
    unsigned last = kNobody;  // context
  };
  // When it could start; then interrupts first, whoever has the CPU, whoever has not had it for longest.
  using Key = std::tuple<uint64_t, int, int, uint64_t, unsigned>;

  // What has become ready since the last choice was made so by who ran since then, or by the step of the clock.
  void NoteReady(uint64_t enabled, unsigned current) {
    const uint64_t now_ps = clock_stepped_ ? step_ps_ : cpus_[host_.PlaceOf(current).cpu].now_ps;
    clock_stepped_ = false;
    for (uint64_t fresh = enabled & ~known_ & ~kClock; fresh != 0; fresh &= fresh - 1) {
      ready_at_[static_cast<unsigned>(std::countr_zero(fresh))] = now_ps;
    }
    known_ = enabled;
  }

  Key KeyOf(unsigned context) const {
    const Place place = host_.PlaceOf(context);
    const Cpu& cpu = cpus_[place.cpu];
    const bool runs = cpu.task == context && cpu.now_ps - cpu.turn_ps < costs_.slice_ps;
    return {std::max(cpu.now_ps, ready_at_[context]), -static_cast<int>(place.level), runs ? 0 : 1, ran_at_[context],
            context};
  }

  // Switched to.
  uint64_t StartOf(unsigned context) const {
    const Place place = host_.PlaceOf(context);
    const Cpu& cpu = cpus_[place.cpu];
    const bool task = place.level == Level::kTask;
    uint64_t start_ps = std::max(cpu.now_ps, ready_at_[context]);
    if (ready_at_[context] > cpu.now_ps && (task || cpu.last != context)) start_ps += costs_.wake_ps;
    if (!task && cpu.last != context) start_ps += costs_.entry_ps;
    if (task && cpu.task != context && cpu.task != kNobody) start_ps += costs_.task_ps;
    return start_ps;
  }

  void Start(unsigned context, uint64_t start_ps) {
    const Place place = host_.PlaceOf(context);
    Cpu& cpu = cpus_[place.cpu];
    cpu.now_ps = ran_at_[context] = start_ps;
    cpu.last = context;
    if (place.level != Level::kTask) return;
    if (cpu.task != context || start_ps - cpu.turn_ps >= costs_.slice_ps) cpu.turn_ps = start_ps;
    cpu.task = context;
  }

  const Host& host_;
  const SwitchCosts costs_;
  std::array<Cpu, kCpus> cpus_{};
  std::array<uint64_t, 64> ready_at_{};
  std::array<uint64_t, 64> ran_at_{};
  uint64_t known_ = 0;  // what was enabled at the last choice
  bool clock_stepped_ = false;
  uint64_t step_ps_ = 0;
};

}  // namespace cfgtorture::explore

#endif  // CFGTORTURE_HARNESS_EXPLORE_VIRTUAL_TIME_H_
