// harness/model/virtual_time.h: an execution in virtual time: what each access costs by who had its line, and what
// locks cost whom (measure/lock_stat.h, as the checked worker keeps it). The clocks are explore/virtual_time.h's.
//
// Figures     modelled: they follow from costs.h, and say how strategies compare under them. One execution, no search.
// Cost model  a line is at one CPU that wrote it, or at those that read it since. An access from elsewhere waits until
//             the line is free, then for the transfer: many spinners on one line get it one after the other.
// Departs     one socket, no levels of cache, no store buffer, no memory that is far; a failed compare-exchange is a
//             read. What is not an access (arithmetic, calls) costs nothing. Spinners spin, they do not park.
// Off         it hears what the recorder hears, so it costs an execution without it nothing.
#ifndef CFGTORTURE_HARNESS_MODEL_VIRTUAL_TIME_H_
#define CFGTORTURE_HARNESS_MODEL_VIRTUAL_TIME_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/explore/virtual_time.h"
#include "harness/kernel/observer.h"
#include "harness/measure/lock_stat.h"
#include "harness/model/arena.h"
#include "harness/result/cell.h"

namespace cfgtorture::model {

class VirtualTime final : explore::VirtualTimeExplorer::Host {
 public:
  VirtualTime();
  explore::VirtualTimeExplorer& explorer() { return explorer_; }

  // Of the current context, which is where and when it all happens.
  uint64_t NowNs() const;
  void SpendNs(uint64_t ns);
  void Relaxed();  // one round of a spin loop
  void Access(uintptr_t address, size_t size, bool write, bool rmw);

  // observer.h
  void LockCreated(observer::LockId id, const void* address, const char* name, observer::WaitType type, int subclass);
  void LockWait(observer::LockId id);
  void LockAcquired(observer::LockId id, observer::How how, uintptr_t pc);
  void LockReleased(observer::LockId id);
  void Blocked();

  // When the execution has ended.
  std::vector<LockResult> LockResults() const;
  uint64_t ElapsedNs() const { return explorer_.LatestPs() / explore::kPsPerNs; }
  uint64_t dropped() const;

 private:
  struct Line {
    uint64_t free_at_ps = 0;
    uint64_t sharers = 0;  // CPUs
  };
  struct Class {
    const char* name;
    int subclass;
    observer::WaitType type;
    uint64_t instances;
  };
  struct Instance {
    uint32_t lock_class;
    uint32_t ordinal;
    measure::LockRecord* record;
  };

  explore::VirtualTimeExplorer::Place PlaceOf(unsigned context) const override;
  uint64_t NextDeadlinePs() const override;
  unsigned Cpu() const;
  uint64_t NowPs() const { return explorer_.NowPs(Cpu()); }
  measure::LockTable& Table();
  uint64_t& Spins();

  explore::VirtualTimeExplorer explorer_;
  std::unordered_map<uintptr_t, Line> lines_;  // looked up, never walked
  std::vector<Class> classes_;
  // An instance is a place in memory and a class, as in the checked worker. From 1.
  std::map<std::pair<const void*, uint32_t>, uint32_t> numbers_;
  std::vector<Instance> instances_{1};
  std::vector<std::unique_ptr<measure::LockRecord>> records_;
  std::vector<uint32_t> of_id_{0};  // instance of a lock of this execution
  std::array<std::unique_ptr<measure::LockTable>, kMaxContexts> tables_;
  std::array<uint32_t, kMaxContexts> threads_{};
  std::array<uint64_t, kMaxContexts> spins_{};
};

// Null but in a cell that runs in virtual time.
extern VirtualTime* virtual_time;

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_VIRTUAL_TIME_H_
