// Timers: one thread waits for the earliest deadline and makes softirq work pending on the CPU that armed it.
#include <mutex>

#include "harness/measure/tsc.h"
#include "harness/native/clock.h"
#include "harness/native/delivery.h"
#include "harness/native/futex.h"
#include "harness/native/tasks.h"

namespace cfgtorture::native {

struct Timer {
  uint64_t deadline_ns;  // real
  Cpu* cpu;
  void (*callback)(void*);
  void* argument;
  Timer* next;
};

namespace {

constexpr size_t kMaxTimers = 1024;

// Taken inside an EngineScope, so that no handler of the same thread can want it, and for a few instructions.
class TimerLock {
 public:
  void lock() {
    while (flag_.exchange(true, std::memory_order_acquire)) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
  }
  void unlock() { flag_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> flag_{false};
};

TimerLock g_lock;
std::array<Timer, kMaxTimers> g_timers;  // no allocation: a handler may arm one
Timer* g_free = nullptr;
Timer* g_armed = nullptr;  // by deadline
std::array<Timer*, kMaxCpus> g_due{};
std::atomic<uint32_t> g_changed{0};  // a futex

void* TimerThread(void*) {
  for (;;) {
    const uint32_t seen = g_changed.load(std::memory_order_seq_cst);
    const uint64_t now = measure::MonotonicNs();
    uint64_t wait_ns = 0;
    Cpu* due = nullptr;
    {
      std::lock_guard<TimerLock> hold(g_lock);
      if (Timer* timer = g_armed; timer != nullptr) {
        if (timer->deadline_ns <= now) {
          g_armed = timer->next;
          Timer** last = &g_due[static_cast<size_t>(timer->cpu->number)];
          while (*last != nullptr) last = &(*last)->next;
          timer->next = nullptr;
          *last = timer;
          due = timer->cpu;
        } else {
          wait_ns = timer->deadline_ns - now;
        }
      }
    }
    if (due != nullptr) {
      RaiseWork(*due, kSoftirqWork);
    } else {
      FutexWait(g_changed, seen, wait_ns);
    }
  }
  return nullptr;
}

}  // namespace

void StartTimerThread() {
  for (Timer& timer : g_timers) {
    timer.next = g_free;
    g_free = &timer;
  }
  pthread_t thread;
  if (pthread_create(&thread, nullptr, TimerThread, nullptr) != 0) Fatal("cannot start the timer thread");
  pthread_detach(thread);
}

void ForgetTimers() {
  std::lock_guard<TimerLock> hold(g_lock);
  const auto forget = [](Timer*& list) {
    while (Timer* timer = list) {
      list = timer->next;
      timer->next = g_free;
      g_free = timer;
    }
  };
  forget(g_armed);
  for (Timer*& due : g_due) forget(due);
}

void RunDueTimers(Cpu& cpu) {
  for (;;) {
    void (*callback)(void*) = nullptr;
    void* argument = nullptr;
    Timer* timer;
    {
      EngineScope engine;
      std::lock_guard<TimerLock> hold(g_lock);
      timer = g_due[static_cast<size_t>(cpu.number)];
      if (timer == nullptr) return;
      g_due[static_cast<size_t>(cpu.number)] = timer->next;
      callback = timer->callback;
      argument = timer->argument;
    }
    delivery::RunSoftirq(cpu, callback, argument, timer);
    EngineScope engine;
    std::lock_guard<TimerLock> hold(g_lock);
    timer->next = g_free;
    g_free = timer;
  }
}

}  // namespace cfgtorture::native

namespace cfgtorture::engine {

void ArmTimer(uint64_t after_ns, void (*callback)(void*), void* argument) {
  native::EngineScope engine;
  native::Task& self = native::Self();
  const uint64_t deadline_ns = measure::MonotonicNs() + native::ToReal(after_ns);
  {
    std::lock_guard<native::TimerLock> hold(native::g_lock);
    native::Timer* timer = native::g_free;
    if (timer == nullptr) native::Fatal("more than 1024 timers are armed");
    native::g_free = timer->next;
    *timer = {deadline_ns, self.cpu, callback, argument, nullptr};
    native::Timer** place = &native::g_armed;
    while (*place != nullptr && (*place)->deadline_ns <= deadline_ns) place = &(*place)->next;
    timer->next = *place;
    *place = timer;
    native::delivery::TimerArmed(timer);
  }
  native::g_changed.fetch_add(1, std::memory_order_seq_cst);
  native::FutexWakeAll(native::g_changed);
}

}  // namespace cfgtorture::engine
