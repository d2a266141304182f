// harness/native/stall.h: how long nobody has moved, less the time in which the host gave a task no CPU.
//
// On a busy host a task may stand in the middle of a critical section for seconds because others run: that is no
// deadlock. Whoever waits for a lock sleeps or burns its CPU; a task that could run and does not is the host's doing.
//
// Misses      where the host does not tell (no /proc/self/task/N/schedstat), all the time counts.
// Cost        two small files a task, only while nobody moves.
#ifndef CFGTORTURE_HARNESS_NATIVE_STALL_H_
#define CFGTORTURE_HARNESS_NATIVE_STALL_H_

#include <algorithm>
#include <cstdint>
#include <map>

namespace cfgtorture::native {

struct ThreadTimes {
  bool runnable = false;   // runs or could
  uint64_t ran_ns = 0;     // since it was started
  uint64_t waited_ns = 0;  // for a CPU, up to when it last got one
};
using ThreadSamples = std::map<int, ThreadTimes>;  // by thread id

// Between two looks, `elapsed_ns` apart: how long the task that was off worst wanted a CPU and had none.
inline uint64_t StarvedNs(const ThreadSamples& before, const ThreadSamples& after, uint64_t elapsed_ns) {
  uint64_t worst = 0;
  for (const auto& [tid, now] : after) {
    const auto then = before.find(tid);
    if (then == before.end()) continue;
    const uint64_t ran = now.ran_ns - then->second.ran_ns;
    uint64_t starved = now.waited_ns - then->second.waited_ns;
    // What it waits for now is told when it is over.
    if (now.runnable && then->second.runnable && ran < elapsed_ns) starved = std::max(starved, elapsed_ns - ran);
    worst = std::max(worst, std::min(starved, elapsed_ns));
  }
  return worst;
}

// Of the tasks that have not ended.
ThreadSamples SampleTasks();

class Stall {
 public:
  void Moved() { looking_ = false; }
  // Nobody has, since the last call.
  void StoodStill(uint64_t now_ns) {
    ThreadSamples now = SampleTasks();
    if (looking_) {
      stalled_ns_ += now_ns - looked_ns_ - StarvedNs(samples_, now, now_ns - looked_ns_);
    } else {
      looking_ = true;
      began_ns_ = now_ns;
      stalled_ns_ = 0;
    }
    looked_ns_ = now_ns;
    samples_ = std::move(now);
  }
  double seconds() const { return looking_ ? static_cast<double>(stalled_ns_) * 1e-9 : 0; }
  // All of the time, whoever is to blame.
  double wall_seconds() const { return looking_ ? static_cast<double>(looked_ns_ - began_ns_) * 1e-9 : 0; }

 private:
  bool looking_ = false;
  uint64_t began_ns_ = 0;
  uint64_t looked_ns_ = 0;
  uint64_t stalled_ns_ = 0;
  ThreadSamples samples_;
};

}  // namespace cfgtorture::native

#endif  // CFGTORTURE_HARNESS_NATIVE_STALL_H_
