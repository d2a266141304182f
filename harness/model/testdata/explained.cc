#include "harness/model/testdata/explained.h"

#include <atomic>

#include "harness/kernel/engine.h"
#include "harness/model/testdata/program_list.h"
#include "harness/model/testdata/scoped_task.h"

namespace cfgtorture {
namespace {

std::atomic<int> flag, data, first_lock, second_lock;

void Take(std::atomic<int>& lock) {
  while (lock.exchange(1, std::memory_order_acquire) != 0) engine::Relax();
}
void Drop(std::atomic<int>& lock) { lock.store(0, std::memory_order_release); }

void TakeBoth(std::atomic<int>& one, std::atomic<int>& other) {
  Take(one);
  Take(other);
  Drop(other);
  Drop(one);
}

}  // namespace

void JoinsItself() { engine::JoinTask(engine::CurrentTask()); }

void SpinsAbBa() {
  Task other("ba", -1, [] { TakeBoth(second_lock, first_lock); });
  TakeBoth(first_lock, second_lock);
}

void ParksWithPreemptionOff() {
  engine::PreemptDisable();
  engine::Park();
}

void BothReadZero() {
  int saw_flag = 1, saw_data = 1;
  {
    Task one("one", -1, [&] {
      flag.store(1, std::memory_order_relaxed);
      saw_data = data.load(std::memory_order_relaxed);
    });
    Task other("other", -1, [&] {
      data.store(1, std::memory_order_relaxed);
      saw_flag = flag.load(std::memory_order_relaxed);
    });
  }
  Check(saw_flag != 0 || saw_data != 0, "both read 0");
}

void LastWriteDecides() {
  int saw_flag = 1, saw_data = 0;
  {
    Task reader("reader", -1, [&] {
      saw_flag = flag.load(std::memory_order_relaxed);
      saw_data = data.load(std::memory_order_relaxed);
    });
    flag.store(1, std::memory_order_relaxed);
    data.store(1, std::memory_order_relaxed);
  }
  Check(saw_flag != 0 || saw_data == 0, "data without the flag");
}

// Leaves something else in its frame each time.
__attribute__((noinline)) static unsigned Garbage() {
  unsigned local[1024];
  asm volatile("" : : "r"(local) : "memory");  // might have written it, as far as the compiler knows
  const unsigned garbage = local[100]++;
  asm volatile("" : : "r"(local) : "memory");
  return garbage;
}

void ReadsWhatItHasNotWritten() {
  if (Garbage() % 2 != 0) flag.store(1, std::memory_order_relaxed);
}

}  // namespace cfgtorture
