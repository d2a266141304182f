// harness/pci/hardware/hardware.h: what software sees of the emulated machine, and what the ground truth is told.
//
// The hardware is plain code in the worker, outside the code under test: it takes no locks and its state is relaxed
// atomics, so it adds no ordering that real hardware would not. Every register access begins with
// engine::DevicePoint(). One machine a process, built from a topology before the program starts, put back to that
// state by Reset() between the executions of the model.
//
// The monitors live here too. They learn *calls* (CallBegin/CallEnd, stamped by the SDK, never by ops or strategies),
// *windows* (opened and closed by the caller) and register accesses, and count hits and opportunities a hazard
// (design 4). A strategy can neither see nor reset them.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_HARDWARE_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_HARDWARE_H_

#include <cstdint>

#include "harness/kernel/engine.h"

namespace cfgtorture::hw {

using FunctionId = uint16_t;  // index into the machine's functions
using BridgeId = uint16_t;    // index into the machine's host bridges: one a PCI domain
inline constexpr FunctionId kNoFunction = 0xffff;

// ---- The CPU's side: ports and memory-mapped registers. Any context. `size` is 1, 2 or 4 bytes, aligned. ----
// An access that nothing decodes reads all ones; a write to nowhere is dropped.

CFGT_EXPORT uint32_t PortRead(uint16_t port, unsigned size);
CFGT_EXPORT void PortWrite(uint16_t port, uint32_t value, unsigned size);
CFGT_EXPORT uint32_t MmioRead(uint64_t address, unsigned size);
CFGT_EXPORT void MmioWrite(uint64_t address, uint32_t value, unsigned size);

// An access of fewer bytes by way of the whole dword, at a bridge that moves nothing less (facts 4, "32-bit-only"): to
// the hardware a load or a store like any other. `asked` are the bits of the dword that the access is about; the
// monitors are told, because what such a store changes beside them is lost (lost_update.cc).
CFGT_EXPORT uint32_t MmioReadWhole(uint64_t address, uint32_t asked);
CFGT_EXPORT void MmioWriteWhole(uint64_t address, uint32_t value, uint32_t asked);

// Ports of configuration mechanism 1 (facts 4). They reach domain 0 only.
inline constexpr uint16_t kCf8 = 0xcf8;
inline constexpr uint16_t kCfc = 0xcfc;
// EnableCf8ExtCfg, a bit of the host bridge's northbridge configuration on AMD family 10h and later: bits 27..24 of CF8
// are then bits 11..8 of the register; else they are ignored. Set at boot, before anybody uses the ports.
CFGT_EXPORT void EnableExtendedCf8();

// Registers of the indirect window, offsets from BridgeInfo::window. A write to kSelect programs the latch and makes
// kStatus busy for a few polls; kData then reads or writes the selected register at the byte lane (register & 3).
inline constexpr uint64_t kWindowSelect = 0x0;  // bus << 24 | devfn << 16 | register
inline constexpr uint64_t kWindowStatus = 0x4;  // bit 0: busy
inline constexpr uint64_t kWindowData = 0x8;

// Registers of the mailbox, dwords, offsets from BridgeInfo::mailbox. Software builds a request, sends it, polls the
// status for its completion and takes that. There is one request and one completion: a further request overwrites them.
inline constexpr uint64_t kMailboxCommand = 0x00;     // bit 0: write; bits 7..4: byte enables
inline constexpr uint64_t kMailboxAddress = 0x04;     // bus << 24 | devfn << 16 | register, a multiple of 4
inline constexpr uint64_t kMailboxData = 0x08;        // of a write
inline constexpr uint64_t kMailboxSend = 0x0c;        // a write of anything sends the request
inline constexpr uint64_t kMailboxStatus = 0x10;      // bit 0: a completion is there; bit 1: unsupported request
inline constexpr uint64_t kMailboxCompletion = 0x14;  // its data; reading takes it

// ---- What firmware tables would tell ----

struct BridgeInfo {
  uint16_t domain;
  uint8_t first_bus, last_bus;
  uint64_t ecam;     // base of the ECAM region: + bus << 20 | devfn << 12 | register
  uint64_t window;   // base of the indirect window's registers
  uint64_t mailbox;  // base of the mailbox's registers
};

// Offsets of capabilities are 0 where the function has none.
struct FunctionInfo {
  FunctionId id;
  BridgeId bridge;
  uint16_t domain;
  uint8_t bus, devfn;
  uint8_t header_type;    // 0 or 1
  FunctionId upstream;    // the bridge above, or kNoFunction
  uint8_t secondary_bus;  // header type 1
  uint16_t config_bytes;  // 256 or 4096
  uint8_t pm, msi, msix, pcie;
  uint8_t msi_vectors;  // 2^multiple-message-capable
  uint16_t msix_vectors;
  uint64_t msix_table;  // address of the table: an entry each 16 bytes, as the specification has it
  bool msi_64bit, msi_maskable, has_flr, has_intx;
  char name[16];  // "0000:03:00.0"
};

CFGT_EXPORT int BridgeCount();
CFGT_EXPORT BridgeInfo Bridge(BridgeId bridge);
CFGT_EXPORT int FunctionCount();
CFGT_EXPORT const FunctionInfo& Function(FunctionId function);

// ---- The outside world acts. Any context. ----

CFGT_EXPORT void SurpriseRemove(FunctionId function);  // gone: reads all ones, drops writes
CFGT_EXPORT void Reinsert(FunctionId function);        // back, in its power-on state
CFGT_EXPORT bool IsPresent(FunctionId function);
// The platform takes the power of the function, and of all that is behind it if it is a bridge: D3cold, in which it
// reads all ones. Its power back is a power-on: the function answers nobody for 100 ms.
CFGT_EXPORT void CutPower(FunctionId function);
CFGT_EXPORT void RestorePower(FunctionId function);
// The function raises MSI number `index`: unless masked it samples its address and data registers and the named CPU
// gets the named vector. Address: bits 19..12 of the low dword are the CPU; data: bits 7..0 are the vector (x86).
CFGT_EXPORT void SignalMsi(FunctionId function, unsigned index);
// The same for MSI-X: its entry of the table names CPU and vector, and masks it.
CFGT_EXPORT void SignalMsix(FunctionId function, unsigned index);
// The function records an event: bits of a word that software clears by writing 1 (RW1C), as Device Status has.
CFGT_EXPORT void SignalEvent(FunctionId function, unsigned reg, uint16_t bits);
// The function asserts (or drops) INTx: Status bit 3, and `vector` on `cpu` unless Command bit 10 is set.
CFGT_EXPORT void SignalIntx(FunctionId function, bool asserted, int cpu, int vector);

// ---- Ground truth, told by the SDK and the workloads ----

enum class Origin : uint8_t { kKernel, kUser, kOwner };  // kOwner: whoever opened the window of this function

enum class Call : uint8_t {
  kRead,
  kWrite,
  kUserRead,
  kUserWrite,
  kAccessLock,
  kAccessTrylock,
  kAccessUnlock,
  kIntxMask,
  kCapabilityUpdate,
  kMsiMask,
  kMsiWrite,
  kSetPowerState,
  kReset,
  kSetOps,
  kDeviceAdd,
  kDeviceRemove,
};
inline constexpr int kCallCount = static_cast<int>(Call::kDeviceRemove) + 1;
CFGT_EXPORT const char* NameOf(Call call);

// Every call of a strategy is bracketed by its caller, waiting for locks included. Calls nest (an interrupt, or a call
// made by a call); they belong to the current context. They also time the operation for the worker's histograms.
CFGT_EXPORT void CallBegin(Call call, FunctionId function, Origin origin);
CFGT_EXPORT void CallEnd();

// A window in which user accesses must not reach the function: opened by the caller after access_lock() returned,
// closed before access_unlock(). False: there was none to close.
CFGT_EXPORT void BlockedWindowOpen(FunctionId function);
[[nodiscard]] CFGT_EXPORT bool BlockedWindowClose(FunctionId function);

// The kernel object of the function was freed, or made again.
CFGT_EXPORT void ObjectFreed(FunctionId function);
CFGT_EXPORT void ObjectCreated(FunctionId function);

// Interrupt `index` of `function` owns `vector` on `cpu`, or no longer does: what torn-message is judged by.
CFGT_EXPORT void VectorAssigned(FunctionId function, unsigned index, int cpu, int vector);
CFGT_EXPORT void VectorReleased(FunctionId function, unsigned index, int cpu, int vector);

}  // namespace cfgtorture::hw

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_HARDWARE_H_
