// workloads/crew.h: what the three workloads share: a task a thread of the cell, each with its own random numbers.
#ifndef CFGTORTURE_WORKLOADS_CREW_H_
#define CFGTORTURE_WORKLOADS_CREW_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "harness/kernel/engine.h"

namespace cfgtorture {

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

// Runs body(member) in `members` tasks at once, spread over the CPUs, and waits for all of them.
template <class Body>
void RunCrew(const char* name, uint32_t members, Body body) {
  struct Member {
    Body* body;
    uint32_t number;
    engine::TaskId task;
  };
  std::vector<Member> crew(members);
  for (uint32_t i = 0; i < members; ++i) crew[i] = {&body, i, 0};
  for (Member& member : crew) {
    member.task = engine::StartTask(
        name, -1,
        [](void* argument) {
          const Member& self = *static_cast<Member*>(argument);
          (*self.body)(self.number);
        },
        &member);
  }
  for (Member& member : crew) engine::JoinTask(member.task);
}

}  // namespace cfgtorture

#endif  // CFGTORTURE_WORKLOADS_CREW_H_
