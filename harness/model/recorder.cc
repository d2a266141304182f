#include "harness/model/recorder.h"

#include <unwind.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/model/heap.h"
#include "harness/model/judges.h"
#include "harness/run/plugin_loader.h"

namespace cfgtorture::model {

Recorder recorder;

const char* NameOf(engine::Context context) {
  switch (context) {
    case engine::Context::kTask:
      return "task";
    case engine::Context::kSoftirq:
      return "softirq";
    case engine::Context::kHardirq:
      return "hardirq";
  }
  return "?";
}

namespace {

constexpr uintptr_t kDevices = 64;   // nobody's address
constexpr size_t kMaxRows = 4000;    // of one drawn schedule: the last ones matter
constexpr size_t kFirstRows = 400;   // among these: and how it came to them
constexpr size_t kPlaceFrames = 12;  // of a row: enough to leave the kernel's words
constexpr uint64_t kNoPointer = 4096;

const char* NameOf(RowKind kind) {
  switch (kind) {
    case RowKind::kNote:
      return "";
    case RowKind::kTake:
      return "take";
    case RowKind::kDrop:
      return "drop";
    case RowKind::kWait:
      return "wait";
    case RowKind::kWaitEnd:
      return "wait-end";
    case RowKind::kSleep:
      return "sleep";
    case RowKind::kWake:
      return "wake";
    case RowKind::kStart:
      return "start";
    case RowKind::kEnd:
      return "end";
    case RowKind::kInterrupt:
      return "irq";
    case RowKind::kInterruptEnd:
      return "irq-end";
    case RowKind::kIrqsOff:
      return "irqs-off";
    case RowKind::kIrqsOn:
      return "irqs-on";
    case RowKind::kClock:
      return "clock";
    case RowKind::kAccess:
      return "access";
    case RowKind::kLink:
      return "link";
    case RowKind::kUnlink:
      return "unlink";
  }
  return "";
}

// Looks up the stack of the machine, of which the worker's own part tells nothing, for the call that left the code.
struct CallOut {
  uintptr_t begin, end;  // of the code
  uintptr_t found;
};
_Unwind_Reason_Code Visit(_Unwind_Context* frame, void* argument) {
  CallOut& call = *static_cast<CallOut*>(argument);
  const uintptr_t pc = _Unwind_GetIP(frame);
  if (pc - call.begin >= call.end - call.begin) return _URC_NO_REASON;
  call.found = pc;
  return _URC_NORMAL_STOP;
}

bool Overlaps(uintptr_t a, size_t a_size, uintptr_t b, size_t b_size) { return a < b + b_size && b < a + a_size; }

}  // namespace

void Recorder::Init(std::string module, uintptr_t base, uintptr_t text_begin, uintptr_t text_end, uintptr_t data_begin,
                    uintptr_t data_end) {
  module_ = std::move(module);
  base_ = base;
  text_begin_ = text_begin;
  text_end_ = text_end;
  data_begin_ = data_begin;
  data_end_ = data_end;
}

void Recorder::Begin() {
  on_ = keeps_stacks_ = true;
  stacks_only_ = false;
  order_ = 0;
  hash_ = 0xcbf29ce484222325;
  accesses_.clear();
  foreign_.clear();
  rows_.clear();
  locks_.clear();
  lock_words_.clear();
  next_frees_ = false;
  objects_.clear();
  for (auto& stack : stacks_) stack.clear();
}

void Recorder::Log(uintptr_t pc, uintptr_t address, size_t size, bool write, bool atomic) {
  LastIsMade();
  Fold(machine.current());
  Fold(address);
  if (machine.asking()) return;  // no access of the program's own
  LoggedAccess access = Here(pc);
  access.value = ValueAt(address, size);
  access.address = address;
  access.size = size;
  access.write = write;
  access.atomic = atomic;
  access.frees = std::exchange(next_frees_, false);
  if (atomic && IsTakingLock(access.context)) lock_words_.emplace(address, WantedLock(access.context));
  accesses_.push_back(std::move(access));
}

const Recorder::LoggedAccess* Recorder::LastOf(unsigned context) const {
  const auto last = std::find_if(accesses_.rbegin(), accesses_.rend(),
                                 [&](const LoggedAccess& access) { return access.context == context; });
  return last == accesses_.rend() ? nullptr : &*last;
}

void Recorder::NoteOrder(int memory_order, bool updates) {
  if (machine.asking() || accesses_.empty()) return;
  accesses_.back().memory_order = static_cast<int8_t>(memory_order);
  accesses_.back().updates = updates;
}

void Recorder::ReadsOld(uintptr_t address, uint64_t value, uint64_t newest) {
  if (machine.asking() || accesses_.empty()) return;
  Row("reads ", value, ", not the newest ", newest, ", of ", DescribeAddress(address));
  accesses_.back().seen = value;
}

void Recorder::LogNote(const char* text) {
  if (machine.asking()) return;
  LoggedAccess access = Here(0);
  access.address = kDevices;
  access.size = 8;
  access.write = true;
  access.note = text;
  // Values differ where the schedule does.
  for (const char* c = text; *c != '\0' && std::strncmp(c, " ->", 3) != 0 && std::strncmp(c, " <-", 3) != 0; ++c) {
    access.pc = access.pc * 31 + static_cast<unsigned char>(*c);
  }
  accesses_.push_back(std::move(access));
}

Recorder::LoggedAccess Recorder::Here(uintptr_t pc) {
  const unsigned context = machine.current();
  const auto& stack = stacks_[context];
  return {++order_,
          machine.steps(),
          machine.choice().made(),
          context,
          0,
          0,
          false,
          false,
          pc,
          machine.races().Knows(context),
          std::vector<uintptr_t>(stack.rbegin(), stack.rend()),
          HeldLockNames(context),
          HeldLockIds(context),
          "",
          0};
}

uint64_t Recorder::ValueAt(uintptr_t address, size_t size) const {
  const bool own = InStacks(address) || InHeap(address) || address - data_begin_ < data_end_ - data_begin_;
  uint64_t value = 0;
  if (own && size <= sizeof value) std::memcpy(&value, reinterpret_cast<const void*>(address), size);
  return value;
}

void Recorder::LockEvent(uintptr_t pc, uint32_t lock, const char* name, bool taken) {
  if (!machine.asking()) locks_.push_back({Here(pc), lock, taken, name});
}

const Recorder::LoggedAccess* Recorder::LastKnown(unsigned context, uint32_t clock) const {
  for (size_t i = accesses_.size(); i-- > 0;) {
    const LoggedAccess& access = accesses_[i];
    // What ticked the clock on from there is the release itself.
    if (access.context == context && access.clock <= clock)
      return access.clock == clock && access.atomic ? &access : nullptr;
  }
  return nullptr;
}

const Recorder::LoggedAccess* Recorder::Previous(unsigned context, uintptr_t address, size_t size, bool other_atomic,
                                                 bool write) const {
  for (size_t i = accesses_.size(); i-- > 0;) {
    const LoggedAccess& access = accesses_[i];
    if (access.context == context && access.atomic == other_atomic && (access.write || write) &&
        Overlaps(access.address, access.size, address, size)) {
      return &access;
    }
  }
  return nullptr;
}

const Recorder::LoggedAccess* Recorder::FreeOf(uintptr_t address) const {
  for (size_t i = accesses_.size(); i-- > 0;) {
    if (accesses_[i].frees && address - accesses_[i].address < accesses_[i].size) return &accesses_[i];
  }
  return nullptr;
}

void Recorder::RowOf(unsigned context, std::string text, RowKind kind, const char* object) {
  if (!keeps_rows()) return;
  LastIsMade();
  rows_.push_back({++order_, machine.steps(), context, std::move(text), false, kind, object});
  if (rows_.size() > 2 * kMaxRows) rows_.erase(rows_.begin() + kFirstRows, rows_.begin() + kFirstRows + kMaxRows);
}

// What is told is told by the context that runs, but for what the machine does between two contexts: there the stack is
// another's.
void Recorder::FindPlace(RowEntry& row) const {
  const uintptr_t here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  if (!InStacks(here) || StackOwner(here) != row.context) return;
  CallOut call{text_begin_, text_end_, 0};
  _Unwind_Backtrace(Visit, &call);
  row.pc = call.found;
  if (row.pc == 0) return;
  const auto& stack = stacks_[row.context];
  row.stack.assign(stack.rbegin(), stack.rbegin() + static_cast<std::ptrdiff_t>(std::min(stack.size(), kPlaceFrames)));
}

static std::string Bytes(size_t size) { return absl::StrCat(size, size == 1 ? " byte" : " bytes"); }

// "atomic read", "write", "free".
static std::string KindOf(const Recorder::LoggedAccess& access) {
  if (access.frees) return "free";
  return absl::StrCat(access.atomic ? "atomic " : "", access.write ? "write" : "read");
}

Step Recorder::ToStep(const RowEntry& row) const {
  Step step;
  step.number = static_cast<uint32_t>(row.step);
  const MachineContext& context = machine.at(row.context);
  step.cpu = context.cpu;
  step.context = NameOf(context.kind);
  step.task = context.name;
  step.text = row.text;
  step.clash = row.clash;
  step.kind = NameOf(row.kind);
  step.object = row.object;
  if (row.pc != 0) step.stack = Frames(row.pc, row.stack);
  return step;
}

// Of a pointer where it points to, and no more than that it is one if that lies where it pleases: the address itself
// says nothing to a reader.
std::string Recorder::ValueText(const LoggedAccess& access, uint64_t value) const {
  const char* const arrow = access.write ? " <- " : " -> ";
  if (access.size < sizeof(void*)) return absl::StrFormat("%s0x%0*x", arrow, static_cast<int>(2 * access.size), value);
  if (value == 0) return absl::StrCat(arrow, "NULL");
  if (value < kNoPointer) return absl::StrFormat("%s0x%x", arrow, value);
  const Object* const to = ObjectAt(value, access.order);
  if (to != nullptr && to->links && access.address - to->begin < to->bytes) return absl::StrCat(arrow, "empty");
  if (to != nullptr && value == to->begin) return absl::StrCat(arrow, to->name);
  const bool own = InStacks(value) || InHeap(value) || value - data_begin_ < data_end_ - data_begin_;
  return absl::StrCat(arrow, own ? DescribeAddress(value, access.order) : "not NULL");
}

static std::string OrderText(const Recorder::LoggedAccess& access) {
  static constexpr const char* kNames[] = {"relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"};
  const bool known = access.memory_order >= 0 && access.memory_order < 6;
  return absl::StrCat(" (", known ? kNames[access.memory_order] : "relaxed",
                      access.updates ? ", read-modify-write)" : ")");
}

void Recorder::AddAccessRows(const std::vector<const LoggedAccess*>& clashing, std::vector<RowEntry>& rows) const {
  std::map<std::pair<uintptr_t, size_t>, const LoggedAccess*> later;  // the next one of the same bytes
  for (size_t i = accesses_.size(); i-- > 0;) {
    const LoggedAccess& access = accesses_[i];
    const bool clash = std::any_of(clashing.begin(), clashing.end(),
                                   [&](const LoggedAccess* other) { return other->order == access.order; });
    const Object* const object = ObjectAt(access.address, access.order);
    const LoggedAccess* const next = std::exchange(later[{access.address, access.size}], &access);
    const bool changes = object != nullptr && access.write && object->bytes <= 8 && access.order > object->since;
    const bool made = next != nullptr || i + 1 < accesses_.size();
    // A device says so itself.
    if (!access.note.empty() || !(clash || drawn_.count(access.order) != 0 || changes || draws_all_)) continue;
    if (access.seen && !clash) continue;  // the memory model has said so
    const std::string where = absl::StrCat(access.dead ? "dead " : "", DescribeAddress(access.address, access.order));
    const uint64_t written = next != nullptr ? next->value : ValueAt(access.address, access.size);
    // What was freed since is poisoned.
    const LoggedAccess* const free = FreeOf(access.address);
    const bool known = free == nullptr || free->order < access.order || (next != nullptr && next->order <= free->order);
    const bool told = object != nullptr && !clash && !access.frees;
    if (told && access.write && !made) continue;
    std::string text = told ? where
                            : absl::StrCat(access.atomic || access.frees ? "" : "plain ", KindOf(access), ", ",
                                           Bytes(access.size), ", ", where);
    // What was freed before it reads as poison.
    const bool left_over = access.dead || (free != nullptr && free->order <= access.order);
    const bool tells = access.write ? known && made && !access.frees : !left_over;
    if (draws_all_ && access.atomic) text += OrderText(access);
    if (tells && access.size <= sizeof access.value) {
      text += ValueText(access, access.write ? written : access.value);
    } else if (told) {
      text += access.write ? " is written" : " is read";
    }
    rows.push_back({access.order, access.step, access.context, text, clash, told ? RowKind::kNote : RowKind::kAccess,
                    "", access.pc, access.stack});
  }
}

std::vector<Step> Recorder::Rows(const std::vector<const LoggedAccess*>& clashing) const {
  std::vector<RowEntry> rows = rows_;
  AddAccessRows(clashing, rows);
  std::stable_sort(rows.begin(), rows.end(), [](const RowEntry& a, const RowEntry& b) { return a.order < b.order; });
  std::vector<Step> steps;
  const size_t left_out = rows.size() > kMaxRows && !draws_all_ ? rows.size() - kMaxRows : 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i < kFirstRows || i >= kFirstRows + left_out) steps.push_back(ToStep(rows[i]));
  }
  return steps;
}

// The arena lies at the same addresses in every process, and the object's own are told from its start. The worker's own
// objects lie where they please: what counts is which of them it is, in the order of their appearance.
uint64_t Recorder::Portable(uint64_t value) {
  const uint64_t relative = Normalised(value);
  constexpr uint64_t kLowest = uint64_t{1} << 22;  // the worker's image begins there, its heap soon after
  if (relative != value || value < kLowest || value >= (uint64_t{1} << 47) || value - kBase < kArenaBytes) {
    return relative;
  }
  return foreign_.emplace(value, foreign_.size() + 1).first->second;
}

std::vector<Frame> Recorder::Frames(uintptr_t pc, const std::vector<uintptr_t>& stack) const {
  std::vector<Frame> frames;
  auto add = [&](uintptr_t return_address) {
    if (return_address - text_begin_ >= text_end_ - text_begin_)
      return;  // the worker's own frames are nobody's business
    Frame frame;
    frame.module = module_;
    frame.offset = return_address - 1 - base_;  // of the call itself
    frames.push_back(std::move(frame));
  };
  add(pc);
  for (uintptr_t return_address : stack) add(return_address);
  return frames;
}

std::vector<Frame> Recorder::StackOf(unsigned context, uintptr_t pc) const {
  const auto& stack = stacks_[context];
  return Frames(pc, std::vector<uintptr_t>(stack.rbegin(), stack.rend()));
}

const Recorder::Object* Recorder::ObjectAt(uintptr_t address, uint64_t order) const {
  const Object* found = nullptr;
  for (const Object& object : objects_) {
    const bool there = !object.links || (object.since < order && object.until >= std::min(order, order_));
    if (address - object.begin < object.bytes && there && (found == nullptr || object.bytes <= found->bytes))
      found = &object;
  }
  return found;
}

std::string Recorder::DescribeAddress(uintptr_t address, uint64_t order) const {
  const auto lock = lock_words_.find(address);
  const bool lasts =
      !InHeap(address) && (!InStacks(address) || StackOwner(address) == 0);  // no queue's node, since gone
  if (lock != lock_words_.end() && lasts) return absl::StrCat("the word of ", lock->second);
  const Object* const object = ObjectAt(address, order);
  std::string name;
  if (object != nullptr) {
    const uintptr_t at = address - object->begin;
    name = absl::StrCat(object->name, object->links ? (at < sizeof(void*) ? ".next" : ".prev")
                                      : at == 0     ? ""
                                                    : absl::StrCat(" + ", at));
    if (!InHeap(address)) return name;
  }
  if (InStacks(address)) {
    const unsigned owner = StackOwner(address);
    if (owner < machine.context_count()) {
      const MachineContext& context = machine.at(owner);
      unsigned alike = 0;
      for (unsigned i = 0; i < machine.context_count(); ++i)
        alike += std::string_view(machine.at(i).name) == context.name ? 1 : 0;
      return absl::StrCat("stack of ", NameOf(context.kind), " \"", context.name, "\"",
                          alike > 1 ? absl::StrCat(" on CPU", context.cpu) : "");
    }
  }
  if (InHeap(address)) {
    uintptr_t begin = 0;
    if (const Heap::Header* block = heap.BlockOf(address, &begin)) {
      const LoggedAccess* const free = block->live == 1 ? nullptr : FreeOf(address);
      const bool live = block->live == 1 || (free != nullptr && order <= free->order);
      if (object != nullptr) return absl::StrCat(live ? "" : "freed ", name);
      const std::string at = address == begin ? "" : absl::StrCat(" + ", address - begin);
      return absl::StrCat(live ? "heap" : "freed heap", " object of ", Bytes(block->bytes), at);
    }
  }
  if (address - data_begin_ < data_end_ - data_begin_) return run::GlobalAt(module_, address - base_);
  return "memory outside the code under test";
}

Access Recorder::Describe(const LoggedAccess& access) const {
  Access out;
  out.what = absl::StrCat(KindOf(access), " of ", Bytes(access.size));
  out.location = absl::StrCat(access.dead ? "dead " : "", DescribeAddress(access.address, access.order));
  if (!access.note.empty()) {
    out.what = access.note;
    out.location = "";
  }
  const MachineContext& context = machine.at(access.context);
  out.task = context.name;
  out.cpu = context.cpu;
  out.context = NameOf(context.kind);
  out.locks_held = access.locks;
  out.stack = Frames(access.pc, access.stack);
  return out;
}

Access Recorder::Describe(const LoggedLock& event) const {
  Access out = Describe(event.where);
  out.what = absl::StrCat(event.taken ? "takes " : "drops ", event.name);
  out.location = "";
  return out;
}

}  // namespace cfgtorture::model
