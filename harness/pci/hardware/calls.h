// harness/pci/hardware/calls.h: who calls what at this moment: the stamps that every monitor judges by.
//
// One slot a context, on cache lines of its own, written by that context alone; monitors read the others' slots. So a
// call that nobody interferes with costs a few nanoseconds and no shared write. A slot read while its owner changes it
// may be seen before or after the change: counts of opportunities are exact in the model, nearly so natively.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_CALLS_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_CALLS_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "harness/pci/hardware/hardware.h"
#include "harness/pci/hardware/machine.h"
#include "harness/pci/hardware/text.h"

namespace cfgtorture::hw {

inline constexpr auto kRelaxed = std::memory_order_relaxed;

// Contexts are numbered: tasks, then each CPU's softirq, then each CPU's hardirq.
inline constexpr uint32_t kMaxTasks = 256;
inline constexpr uint32_t kMaxCpus = 64;
inline constexpr uint32_t kSlots = kMaxTasks + 2 * kMaxCpus;
inline constexpr uint32_t kMaxDepth = 8;  // calls within calls of one context

// One call of one context: what "this access" and "another access" are told apart by. 0 is nobody.
struct Identity {
  uint64_t bits = 0;
  static Identity Of(uint32_t slot, Call call, Origin origin, uint32_t sequence) {
    return {uint64_t{sequence} << 32 | uint64_t{slot + 1} << 16 | static_cast<uint64_t>(origin) << 8 |
            static_cast<uint64_t>(call)};
  }
  uint32_t slot() const { return static_cast<uint32_t>((bits >> 16) & 0xffff) - 1; }
  Call call() const { return static_cast<Call>(bits & 0xff); }
  Origin origin() const { return static_cast<Origin>((bits >> 8) & 0xff); }
  explicit operator bool() const { return bits != 0; }
  uint32_t sequence() const { return static_cast<uint32_t>(bits >> 32); }
  friend bool operator==(Identity a, Identity b) { return a.bits == b.bits; }
};

class SharedIdentity {
 public:
  Identity load() const { return {bits_.load(kRelaxed)}; }
  void store(Identity who) { bits_.store(who.bits, kRelaxed); }

 private:
  std::atomic<uint64_t> bits_{0};
};

using CallMask = uint32_t;
constexpr CallMask Bit(Call call) { return CallMask{1} << static_cast<unsigned>(call); }
// Calls that reach the function's registers, and those that may write them. What only locks, or swaps software
// pointers, can neither tear nor lose anything and is no opportunity.
inline constexpr CallMask kWritingCalls = Bit(Call::kWrite) | Bit(Call::kUserWrite) | Bit(Call::kIntxMask) |
                                          Bit(Call::kCapabilityUpdate) | Bit(Call::kMsiMask) | Bit(Call::kMsiWrite) |
                                          Bit(Call::kSetPowerState) | Bit(Call::kReset);
inline constexpr CallMask kTouchingCalls = kWritingCalls | Bit(Call::kRead) | Bit(Call::kUserRead);
inline constexpr CallMask kHelperCalls = Bit(Call::kIntxMask) | Bit(Call::kCapabilityUpdate) | Bit(Call::kMsiMask);
inline constexpr CallMask kAnyCall = ~CallMask{0};

using OriginMask = uint32_t;
constexpr OriginMask Bit(Origin origin) { return OriginMask{1} << static_cast<unsigned>(origin); }
inline constexpr OriginMask kAnyOrigin = ~OriginMask{0};

inline constexpr int kMonitorCount = static_cast<int>(Hazard::kUseAfterRemove) + 1;

// A value that one context writes and others read: no read-modify-write, hence no locked instruction.
class OwnCounter {
 public:
  void Add(uint64_t n) { value_.store(value_.load(kRelaxed) + n, kRelaxed); }
  uint64_t Get() const { return value_.load(kRelaxed); }
  void Clear() { value_.store(0, kRelaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

struct CounterPair {
  OwnCounter hits, opportunities;
};

// What a helper read of a register, until it writes it back (lost_update.cc).
struct OwnRead {
  Identity who;  // the helper's call, or nobody
  FunctionId function = 0;
  uint16_t dword = 0;  // index
  uint32_t value = 0, lanes = 0;
  uint32_t generation = 0;   // of the function: a removed and re-inserted one is another
  uint32_t overlapping = 0;  // calls of others that were under way at the read
};

struct alignas(128) Slot {
  // Read by others.
  std::atomic<uint32_t> depth{0};
  std::array<SharedIdentity, kMaxDepth> calls;
  std::array<std::atomic<uint32_t>, kMaxDepth> targets{};  // function | bridge << 16
  // The owner's.
  alignas(128) uint32_t index = 0;
  uint32_t sequence = 0;
  bool used = false;
  SharedIdentity* open_latch = nullptr;  // of the address/data interval that this context has opened
  uint32_t freed_reported = 0;           // sequence of the call that use-after-remove has already convicted
  std::array<OwnRead, 4> reads;
  uint32_t next_read = 0;
  FunctionId merging = kNoFunction;  // a bridge's own read-merge-write is under way there
  uint32_t merge_overlaps = 0;       // calls of others that were under way at its read
  std::array<CounterPair, kMonitorCount> monitors;
  std::array<CounterPair, 3> transitions;  // by origin

  // The innermost call, or an unstamped kernel access of this context.
  Identity Innermost(bool is_write) const {
    const uint32_t d = depth.load(kRelaxed);
    if (d != 0) return calls[d - 1].load();
    return Identity::Of(index, is_write ? Call::kWrite : Call::kRead, Origin::kKernel, 0);
  }
  FunctionId InnermostFunction() const {
    const uint32_t d = depth.load(kRelaxed);
    return d == 0 ? kNoFunction : static_cast<FunctionId>(targets[d - 1].load(kRelaxed) & 0xffff);
  }
  CounterPair& monitor(Hazard hazard) { return monitors[static_cast<size_t>(hazard)]; }
};

// The slot of the running context. Stops the program if there are more tasks or CPUs than slots.
Slot& CurrentSlot();
Slot& SlotAt(uint32_t index);

// How many contexts but `self` have a call of `calls` and `origins` under way on the function, or on the bridge.
// Cost: one cache line for each context that has ever called.
// One of them goes to *found, if it is not null.
uint32_t OthersOnFunction(const Slot& self, FunctionId function, CallMask calls, OriginMask origins,
                          Identity* found = nullptr);
uint32_t OthersOnBridge(const Slot& self, BridgeId bridge, CallMask calls);

// Forgets all calls (ResetMachine), or the counters too (a new machine).
void ResetCalls();
void ClearCounters();

// "task 3", "softirq of CPU 0", "hardirq of CPU 1".
void AppendContext(Text& text, uint32_t slot);

}  // namespace cfgtorture::hw

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_CALLS_H_
