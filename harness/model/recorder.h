// harness/model/recorder.h: one execution, kept so that a person can read it: call stacks, accesses, rows of a
// schedule, and the hash that a replay must reproduce. Off in all but a few executions.
#ifndef CFGTORTURE_HARNESS_MODEL_RECORDER_H_
#define CFGTORTURE_HARNESS_MODEL_RECORDER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "harness/model/machine.h"
#include "harness/result/cell.h"

namespace cfgtorture::model {

// What a row tells, for whoever draws or folds it; the names are those of Step::kind.
enum class RowKind : uint8_t {
  kNote,
  kTake,
  kDrop,
  kWait,
  kWaitEnd,
  kSleep,
  kWake,
  kStart,
  kEnd,
  kInterrupt,
  kInterruptEnd,
  kIrqsOff,
  kIrqsOn,
  kClock,
  kAccess,
  kLink,
  kUnlink,
};

class Recorder {
 public:
  struct LoggedAccess {
    uint64_t order;
    uint64_t step;
    uint64_t choices;  // made before it
    unsigned context;
    uintptr_t address;
    size_t size;
    bool write, atomic;
    uintptr_t pc;
    uint32_t clock;                // of its context (race_detector.h)
    std::vector<uintptr_t> stack;  // return addresses, innermost first
    std::vector<std::string> locks;
    std::vector<uint32_t> lock_ids;
    std::string note;                   // of the devices: what it says, with no address
    uint64_t value;                     // there before it; 0 if it is of no more than eight bytes of the code's own
    bool frees = false;                 // a block of the heap: all of it
    bool dead = false;                  // nobody's frame any more
    bool updates = false;               // reads and writes
    int8_t memory_order = -1;           // -1: none
    std::optional<uint64_t> seen = {};  // by a weak memory, instead of the newest value
  };
  // A lock taken or dropped.
  struct LoggedLock {
    LoggedAccess where;  // no address
    uint32_t lock;
    bool taken;
    const char* name;
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
  bool keeps_rows() const { return on_ && !stacks_only_; }
  // Where in the code each row is: takes a walk up the stack, which hundreds of recordings need not that only ask
  // whether a schedule shows a finding.
  void KeepPlaces(bool on) { keeps_places_ = on; }
  void End() {
    when_made_ = nullptr;
    on_ = false;
    keeps_stacks_ = always_keeps_stacks_;
  }
  bool on() const { return on_; }
  // Call stacks alone can be kept in every execution.
  void KeepStacks() { keeps_stacks_ = always_keeps_stacks_ = true; }
  bool keeps_stacks() const { return keeps_stacks_; }
  void BeginExecution() {
    if (!keeps_stacks()) return;
    for (auto& stack : stacks_) stack.clear();
  }

  [[gnu::cold]] void Enter(uintptr_t return_address) { stacks_[machine.current()].push_back(return_address); }
  [[gnu::cold]] void Leave() {
    auto& stack = stacks_[machine.current()];
    if (!stack.empty()) stack.pop_back();
  }

  [[gnu::cold]] void Log(uintptr_t pc, uintptr_t address, size_t size, bool write, bool atomic);
  // What a device or its caller says counts as a write of the one place that all devices are.
  [[gnu::cold]] void LogNote(const char* text);
  // The latest access of `context` to some of these bytes that conflicts with one that writes or not.
  const LoggedAccess* Previous(unsigned context, uintptr_t address, size_t size, bool other_atomic, bool write) const;
  const LoggedAccess& Last() const { return accesses_.back(); }
  // It is of a frame that has returned: what lies there is left over, and no value of the program's.
  void LastIsDead() { accesses_.back().dead = true; }
  const LoggedAccess* LastOf(unsigned context) const;
  // The atomic access that was logged last is made so.
  void NoteOrder(int memory_order, bool updates);
  // It has read an older value.
  [[gnu::cold]] void ReadsOld(uintptr_t address, uint64_t value, uint64_t newest);
  // The current context is about to wait, in a call made there.
  void WaitsAt(uintptr_t pc) { waits_at_[machine.current()] = pc; }
  uintptr_t waits_at(unsigned context) const { return waits_at_[context]; }
  // The next one frees what it writes.
  void NextFrees() { next_frees_ = on_; }
  // What has freed the block that holds `address`; null: nothing that was logged.
  const LoggedAccess* FreeOf(uintptr_t address) const;
  // What lies there now; of up to eight bytes of the code's own memory, else 0.
  uint64_t ValueAt(uintptr_t address, size_t size) const;
  // Calls it once the access that was logged last has been made.
  void WhenMade(std::function<void()> call) { when_made_ = std::move(call); }
  // What of `context` comes last among what one knows who knows its clock so far; null: nothing that is an access.
  const LoggedAccess* LastKnown(unsigned context, uint32_t clock) const;
  const std::vector<LoggedAccess>& accesses() const { return accesses_; }
  const std::vector<LoggedLock>& locks() const { return locks_; }
  uint64_t order() const { return order_; }

  [[gnu::cold]] void LockEvent(uintptr_t pc, uint32_t lock, const char* name, bool taken);
  // Does a lock use it to keep its own state?
  bool IsLockWord(uintptr_t address) const { return lock_words_.count(address) != 0; }

  // What the program calls these bytes (kernel/named.h).
  [[gnu::cold]] void NameObject(uintptr_t begin, size_t bytes, const char* owner, const char* name) {
    objects_.push_back({begin, bytes, order_, *owner == '\0' ? name : absl::StrCat(owner, ": ", name)});
  }
  // The two links of a list's head or entry.
  void NameList(uintptr_t begin, std::string name) {
    ForgetName(begin);
    objects_.push_back({begin, kListBytes, order_, std::move(name), /*links=*/true});
  }
  // Its memory is something else's from now on.
  void ForgetName(uintptr_t begin) {
    for (Object& object : objects_) {
      if (object.begin == begin && object.links && object.until > order_) object.until = order_;
    }
  }
  // Accesses that get a row beside writes to named objects, by their order: those that a finding's orderings are about.
  void Draw(std::set<uint64_t> orders) { drawn_ = std::move(orders); }
  // Or all of them, with their memory orders.
  void DrawAll(bool on) { draws_all_ = on; }

  // A row of the drawn schedule, in the column of the current context, at the place of the code that it runs. None of
  // what whoever is asked does only because he is asked (Machine::asking()): no run of the program does it.
  template <typename... Parts>
  [[gnu::noinline, gnu::cold]] void Row(const Parts&... parts) {
    RowAs(RowKind::kNote, "", parts...);
  }
  template <typename... Parts>
  [[gnu::noinline, gnu::cold]] void RowAs(RowKind kind, const char* object, const Parts&... parts) {
    if (!keeps_rows() || machine.asking()) return;
    RowOf(machine.current(), absl::StrCat(parts...), kind, object);
    if (keeps_places_ && kind != RowKind::kClock) FindPlace(rows_.back());
  }
  // Of whichever context, at no place.
  void RowOf(unsigned context, std::string text, RowKind kind = RowKind::kNote, const char* object = "");
  // The rows so far, with one row each for the given accesses; rows at or after `clash` orders are marked.
  std::vector<Step> Rows(const std::vector<const LoggedAccess*>& clashing) const;

  // Folds something that a replay must repeat into the hash, in this process or another.
  [[gnu::cold]] void Fold(uint64_t value) { hash_ = (hash_ ^ Portable(value)) * 0x100000001b3; }
  uint64_t hash() const { return hash_; }

  std::vector<Frame> StackNow(uintptr_t pc) const { return StackOf(machine.current(), pc); }
  std::vector<Frame> StackOf(unsigned context, uintptr_t pc) const;
  // Of the function that runs, an inlined one's being its caller's; 0: unknown.
  uintptr_t ReturnAddress() const {
    const auto& stack = stacks_[machine.current()];
    return stack.empty() ? 0 : stack.back();
  }
  std::vector<Frame> Frames(uintptr_t pc, const std::vector<uintptr_t>& stack) const;
  Access Describe(const LoggedAccess& access) const;
  Access Describe(const LoggedLock& event) const;
  // As it was at that access; without one, as it is.
  std::string DescribeAddress(uintptr_t address, uint64_t order = UINT64_MAX) const;
  // A pointer into the object, relative to its start; anything else as it is.
  uint64_t Normalised(uint64_t value) const { return value - base_ < data_end_ - base_ ? value - base_ : value; }

 private:
  struct RowEntry {
    uint64_t order;
    uint64_t step;
    unsigned context;
    std::string text;
    bool clash;
    RowKind kind;
    std::string object;
    uintptr_t pc = 0;  // the return address of the code's own call that is told; 0: none
    std::vector<uintptr_t> stack = {};
  };
  struct Object {
    uintptr_t begin;
    size_t bytes;
    uint64_t since;  // the latest order then
    std::string name;
    bool links = false;  // of a list
    uint64_t until = UINT64_MAX;
  };
  static constexpr size_t kListBytes = 2 * sizeof(void*);
  LoggedAccess Here(uintptr_t pc);
  // The smallest that is named, at that access.
  const Object* ObjectAt(uintptr_t address, uint64_t order) const;
  std::string ValueText(const LoggedAccess& access, uint64_t value) const;
  void AddAccessRows(const std::vector<const LoggedAccess*>& clashing, std::vector<RowEntry>& rows) const;
  void FindPlace(RowEntry& row) const;
  void LastIsMade() {
    if (when_made_) std::exchange(when_made_, nullptr)();
  }
  Step ToStep(const RowEntry& row) const;
  uint64_t Portable(uint64_t value);

  bool on_ = false;
  bool keeps_stacks_ = false;
  bool always_keeps_stacks_ = false;
  bool stacks_only_ = false;
  bool keeps_places_ = true;
  bool next_frees_ = false;
  bool draws_all_ = false;
  uint64_t order_ = 0;
  uint64_t hash_ = 0;
  std::string module_;
  uintptr_t base_ = 0, text_begin_ = 0, text_end_ = 0, data_begin_ = 0, data_end_ = 0;
  std::vector<uintptr_t> stacks_[kMaxContexts];
  uintptr_t waits_at_[kMaxContexts] = {};
  std::function<void()> when_made_;
  std::vector<LoggedAccess> accesses_;
  std::vector<RowEntry> rows_;
  std::vector<LoggedLock> locks_;
  std::map<uintptr_t, std::string> lock_words_;  // and whose
  std::set<uint64_t> drawn_;
  std::vector<Object> objects_;
  std::map<uint64_t, uint64_t> foreign_;  // pointers to the worker's own objects, by first appearance
};

extern Recorder recorder;

const char* NameOf(engine::Context context);

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_RECORDER_H_
