// Interrupts as POSIX real-time signals, lazily masked: a handler that finds interrupts off leaves the work pending for
// IrqEnable(). Masking for real costs a sigprocmask pair a section, 454 ns against 0.84 ns for the flag (toolchain.md).
//
// Latency  10-15 us to a thread on another CPU, up to 10 ms on a loaded host; about 50,000 a second in all.
// Never SA_RESTART: a wait must end, so that its thread looks at what is pending. SA_NODEFER: a hardirq may interrupt a
// softirq, which runs inside the handler too; the context flags keep hardirqs from nesting.
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "harness/native/delivery.h"
#include "harness/native/tasks.h"

namespace cfgtorture::native::delivery {
namespace {

int InterruptSignal() { return SIGRTMIN + 3; }

void OnSignal(int) {
  const int saved_errno = errno;
  Task* self = t_self;
  // In the engine, or between owning one CPU and the next: whoever leaves the engine, or owns the CPU next, looks.
  if (self != nullptr && self->engine_depth == 0) RunPending(*self, false);
  errno = saved_errno;
}

}  // namespace

void Start() {
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_NODEFER;
  sigemptyset(&action.sa_mask);
  if (sigaction(InterruptSignal(), &action, nullptr) != 0) Fatal("cannot install the interrupt's signal handler");
}

void Kick(Task& owner) {
  const pid_t tid = owner.tid.load(std::memory_order_relaxed);
  // If the thread has ended meanwhile, it has looked at its pending work on the way (ReleaseCpu).
  if (tid != 0) syscall(SYS_tgkill, getpid(), tid, InterruptSignal());
}

void RunHardirq(Cpu&, void (*entry)(int), int vector) { entry(vector); }
void RunSoftirq(Cpu&, void (*callback)(void*), void* argument, void*) { callback(argument); }
void TimerArmed(void*) {}
void IrqsWentOff(Cpu&) {}
void IrqsGoOn(Cpu&) {}
void MaybeStandStill(Task&) {}
void MaybeLetRun(Task&, const Task&) {}
void SetStandstills(uint32_t, uint64_t) {}
void ProgramEnded() {}

}  // namespace cfgtorture::native::delivery

namespace cfgtorture::engine {

void DevicePoint(uint64_t, bool) {}

}  // namespace cfgtorture::engine
