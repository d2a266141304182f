// harness/measure/lock_results.h: what the contexts of all threads recorded about locks, as a result has it: classes by
// wait time, each followed by its instances, and by the places where they are taken. The same for every engine that
// observes locks, whatever its ticks are.
#ifndef CFGTORTURE_HARNESS_MEASURE_LOCK_RESULTS_H_
#define CFGTORTURE_HARNESS_MEASURE_LOCK_RESULTS_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "harness/kernel/observer.h"
#include "harness/measure/lock_stat.h"
#include "harness/measure/lock_summary.h"
#include "harness/result/cell.h"

namespace cfgtorture::measure {

// What the engine calls its locks by: numbers, from 1; classes from 0.
struct LockNames {
  struct Class {
    const char* name;
    int subclass;
    observer::WaitType type;
    uint64_t instances;
  };
  struct Lock {
    uint32_t lock_class;
    uint32_t ordinal;  // within its class, from 1
  };
  std::function<Class(uint32_t lock_class)> class_of;
  std::function<Lock(uint32_t lock)> lock_of;
  std::function<std::vector<Frame>(const uintptr_t* pcs, size_t count)> frames_of;
  double ns_per_tick = 1;
  bool rt = false;  // a spinlock_t sleeps
};

class LockResults {
 public:
  explicit LockResults(LockNames names) : names_(std::move(names)) {}
  // Of one context of `thread`.
  void Add(uint32_t thread, const LockTable& table);
  // Of a lock.
  void Add(uint32_t lock, const LockRecord& record);
  std::vector<LockResult> Finish() const;

 private:
  LockNames names_;
  LockSummaries by_class_, by_lock_;
};

}  // namespace cfgtorture::measure

#endif  // CFGTORTURE_HARNESS_MEASURE_LOCK_RESULTS_H_
