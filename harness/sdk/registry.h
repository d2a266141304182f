// harness/sdk/registry.h: how a strategy, workload, probe or scenario makes itself known.
//
// A registration object of static storage enters its text into the tables of this shared object while it is loaded;
// cfgt_plugin() (registry.cc) hands them to the worker. Nothing else is edited to add one.
#ifndef CFGTORTURE_HARNESS_SDK_REGISTRY_H_
#define CFGTORTURE_HARNESS_SDK_REGISTRY_H_

#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>

#include "harness/result/hazard.h"
#include "harness/sdk/plugin.h"
#include "harness/sdk/strategy.h"

namespace cfgtorture {

inline constexpr size_t kStrategyAlignment = 16;

// All strings are literals.
struct StrategySpec {
  const char* name;
  const char* summary;               // one line
  const char* refuses_bridges = "";  // comma-separated
  const char* refuses_reason = "";
  Strategy* (*make)(std::byte* storage, size_t bytes);
};

// Makes a T in `storage`, or on the heap if it does not fit (StrategyHolder knows which).
template <class T>
Strategy* Make(std::byte* storage, size_t bytes) {
  static_assert(alignof(T) <= kStrategyAlignment);
  if (sizeof(T) <= bytes) return ::new (static_cast<void*>(storage)) T();
  return new T();
}

class StrategyRegistration {
 public:
  explicit StrategyRegistration(const StrategySpec& spec);
};

// Comma-separated hazard names, checked by the compiler.
class HazardList {
 public:
  consteval HazardList(const char* text) : text_(text), mask_(MaskOf(text)) {}  // NOLINT: implicit on purpose
  const char* text() const { return text_; }
  uint64_t mask() const { return mask_; }

 private:
  static void NotAHazard();  // not constexpr: the compiler names the line that gave a wrong name

  // By hand, without library calls: clang 14 runs this while the object is loaded, consteval or not.
  static constexpr uint64_t MaskOf(const char* text) {
    uint64_t mask = 0;
    while (*text != '\0') {
      size_t length = 0;
      while (text[length] != '\0' && text[length] != ',') ++length;
      const std::optional<Hazard> hazard = HazardFromName({text, length});
      if (!hazard) NotAHazard();
      mask |= uint64_t{1} << static_cast<int>(*hazard);
      text += length;
      if (*text == ',') ++text;
    }
    return mask;
  }

  const char* text_;
  uint64_t mask_;
};

// The options of a program: an array of static storage.
class OptionList {
 public:
  constexpr OptionList() = default;
  template <size_t kCount>
  constexpr OptionList(const OptionText (&options)[kCount]) : begin_(options), count_(kCount) {}  // NOLINT: on purpose
  const OptionText* begin() const { return begin_; }
  uint32_t size() const { return count_; }

 private:
  const OptionText* begin_ = nullptr;
  uint32_t count_ = 0;
};

// Where the bug of a scenario comes from.
enum class Tag : uint8_t {
  kNone,
  kHistoric,     // it was in a release or a report, and is fixed: by a commit where there is one
  kProposed,     // in a patch or a proposal by mail
  kOpen,         // still so in 6.12; the fixed side is ours
  kConstructed,  // made up: what could be, or a control that must stay clean
};

struct ProgramSpec {
  ProgramKind kind;
  const char* name;
  const char* summary;               // one line
  HazardList hazards = "";           // what it can show; of a scenario, what it must
  const char* flavours = "preempt";  // those that it is meant for
  const char* bridges = "";          // bridges whose verdict can differ; "" if only one needs to be run
  bool needs_strategy = true;
  const char* topology = "pair.txt";  // the machine that it runs on unless another is asked for (workloads/topologies)
  OptionList options = {};

  // Of a scenario: the strategy of each side. Where the bug is no strategy's, both name the same one, and the program
  // asks which side it is (Setting::buggy()). A control has a fixed side alone, which must be clean of `hazards`.
  const char* buggy = nullptr;
  const char* fixed = nullptr;
  // What is expected stands here and nowhere else. The buggy side must be convicted of all of must_find and of nothing
  // else but may_find, of which may_find_why says why; the fixed side of nothing.
  HazardList must_find = "";
  HazardList may_find = "";
  const char* may_find_why = "";
  Tag tag = Tag::kNone;
  const char* history = "";  // one line: commits with their first release, mails, reports
  void (*run)(const ProgramParams& params);
};

class ProgramRegistration {
 public:
  explicit ProgramRegistration(const ProgramSpec& spec);
};

// The strategy of that name while it lives; get() is null if there is none. Made in place, since the model makes one an
// execution.
class StrategyHolder {
 public:
  explicit StrategyHolder(const char* name);
  ~StrategyHolder();
  StrategyHolder(const StrategyHolder&) = delete;
  StrategyHolder& operator=(const StrategyHolder&) = delete;
  Strategy* get() const { return strategy_; }
  Strategy* operator->() const { return strategy_; }
  Strategy& operator*() const { return *strategy_; }

 private:
  Strategy* strategy_;
  alignas(kStrategyAlignment) std::byte storage_[448];
};

// The value of an option of `program`, which is the running one or one that it has as a part; of a pattern, if
// `program` is null. Literals. Set-up only: looks names up.
uint32_t OptionOf(const ProgramParams& params, const char* program, const char* name);

// Adds a counter of the running program to what Plugin::metrics() returns. `name` and `unit` are literals.
void AddMetric(const char* name, const char* unit, double value);

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_SDK_REGISTRY_H_
