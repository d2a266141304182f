// Power states and function-level reset (facts 5). Nothing here blocks anybody else's access (C11): reset() runs inside
// pci_dev_lock(), which its caller takes; a D-state change runs inside nothing.
#include <cerrno>

#include "harness/kernel/time.h"
#include "harness/sdk/registers.h"
#include "harness/sdk/strategy.h"

namespace cfgtorture {
namespace {

constexpr unsigned kD3SleepMs = 10;   // into or out of D3hot
constexpr unsigned kD2DelayUs = 200;  // into or out of D2
constexpr unsigned kFlrMs = 100;      // spec r4.0 sec 6.6.2
constexpr unsigned kReadyLimitMs = 60000;

constexpr int kHeaderDwords = 16;

// pci_dev_wait(): until the function answers again; delays of 1, 2, 4 ... ms.
int WaitUntilReady(Strategy& strategy, Device& dev) {
  for (unsigned delay_ms = 1;; delay_ms *= 2) {
    if (dev.disconnected.load(std::memory_order_relaxed)) return -ENOTTY;
    uint32_t command;
    strategy.read(dev, PCI_COMMAND, Size::kDword, &command);
    if (command != ~0u) return 0;
    if (delay_ms > kReadyLimitMs) return -ENOTTY;
    msleep(delay_ms);
  }
}

}  // namespace

int Strategy::set_power_state(Device& dev, PowerState to) {
  if (to == PowerState::kD3cold) to = PowerState::kD3hot;  // the platform, which alone can cut the power, does not
  const uint8_t capability = dev.info().pm;
  if (dev.current_state == to) return 0;
  if (capability == 0) return -EIO;
  if (to != PowerState::kD0 && dev.current_state > to) return -EINVAL;  // only deeper, any to D0 excepted
  const auto where = static_cast<Offset>(capability + PCI_PM_CTRL);

  uint32_t pmcsr;
  if (read(dev, where, Size::kWord, &pmcsr) != kOk || pmcsr == 0xffff) {
    dev.current_state = PowerState::kD3cold;
    return -EIO;
  }
  const auto from = static_cast<PowerState>(pmcsr & PCI_PM_CTRL_STATE_MASK);
  if (to == PowerState::kD0) {
    if (from != PowerState::kD0) write(dev, where, Size::kWord, 0);
  } else {
    write(dev, where, Size::kWord, (pmcsr & ~uint32_t{PCI_PM_CTRL_STATE_MASK}) | static_cast<uint32_t>(to));
  }

  // The recovery time holds up this caller only.
  if (from == PowerState::kD3hot || to == PowerState::kD3hot) {
    msleep(kD3SleepMs);
  } else if (from == PowerState::kD2 || to == PowerState::kD2) {
    udelay(kD2DelayUs);
  }

  if (to != PowerState::kD0) {  // learn the result
    read(dev, where, Size::kWord, &pmcsr);
    dev.current_state = static_cast<PowerState>(pmcsr & PCI_PM_CTRL_STATE_MASK);
    return dev.current_state == to ? 0 : -EIO;
  }
  dev.current_state = PowerState::kD0;
  // Leaving D3hot without No_Soft_Reset was a reset.
  if (from == PowerState::kD3hot && (pmcsr & PCI_PM_CTRL_NO_SOFT_RESET) == 0) return WaitUntilReady(*this, dev);
  return 0;
}

int Strategy::reset(Device& dev) {
  const hw::FunctionInfo& info = dev.info();
  if (!info.has_flr || info.pcie == 0) return -ENOTTY;

  // pci_dev_save_and_disable()
  set_power_state(dev, PowerState::kD0);
  for (int i = 0; i < kHeaderDwords; ++i) {
    read(dev, static_cast<Offset>(4 * i), Size::kDword, &dev.saved_config[i]);
  }
  write(dev, PCI_COMMAND, Size::kWord, PCI_COMMAND_INTX_DISABLE);

  // pcie_flr()
  uint32_t control;
  const auto where = static_cast<Offset>(info.pcie + PCI_EXP_DEVCTL);
  read(dev, where, Size::kWord, &control);
  write(dev, where, Size::kWord, control | PCI_EXP_DEVCTL_BCR_FLR);
  msleep(kFlrMs);
  const int result = WaitUntilReady(*this, dev);

  // pci_dev_restore(): from the end, so that Command comes last.
  for (int i = kHeaderDwords - 1; i >= 0; --i) {
    const auto at = static_cast<Offset>(4 * i);
    uint32_t now;
    read(dev, at, Size::kDword, &now);
    if (now != dev.saved_config[i]) write(dev, at, Size::kDword, dev.saved_config[i]);
  }
  return result;
}

}  // namespace cfgtorture
