// Park and Unpark: one permit a task, kept in a futex word.
#include "harness/native/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <climits>

#include "harness/native/machine.h"
#include "harness/native/tasks.h"

namespace cfgtorture::native {

void FutexWait(std::atomic<uint32_t>& word, uint32_t expected, uint64_t timeout_ns) {
  timespec timeout;
  timeout.tv_sec = static_cast<time_t>(timeout_ns / 1'000'000'000u);
  timeout.tv_nsec = static_cast<long>(timeout_ns % 1'000'000'000u);
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, timeout_ns == 0 ? nullptr : &timeout, nullptr, 0);
}

void FutexWakeAll(std::atomic<uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace cfgtorture::native

namespace cfgtorture::engine {

using native::Task;

bool Park() {
  Task& self = native::Self();
  native::EngineScope engine;
  if (self.permit.exchange(0, std::memory_order_relaxed) != 0) return false;
  // The CPU is given up first: an interrupt that comes now is run by its next owner, or by the idle thread, and its
  // Unpark() finds the word. A signal that is still on its way ends the wait early, which Park() may do.
  native::OffCpu off(self, native::TaskState::kParked);
  native::FutexWait(self.permit, 0);
  self.permit.store(0, std::memory_order_relaxed);
  return false;
}

void Unpark(TaskId id) {
  native::EngineScope engine;
  Task* task = native::FindTask(id);
  if (task == nullptr) return;
  if (task->permit.exchange(1, std::memory_order_relaxed) == 0) native::FutexWakeAll(task->permit);
}

}  // namespace cfgtorture::engine
