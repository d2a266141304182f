// harness/pci/hardware/state.h: the machine's state. Shared state is relaxed atomics; the rest is constant once built.
//
// Whoever changes a function's or bridge's state calls MarkDirty() first: ResetMachine() visits only what is on the
// list.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_STATE_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_STATE_H_

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "harness/pci/hardware/calls.h"
#include "harness/pci/hardware/config_space.h"
#include "harness/pci/hardware/hardware.h"
#include "harness/pci/hardware/machine.h"

#define CFGT_HW_ASSERT(condition)                                                                   \
  do {                                                                                              \
    if (!(condition)) [[unlikely]] {                                                                \
      std::fprintf(stderr, "cfgtorture: bug of ours: %s:%d: %s\n", __FILE__, __LINE__, #condition); \
      std::_Exit(3);                                                                                \
    }                                                                                               \
  } while (false)

namespace cfgtorture::hw {

// What an access or a call has to look at more closely; 0 is the common case.
enum Flag : uint32_t {
  kAbsent = 1,       // surprise-removed
  kUnreachable = 2,  // a bridge above left D0; whether it is back is looked up at the next access
  kBlocked = 4,      // inside its blocked window
  kUpdating = 8,     // a helper stands between its read and its write
  kRemoving = 16,    // its device_remove is under way, or it has been removed
  kFreed = 32,       // its kernel object is gone
  kCold = 64,        // in D3cold: without power
};

struct MsixEntry {
  std::atomic<uint32_t> words[4];  // address low and high, data, vector control
  std::atomic<bool> pending{false};
};

struct FunctionState {
  FunctionInfo info{};
  ConfigSpace space;
  std::vector<FunctionId> below;  // bridges: every function behind it
  FunctionId root_port = kNoFunction;
  bool is_virtual = false;
  uint32_t initial_flags = 0;  // kUnreachable, if a bridge above was dumped in a lower state than D0
  uint64_t location = 0;       // ECAM address of its register 0

  std::unique_ptr<std::atomic<uint32_t>[]> registers;  // by dword
  // Who changed a dword last. Read only where somebody is known to have changed it, hence never reset.
  std::unique_ptr<SharedIdentity[]> writers;
  // MSI: up to kVectorsPerIndex vectors that an interrupt owns at a time (two while it moves), cpu << 8 | vector, + 1.
  static constexpr unsigned kVectorsPerIndex = 4;
  std::unique_ptr<std::atomic<uint32_t>[]> vectors;
  unsigned interrupts = 0;            // that `vectors` has room for: of MSI or MSI-X, only one of which is ever on
  std::unique_ptr<MsixEntry[]> msix;  // the table

  alignas(64) std::atomic<uint32_t> flags{0};
  std::atomic<bool> dirty{false};
  std::atomic<bool> vectors_dirty{false};
  std::atomic<bool> msix_dirty{false};
  std::atomic<uint8_t> power_state{0};     // 0 to 3
  std::atomic<uint64_t> dirty_lines{0};    // 64 lines of 64 bytes
  std::atomic<uint64_t> unready_until{0};  // ns; kUntilReleased while a reset is held
  SharedIdentity unready_issuer;
  SharedIdentity blocker;
  SharedIdentity remover;
  SharedIdentity bus_resetter;               // bridges: who holds the bus below in reset, or nobody
  SharedIdentity updater;                    // the helper, while kUpdating
  std::atomic<uint32_t> update_overlaps{0};  // calls that began since
  std::atomic<uint32_t> blocked_windows{0};
  std::atomic<uint32_t> generation{0};
  std::atomic<uint32_t> msi_pending{0};
  std::atomic<uint64_t> intx{0};  // asserted << 63 | cpu << 32 | vector

  bool Has(Flag flag) const { return flags.load(kRelaxed) & flag; }
  void Set(Flag flag) { flags.fetch_or(flag, kRelaxed); }
  void Clear(Flag flag) { flags.fetch_and(~uint32_t{flag}, kRelaxed); }
  uint32_t Register(unsigned offset) const { return registers[offset / 4].load(kRelaxed); }
};
inline constexpr uint64_t kUntilReleased = ~uint64_t{0};

// An address register and its data register: two steps that must not be torn (torn_pair.cc).
struct alignas(64) Latch {
  std::atomic<uint32_t> address{0};
  SharedIdentity writer;  // of the address
  SharedIdentity open;    // between its address write and its data transfer
};

// A request in three registers and a completion in two: more steps that must not be torn (mailbox.cc).
struct alignas(64) Mailbox {
  static constexpr unsigned kRequestRegisters = 3;
  std::atomic<uint32_t> request[kRequestRegisters]{};
  SharedIdentity writers[kRequestRegisters];
  SharedIdentity open;       // from the first request register to the completion
  SharedIdentity requester;  // of the completion
  std::atomic<uint32_t> status{0}, completion{0};
  std::atomic<uint32_t> busy{0};                // polls until the completion shows
  std::atomic<uint32_t> answered{kNoFunction};  // function | register << 16 of the completion
};

struct BridgeState {
  BridgeInfo info{};
  BridgeId id = 0;
  std::vector<FunctionId> functions;  // by bus << 8 | devfn
  Latch window;
  std::atomic<uint32_t> window_busy{0};
  Mailbox mailbox;
  std::atomic<bool> dirty{false};
};

struct Machine {
  std::vector<std::unique_ptr<FunctionState>> functions;
  std::vector<std::unique_ptr<BridgeState>> bridges;
  Latch cf8;
  BridgeState* cf8_bridge = nullptr;  // domain 0's, if there is one
  std::atomic<bool> cf8_dirty{false};
  std::atomic<bool> cf8_extended{false};  // EnableCf8ExtCfg
  Latencies latencies;

  std::vector<std::atomic<FunctionId>> dirty;
  std::atomic<uint32_t> dirty_count{0};
};

extern Machine* g_machine;

inline FunctionState& At(FunctionId function) {
  CFGT_HW_ASSERT(g_machine != nullptr && function < g_machine->functions.size());
  return *g_machine->functions[function];
}
inline BridgeState& BridgeAt(BridgeId bridge) { return *g_machine->bridges[bridge]; }

// Tests before it sets: the second time costs no shared write.
inline void MarkDirty(FunctionState& f) {
  if (f.dirty.load(kRelaxed) || f.dirty.exchange(true, kRelaxed)) return;
  g_machine->dirty[g_machine->dirty_count.fetch_add(1, kRelaxed)].store(f.info.id, kRelaxed);
}

inline void MarkRegisterDirty(FunctionState& f, unsigned offset) {
  MarkDirty(f);
  const uint64_t line = uint64_t{1} << (offset / 64);
  if (!(f.dirty_lines.load(kRelaxed) & line)) f.dirty_lines.fetch_or(line, kRelaxed);
}

}  // namespace cfgtorture::hw

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_STATE_H_
