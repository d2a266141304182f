// harness/run/starved.h: does a process that says nothing hang, or has it just had no CPU?
//
// A worker that hangs sleeps, or uses the time that it has. One that is runnable and got next to none of it, on a host
// that is busy, would have spoken.
#ifndef CFGTORTURE_HARNESS_RUN_STARVED_H_
#define CFGTORTURE_HARNESS_RUN_STARVED_H_

#include <sys/types.h>

namespace cfgtorture::run {

class Starved {
 public:
  // It was heard of at `now`, in seconds of a monotonic clock.
  void Heard(double now) {
    heard_s_ = now;
    since_s_ = 0;
  }
  // To be asked now and then while it is silent. True: since half of `silence_s` has gone by it has had less than a
  // quarter of a CPU, and wants one: a thread of it is runnable, stopped, or waits for a disk.
  bool Is(pid_t pid, double now, double silence_s);

 private:
  double heard_s_ = 0;
  double since_s_ = 0;  // when cpu_s_ was seen, 0: not yet
  double cpu_s_ = 0;
};

}  // namespace cfgtorture::run

#endif  // CFGTORTURE_HARNESS_RUN_STARVED_H_
