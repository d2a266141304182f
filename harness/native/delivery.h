// harness/native/delivery.h: how an interrupt reaches a CPU. Implemented twice, chosen at link time:
// signals.cc (native, checked) and polled.cc (tsan). Why two: toolchain.md, "asynchronous signals are held back".
#ifndef CFGTORTURE_HARNESS_NATIVE_DELIVERY_H_
#define CFGTORTURE_HARNESS_NATIVE_DELIVERY_H_

#include "harness/native/machine.h"

namespace cfgtorture::native::delivery {

// Once, before any task starts; all CPUs are set up.
void Start();
// Work became pending on the CPU that `owner` owned a moment ago. Any thread.
void Kick(Task& owner);

// Runs entry(vector) in the hardirq context of `cpu`, which the caller owns.
void RunHardirq(Cpu& cpu, void (*entry)(int), int vector);
// Runs callback(argument) in the softirq context of `cpu`. `armed` is what TimerArmed() was told.
void RunSoftirq(Cpu& cpu, void (*callback)(void*), void* argument, void* armed);
// What the caller did before is visible to the RunSoftirq() with this `armed`.
void TimerArmed(void* armed);

// The caller's CPU has IRQs off from here; on again from here (design 3: "IRQs enabled" is a lock).
void IrqsWentOff(Cpu& cpu);
void IrqsGoOn(Cpu& cpu);

// A point where the task could be preempted: in the tsan worker it sometimes stands still for a while, as if the host
// had taken its CPU away, so that short programs meet other orders than the one that thread start-up imposes.
void MaybeStandStill(Task& task);
// Where `starter` has started `started`: every other time it stands still until that one waits, or for 0.5 ms.
void MaybeLetRun(Task& starter, const Task& started);
// About one point in `one_in` stands still; 0: none. `seed` chooses which.
void SetStandstills(uint32_t one_in, uint64_t seed);

// All tasks have ended: what they and handlers did is visible to the next program and its handlers.
void ProgramEnded();

}  // namespace cfgtorture::native::delivery

#endif  // CFGTORTURE_HARNESS_NATIVE_DELIVERY_H_
