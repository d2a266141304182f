// harness/run/starved.h: does a process that says nothing hang, or has it just had no CPU?
//
// A worker that hangs sleeps, or uses the time that it has. One that is runnable and got next to none of it, on a host
// that is busy, would have spoken.
#ifndef CFGTORTURE_HARNESS_RUN_STARVED_H_
#define CFGTORTURE_HARNESS_RUN_STARVED_H_

#include <sys/types.h>

namespace cfgtorture::run {

// That a process has had in all; 0 if there is none.
double CpuSeconds(pid_t pid);

class Starved {
 public:
  // To be asked now and then of a process that is silent since `heard_s`, in seconds of a monotonic clock. True: since
  // half of `silence_s` went by it has had less than a quarter of a CPU, and wants one: a thread of it is runnable,
  // stopped, or waits for a disk.
  bool Is(pid_t pid, double heard_s, double now, double silence_s);

 private:
  double since_s_ = 0;  // when cpu_s_ was seen; before heard_s: in another silence
  double cpu_s_ = 0;
};

}  // namespace cfgtorture::run

#endif  // CFGTORTURE_HARNESS_RUN_STARVED_H_
