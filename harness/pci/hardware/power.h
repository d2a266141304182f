// harness/pci/hardware/power.h: D-states and resets, and the time in which a function answers nobody after them.
//
// Times are those of facts 5. Time is the engine's: in the model a recovery lasts until the clock was moved past it.
// D3cold is not modelled yet: nothing here cuts power.
#ifndef CFGTORTURE_HARNESS_PCI_HARDWARE_POWER_H_
#define CFGTORTURE_HARNESS_PCI_HARDWARE_POWER_H_

#include "harness/pci/hardware/state.h"

namespace cfgtorture::hw {

inline constexpr uint64_t kD3hotNs = 10'000'000;                 // into or out of D3hot
inline constexpr uint64_t kD2Ns = 200'000;                       // into or out of D2
inline constexpr uint64_t kFlrNs = 100'000'000;                  // PCIe r4.0 6.6.2
inline constexpr uint64_t kBusResetNs = 100'000'000;             // from release to the first request, r6.0 6.6.1
inline constexpr uint64_t kConventionalResetNs = 1'100'000'000;  // the same behind a bridge without PCIe: 1000 + 100 ms

// In the recovery time of a command. Forgets a recovery that is over.
bool IsUnready(FunctionState& f);
// Does an unready function answer a read of its Vendor ID with Request Retry Status, shown as 0x0001? Only below a root
// port with RRS Software Visibility on; a VF's Vendor ID is all ones anyway.
bool AnswersRetryStatus(const FunctionState& f);

// `pmcsr` with its D-state replaced by the present one if the function cannot go there: only deeper, or to D0.
uint32_t LegalPowerState(const FunctionState& f, uint32_t pmcsr);
void PowerStateWritten(FunctionState& f, uint32_t from, uint32_t to, Slot& self, Identity who);
void FunctionLevelReset(FunctionState& f, Slot& self, Identity who);
void BridgeControlWritten(FunctionState& bridge, uint32_t old, uint32_t now, Slot& self, Identity who);

enum class Reset { kPowerOn, kFunctionLevel };
void ResetRegisters(FunctionState& f, Reset kind, Identity who);

}  // namespace cfgtorture::hw

#endif  // CFGTORTURE_HARNESS_PCI_HARDWARE_POWER_H_
