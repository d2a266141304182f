// harness/pci/hardware/power.h: D-states and resets, and the time in which a function answers nobody after them.
//
// Times are those of facts 5. Time is the engine's: in the model a recovery lasts until the clock was moved past it.
// D3cold is the platform's to command (CutPower), not a register's.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_POWER_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_POWER_H_

#include "harness/pci/hardware/state.h"

namespace cfgtorture::hw {

inline constexpr uint64_t kD3hotNs = 10'000'000;                 // into or out of D3hot
inline constexpr uint64_t kD2Ns = 200'000;                       // into or out of D2
inline constexpr uint64_t kD3coldNs = 100'000'000;               // from D3cold to D0
inline constexpr uint64_t kFlrNs = 100'000'000;                  // PCIe r4.0 6.6.2
inline constexpr uint64_t kBistNs = 2'000'000;                   // assumed: devices may take 2 s (PCI r3.0 6.2.4)
inline constexpr uint64_t kBusResetNs = 100'000'000;             // from release to the first request, r6.0 6.6.1
inline constexpr uint64_t kConventionalResetNs = 1'100'000'000;  // the same behind a bridge without PCIe: 1000 + 100 ms

// In the recovery time of a command. Forgets a recovery that is over.
bool IsUnready(FunctionState& f);
// Are all bridges above in D0, and past the recovery from what they were in (facts 1, C20)?
bool IsReachable(const FunctionState& f);
// Does an unready function answer with Request Retry Status? Only below a root port, and with power and a link.
bool SendsRetryStatus(const FunctionState& f);
// Is that shown as 0x0001 to whoever reads its Vendor ID? Only with RRS Software Visibility on; a VF's Vendor ID is all
// ones anyway.
bool ShowsRetryStatus(const FunctionState& f);
// Any other request the root complex repeats itself, for as long as its latencies say (facts 2.2). True: it was
// answered in the end.
bool RetryUntilReady(FunctionState& f);

// `pmcsr` with its D-state replaced by the present one if the function cannot go there: only deeper, or to D0.
uint32_t LegalPowerState(const FunctionState& f, uint32_t pmcsr);
void PowerStateWritten(FunctionState& f, uint32_t from, uint32_t to, Slot& self, Identity who);
void FunctionLevelReset(FunctionState& f, Slot& self, Identity who);
// The function tests itself, answers nobody meanwhile (assumed; ipr blocks access for that reason) and comes out of it
// as out of a reset.
void StartBist(FunctionState& f, Slot& self, Identity who);
void BridgeControlWritten(FunctionState& bridge, uint32_t old, uint32_t now, Slot& self, Identity who);

enum class Reset { kPowerOn, kFunctionLevel };
void ResetRegisters(FunctionState& f, Reset kind, Identity who);

}  // namespace cfgtorture::hw

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_POWER_H_
