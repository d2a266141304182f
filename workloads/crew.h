// workloads/crew.h: what the open-ended workloads share: a task a thread of the cell, each doing round after round.
//
// A workload says what one round is. Alone<> runs rounds of one workload in every task; `mixed` deals out the rounds of
// several, which is why a round neither begins nor ends in the middle of anything.
#ifndef CFGTORTURE_WORKLOADS_CREW_H_
#define CFGTORTURE_WORKLOADS_CREW_H_

#include <cstdint>
#include <vector>

#include "harness/kernel/engine.h"
#include "harness/sdk/program.h"
#include "workloads/onoff.h"
#include "workloads/slot.h"

namespace cfgtorture {

inline constexpr uint32_t kMostFunctions = 8;  // that one workload drives

// xorshift32 (Marsaglia 2003). Seeded by the member's number alone, so that a model execution repeats.
class Random {
 public:
  explicit Random(uint32_t member) : state_(0x9e3779b9u * (member + 1)) {}
  uint32_t Below(uint32_t n) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_ % n;
  }

 private:
  uint32_t state_;
};

// One task of a crew, as one workload sees it.
struct Member {
  uint32_t number;
  uint32_t crew;  // how many there are
  Random random{number};
  uint32_t round = 0;

  // Of `count` things that are dealt out to the crew, the one that is this member's in this round; `count` if it has
  // none.
  uint32_t Own(uint32_t count) const {
    if (number >= count) return count;
    const uint32_t own = (count - number - 1) / crew + 1;
    return number + round % own * crew;
  }
};

// Which workload has which function. A driver has a function to itself, as in the kernel; whoever only reads does not
// ask, but reads a function that comes and goes through its slot.
class Pool {
 public:
  explicit Pool(uint32_t most) : most_(most), taken_(static_cast<size_t>(hw::FunctionCount())) {}

  uint32_t most() const { return most_; }  // functions that one workload may take
  bool Take(hw::FunctionId function) {
    if (taken_[function]) return false;
    taken_[function] = true;
    return true;
  }
  void Offer(Slot& slot) { slots_.push_back(&slot); }
  // Null if the function stays where it is.
  Slot* SlotOf(hw::FunctionId function) const {
    for (Slot* slot : slots_) {
      if (slot->function() == function) return slot;
    }
    return nullptr;
  }

 private:
  const uint32_t most_;
  std::vector<bool> taken_;
  std::vector<Slot*> slots_;
};

class RoundWorkload {
 public:
  virtual ~RoundWorkload() = default;
  virtual const char* task_name() const = 0;
  virtual void SetUp(Setting& s, Pool& pool) = 0;
  virtual uint32_t functions_used() const = 0;  // 0: the machine has nothing of what it needs; no round is called
  virtual void Round(Setting& s, Member& member) = 0;
  virtual void TearDown(Setting&) {}  // all rounds are over; before Check()
  virtual void Check(Setting&) {}
  virtual void Metrics() = 0;
};

// Between two rounds, as --set pause-us says.
inline void Pause(uint32_t us) {
  if (us != 0) engine::SleepNs(uint64_t{us} * 1000);
}

// Is it this round's turn, of one in `every`? 0: never.
inline bool IsTurn(uint32_t round, uint32_t every) { return every != 0 && (round + 1) % every == 0; }

// Runs body(member) in `members` tasks at once, spread over the CPUs, and waits for all of them.
template <class Body>
void RunCrew(Setting& s, const char* name, uint32_t members, Body body) {
  struct Start {
    Body* body;
    uint32_t number;
    engine::TaskId task;
  };
  std::vector<Start> crew(members);
  for (uint32_t i = 0; i < members; ++i) crew[i] = {&body, i, 0};
  OnOff on_off(OptionOf(s.params, nullptr, "onoff-us"));
  for (Start& start : crew) {
    start.task = engine::StartTask(
        name, -1,
        [](void* argument) {
          const Start& self = *static_cast<Start*>(argument);
          (*self.body)(self.number);
        },
        &start);
  }
  for (Start& start : crew) engine::JoinTask(start.task);
}

template <class Rounds>
class Alone final : public Workload {
 public:
  void SetUp(Setting& s) override {
    Pool pool(kMostFunctions);
    rounds_.SetUp(s, pool);
  }
  void Start(Setting& s) override {
    if (rounds_.functions_used() == 0) return;
    const uint32_t pause_us = OptionOf(s.params, nullptr, "pause-us");
    RunCrew(s, rounds_.task_name(), s.params.threads, [&](uint32_t number) {
      Member member{.number = number, .crew = s.params.threads};
      for (; engine::KeepGoing(); ++member.round) {
        rounds_.Round(s, member);
        Pause(pause_us);
      }
    });
    rounds_.TearDown(s);
  }
  void Check(Setting& s) override { rounds_.Check(s); }
  void Metrics() override {
    AddMetric("functions_used", "functions", rounds_.functions_used());
    rounds_.Metrics();
  }

 private:
  Rounds rounds_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_WORKLOADS_CREW_H_
