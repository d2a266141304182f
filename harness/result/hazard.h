// harness/result/hazard.h: the closed list of what can go wrong. Any room may include it; it includes nothing of ours.
#ifndef CFGTORTURE_HARNESS_RESULT_HAZARD_H_
#define CFGTORTURE_HARNESS_RESULT_HAZARD_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cfgtorture {

enum class Hazard : uint8_t {
  kTornPair,
  kLostUpdate,
  kTornMessage,
  kBlockedAccess,
  kTransitionAccess,
  kUseAfterRemove,
  kDeadEntry,
  kListCorrupt,
  kLostWakeup,
  kDeadlock,
  kLivelock,
  kLockOrder,
  kContext,
  kOwner,
  kDataRace,
  kUseAfterFree,
  kAssertion,  // the program's own condition failed
  kCrash,      // the worker process died: signal, time-out, sanitizer
};
inline constexpr int kHazardCount = static_cast<int>(Hazard::kCrash) + 1;

struct HazardText {
  Hazard hazard;
  std::string_view name;     // as in JSON and on the command line
  std::string_view summary;  // fires when ... (one line, for help texts and reports)
};

// In enum order.
inline constexpr std::array<HazardText, kHazardCount> kHazards = {{
    {Hazard::kTornPair, "torn-pair", "data went through a latch or window that another access had re-addressed"},
    {Hazard::kLostUpdate, "lost-update", "a read-modify-write helper wrote back a bit that another access had changed"},
    {Hazard::kTornMessage, "torn-message", "the device sampled an MSI address and data that do not belong together"},
    {Hazard::kBlockedAccess, "blocked-access", "a user access reached a function whose config space was blocked"},
    {Hazard::kTransitionAccess, "transition-access", "a function was touched during a power or reset transition"},
    {Hazard::kUseAfterRemove, "use-after-remove", "a freed function object or bus was touched"},
    {Hazard::kDeadEntry, "dead-entry", "a waker used a wait entry that its owner had already unlinked"},
    {Hazard::kListCorrupt, "list-corrupt", "links of a wait list disagree"},
    {Hazard::kLostWakeup, "lost-wakeup", "a task sleeps although its condition holds and nobody will wake it"},
    {Hazard::kDeadlock, "deadlock", "nobody can run, and somebody still has to"},
    {Hazard::kLivelock, "livelock", "no operation completed within the step limit of a fair schedule"},
    {Hazard::kLockOrder, "lock-order",
     "locks were taken in an order that closes a cycle, or is unsafe against interrupts"},
    {Hazard::kContext, "context", "a lock or a sleeping call that its context forbids"},
    {Hazard::kOwner, "owner",
     "a lock or block was released that its releaser does not hold, or never, or freed in use"},
    {Hazard::kDataRace, "data-race", "two conflicting accesses, at least one of them plain, that nothing orders"},
    {Hazard::kUseAfterFree, "use-after-free", "freed memory of the code under test was touched"},
    {Hazard::kAssertion, "assertion", "a condition that the program states failed"},
    {Hazard::kCrash, "crash", "the worker died: a signal, a time-out or a sanitizer"},
}};

constexpr const HazardText& TextOf(Hazard hazard) { return kHazards[static_cast<size_t>(hazard)]; }
constexpr std::string_view NameOf(Hazard hazard) { return TextOf(hazard).name; }

constexpr std::optional<Hazard> HazardFromName(std::string_view name) {
  for (const HazardText& text : kHazards) {
    if (text.name == name) return text.hazard;
  }
  return std::nullopt;
}

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_RESULT_HAZARD_H_
