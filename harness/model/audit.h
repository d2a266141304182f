// harness/model/audit.h: what is each lock and each memory order for? Lists the places where the code under test makes
// an ordered atomic operation, takes a lock, switches interrupts off or wakes somebody; or weakens, or leaves out, one
// of them in every execution, so that exploring tells what becomes of the program without it (design 8).
//
// A place is what a compiler makes of a line of source: one pc for an atomic operation, a chain of return addresses
// from the inside out for a call. Which chains belong to one line, only symbols tell: the front end groups them.
//
// Cost    none where nothing is audited but a flag at each lock and interrupt call. Where orders are, every access is
//         taken the slow way; where calls are, each function keeps its return address.
// Misses  trylocks (leaving one out would have to invent its answer) and locks that nobody observes, as the one inside
//         a sleeping lock: what such a lock orders is seen by its own atomics.
#ifndef CFGTORTURE_HARNESS_MODEL_AUDIT_H_
#define CFGTORTURE_HARNESS_MODEL_AUDIT_H_

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "harness/model/arena.h"
#include "harness/result/cell.h"

namespace cfgtorture::model {

enum class Atomic : uint8_t { kLoad, kStore, kReadModifyWrite, kFailedExchange, kFence };
inline Atomic KindOf(bool write, bool read, bool failed) {
  if (failed) return Atomic::kFailedExchange;
  return !write ? Atomic::kLoad : read ? Atomic::kReadModifyWrite : Atomic::kStore;
}
inline constexpr int kNoFence = -1;

class Audit {
 public:
  // `mutation` as CellSpec says. `base`: where the object was loaded; `module`: its path.
  absl::Status Init(const std::string& mutation, uintptr_t base, std::string module);
  bool watches_orders() const { return watches_orders_; }
  bool watches_calls() const { return watches_calls_; }
  void BeginExecution();

  // The order that the operation is to be made with; kNoFence for none.
  [[gnu::cold]] int Order(uintptr_t pc, Atomic what, int order);
  // Each is asked once before what it is about, and answers whether that is to be left out.
  [[gnu::cold]] bool LeavesOutLock(uintptr_t pc, uint32_t lock, const char* name);
  [[gnu::cold]] bool LeavesOutIrqsOff(uintptr_t pc);
  [[gnu::cold]] bool LeavesOutWakeUp(uintptr_t pc);
  // Does this release belong to an acquisition of this context that was left out? Then it is to be left out too.
  [[gnu::cold]] bool WasLeftOut(uint32_t lock);
  [[gnu::cold]] bool IsLeftOut(uint32_t lock) const;
  // The same of interrupts, which the current context is about to switch on; sections nest.
  [[gnu::cold]] bool IrqsWereOff();

  // What was listed, by place.
  std::vector<AuditSite> Sites() const;

 private:
  enum class Call : uint8_t { kLock, kIrqsOff, kWakeUp };
  using Chain = std::vector<uint64_t>;  // offsets in the object, innermost first

  struct ContextState {
    std::vector<uint32_t> left_out;   // locks
    std::vector<bool> irqs_sections;  // still open; false: left out
  };

  bool LeavesOut(Call call, uintptr_t pc, const char* what);
  void List(std::string kind, std::string what, const Chain& chain);
  Chain ChainNow(uintptr_t pc) const;

  bool watches_orders_ = false;
  bool watches_calls_ = false;
  bool lists_ = false;
  uintptr_t base_ = 0;
  std::string module_;
  // What is mutated.
  bool weakens_ = false;
  Atomic atomic_ = Atomic::kLoad;
  int order_ = 0;
  bool skips_ = false;
  Call call_ = Call::kLock;
  std::vector<Chain> chains_;
  // What was seen.
  std::unordered_map<std::string, size_t> index_;
  std::vector<AuditSite> sites_;
  ContextState contexts_[kMaxContexts];
};

extern Audit audit;

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_AUDIT_H_
