// harness/measure/lock_summary.h: adds up what the contexts of all threads recorded about locks (lock_stat.h): by
// class, by instance, by call site, by thread. At the end of a run; allocates as it likes.
#ifndef CFGTORTURE_HARNESS_MEASURE_LOCK_SUMMARY_H_
#define CFGTORTURE_HARNESS_MEASURE_LOCK_SUMMARY_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/measure/lock_stat.h"

namespace cfgtorture::measure {

struct LockSiteSummary {
  LockFigures figures;
  Times made_wait;  // waits of others for who took it here
};

// One side (reader or writer) of a lock, or of all locks of a class.
struct LockSummary {
  LockFigures figures;
  std::map<std::pair<uintptr_t, uintptr_t>, LockSiteSummary> sites;
  // Acquisitions by thread of those that competed: waited for it, still do, or made others wait. Who only ever found
  // the lock free, like the task that sets the stage, says nothing about its fairness.
  std::map<uint32_t, uint64_t> competitors;
  uint64_t longest_run = 0;

  double Jain() const;
  uint64_t Most() const;
  uint64_t Fewest() const;
};

struct LockKey {
  uint32_t group = 0;  // a class or an instance, as the caller groups
  bool shared = false;
  auto operator<=>(const LockKey&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 misreads it
};

class LockSummaries {
 public:
  // `group_of(lock)`: where a lock's figures go. Tables of one thread's contexts may come in any order.
  template <typename GroupOf>
  void Add(uint32_t thread, const LockTable& table, GroupOf&& group_of) {
    for (const LockTable::Row& row : table.rows()) {
      if (row.lock != 0) AddRow(thread, row, group_of(row.lock));
    }
    for (const LockTable::Pair& pair : table.pairs()) {
      if (pair.lock != 0) AddPair(pair, group_of(pair.lock));
    }
    for (uint32_t i = 0; i < table.waits(); ++i) competed_[group_of(table.WaitsFor(i))].insert(thread);
  }
  // The longest run of one owner of a lock of this group.
  void AddRun(uint32_t group, uint64_t longest_run) {
    uint64_t& longest = runs_[group];
    longest = std::max(longest, longest_run);
  }
  // Readers and writers of a group compete for one lock: both sides have the same competitors.
  std::map<LockKey, LockSummary> Finish() const;

 private:
  void AddRow(uint32_t thread, const LockTable::Row& row, uint32_t group);
  void AddPair(const LockTable::Pair& pair, uint32_t group);

  std::map<LockKey, LockSummary> summaries_;
  std::map<uint32_t, std::map<uint32_t, uint64_t>> acquisitions_;  // by group and thread
  std::map<uint32_t, std::set<uint32_t>> competed_;
  std::map<uint32_t, uint64_t> runs_;
};

}  // namespace cfgtorture::measure

#endif  // CFGTORTURE_HARNESS_MEASURE_LOCK_SUMMARY_H_
