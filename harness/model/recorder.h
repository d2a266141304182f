// harness/model/recorder.h: one execution, kept so that a person can read it: call stacks, accesses, rows of a
// schedule, and the hash that a replay must reproduce. Off in all but a few executions.
#ifndef CFGTORTURE_HARNESS_MODEL_RECORDER_H_
#define CFGTORTURE_HARNESS_MODEL_RECORDER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "harness/model/machine.h"
#include "harness/result/cell.h"

namespace cfgtorture::model {

class Recorder {
 public:
  struct LoggedAccess {
    uint64_t order;
    uint64_t step;
    unsigned context;
    uintptr_t address;
    size_t size;
    bool write, atomic;
    uintptr_t pc;
    std::vector<uintptr_t> stack;  // return addresses, innermost first
    std::vector<std::string> locks;
  };

  // Pcs of `module` are told as offsets from `base`; its writable data too.
  void Init(std::string module, uintptr_t base, uintptr_t text_begin, uintptr_t text_end, uintptr_t data_begin,
            uintptr_t data_end);
  void Begin();
  // Call stacks alone, for an execution in virtual time: no accesses, no rows.
  void BeginStacks() {
    Begin();
    stacks_only_ = true;
  }
  void End() { on_ = false; }
  bool on() const { return on_; }
  bool keeps_rows() const { return on_ && !stacks_only_; }

  [[gnu::cold]] void Enter(uintptr_t return_address) { stacks_[machine.current()].push_back(return_address); }
  [[gnu::cold]] void Leave() {
    auto& stack = stacks_[machine.current()];
    if (!stack.empty()) stack.pop_back();
  }

  [[gnu::cold]] void Log(uintptr_t pc, uintptr_t address, size_t size, bool write, bool atomic);
  // The latest access of `context` to some of these bytes that conflicts with one that writes or not.
  const LoggedAccess* Previous(unsigned context, uintptr_t address, size_t size, bool other_atomic, bool write) const;
  const LoggedAccess& Last() const { return accesses_.back(); }

  // A row of the drawn schedule, in the column of the current context.
  template <typename... Parts>
  [[gnu::noinline, gnu::cold]] void Row(const Parts&... parts) {
    if (stacks_only_) return;
    RowOf(machine.current(), absl::StrCat(parts...));
  }
  void RowOf(unsigned context, std::string text);
  // The rows so far, with one row each for the given accesses; rows at or after `clash` orders are marked.
  std::vector<Step> Rows(const std::vector<const LoggedAccess*>& clashing) const;

  // Folds something that a replay must repeat into the hash, in this process or another.
  [[gnu::cold]] void Fold(uint64_t value) { hash_ = (hash_ ^ Portable(value)) * 0x100000001b3; }
  uint64_t hash() const { return hash_; }

  std::vector<Frame> StackNow(uintptr_t pc) const;
  // Of the function that runs, an inlined one's being its caller's; 0: unknown.
  uintptr_t ReturnAddress() const {
    const auto& stack = stacks_[machine.current()];
    return stack.empty() ? 0 : stack.back();
  }
  std::vector<Frame> Frames(uintptr_t pc, const std::vector<uintptr_t>& stack) const;
  Access Describe(const LoggedAccess& access) const;
  std::string DescribeAddress(uintptr_t address) const;
  // A pointer into the object, relative to its start; anything else as it is.
  uint64_t Normalised(uint64_t value) const { return value - base_ < data_end_ - base_ ? value - base_ : value; }

 private:
  struct RowEntry {
    uint64_t order;
    uint64_t step;
    unsigned context;
    std::string text;
    bool clash;
  };
  Step ToStep(const RowEntry& row) const;
  uint64_t Portable(uint64_t value);

  bool on_ = false;
  bool stacks_only_ = false;
  uint64_t order_ = 0;
  uint64_t hash_ = 0;
  std::string module_;
  uintptr_t base_ = 0, text_begin_ = 0, text_end_ = 0, data_begin_ = 0, data_end_ = 0;
  std::vector<uintptr_t> stacks_[kMaxContexts];
  std::vector<LoggedAccess> accesses_;
  std::vector<RowEntry> rows_;
  std::map<uint64_t, uint64_t> foreign_;  // pointers to the worker's own objects, by first appearance
};

extern Recorder recorder;

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_RECORDER_H_
