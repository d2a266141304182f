// harness/model/abi.h: what the rest of the model knows of the ABI: counts of what was seen, and the racy places.
#ifndef CFGTORTURE_HARNESS_MODEL_ABI_H_
#define CFGTORTURE_HARNESS_MODEL_ABI_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <unordered_set>
#include <vector>

#include "harness/model/arena.h"
#include "harness/model/audit.h"
#include "harness/model/machine.h"

namespace cfgtorture::model {

// Calls by kind since the worker started. A cell in which none arrived proves nothing (exit 3).
struct AccessCounts {
  uint64_t reads = 0, writes = 0, atomics = 0, volatiles = 0, fences = 0, functions = 0;
  uint64_t memory_functions = 0;
  // Executions in which a context touched another's stack.
  uint64_t foreign_stack = 0;
  bool foreign_in_this = false;
  uint64_t total() const { return reads + writes + atomics + volatiles; }
};
extern AccessCounts counts;
inline void AccessesBeginExecution() { counts.foreign_in_this = false; }

// Places of plain accesses that were found racy: scheduling points from then on, so that the consequence shows too
// (design 8). One bit a byte of the object's text.
//
// A race names two accesses, and is told of once. Who claims to be exhaustive needs the others to the same memory too:
// so it may ask for the sites of all of them.
class RacySites {
 public:
  void AskForOthers() { asks_for_others_ = true; }
  // There is a race there.
  void RaceAt(uintptr_t address) {
    if (asks_for_others_) racy_memory_.insert(address >> 3);
  }
  // A plain access of a site that is not known, while the execution must not get new points.
  void Accessed(uintptr_t pc, uintptr_t address, size_t size) {
    if (racy_memory_.empty()) return;
    for (uintptr_t at = address >> 3; at <= (address + size - 1) >> 3; ++at) {
      if (racy_memory_.contains(at)) others_.insert(pc);
    }
  }
  // Those of the executions so far. True if some were new.
  bool AddOthers() {
    bool any = false;
    for (const uintptr_t pc : others_) any |= Add(pc);
    others_.clear();
    return any;
  }
  void Init(uintptr_t text_begin, uintptr_t text_end) {
    begin_ = text_begin;
    bits_.assign((text_end - text_begin) / 64 + 1, 0);
  }
  bool Contains(uintptr_t pc) const {
    const uintptr_t at = pc - begin_;
    return at / 64 < bits_.size() && (bits_[at / 64] >> (at % 64) & 1) != 0;
  }
  // True if it was new.
  bool Add(uintptr_t pc) {
    const uintptr_t at = pc - begin_;
    if (at / 64 >= bits_.size() || Contains(pc)) return false;
    bits_[at / 64] |= uint64_t{1} << (at % 64);
    offsets_.push_back(at);
    return true;
  }
  void Clear() {
    std::fill(bits_.begin(), bits_.end(), 0);
    offsets_.clear();
  }
  const std::vector<uint64_t>& offsets() const {
    return offsets_;
  }  // from the start of the text, in order of discovery
  uintptr_t begin() const { return begin_; }

 private:
  uintptr_t begin_ = 0;
  std::vector<uint64_t> bits_;
  std::vector<uint64_t> offsets_;
  bool asks_for_others_ = false;
  std::unordered_set<uintptr_t> racy_memory_;  // of eight bytes
  std::set<uintptr_t> others_;                 // in an order of its own: it becomes part of tokens
};
extern RacySites racy_sites;

// How much of the arena's accesses may be taken at a glance (abi.cc): all of them, or none while each has to be looked
// at: somebody is attentive, because a place is racy, the recorder is on or the orders of atomics are audited; or there
// is nothing to look for, since init is alone. Atomic ones also because memory is weaker than sequentially consistent.
extern uintptr_t at_a_glance;
extern uintptr_t atomics_at_a_glance;
// Somebody wants to know what each atomic operation read and wrote: the recorder, or an explorer of steps.
extern bool values_watched;
extern bool attentive;
inline void LookAgain() {
  at_a_glance = attentive || machine.alone() || machine.volatile_pending() ? 0 : kArenaBytes;
  atomics_at_a_glance = machine.weak() != nullptr ? 0 : at_a_glance;
}
inline void SetAttentive(bool on) {
  attentive = on || audit.watches_orders();
  LookAgain();
}

// What the hot path leaves out is wanted by the recorder, by an explorer of steps, or because a place is racy.
void Watch();

// Any atomic access of up to 16 bytes, anywhere, once the schedule has come back to it: null outside the shadowed
// memory, and where nobody else is there. `failed`: that of a compare-exchange.
AtomicLocation* ApproachAnywhere(uintptr_t pc, uintptr_t address, unsigned size, bool write, bool read, int& order,
                                 bool failed = false);
// For who watches values (values_watched): what was there before, and what was read or written.
[[gnu::cold]] void AtomicWatched(uintptr_t address, size_t size, uint64_t before, uint64_t folded, bool write,
                                 bool stores);
// The compiler has made the volatile access that it told of (volatile.cc).
[[gnu::cold]] void VolatileWasMade();

// One plain access by the runtime on behalf of the code under test (memory functions).
void PlainRead(uintptr_t pc, const void* pointer, size_t size);
void PlainWrite(uintptr_t pc, const void* pointer, size_t size);

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_ABI_H_
