// harness/sdk/caller.h: the only way by which programs reach a strategy.
//
// Each call is stamped for the monitors from before it waits for any lock until after it returned, with the origin that
// the program says (design 4). The ground truth stays on this side: a strategy neither sees a window nor a stamp.
//
// Windows   A blocked window opens after access_lock() returned and closes before access_unlock() is called; closing
//           one that is not open is a finding (`owner`), whatever the strategy thinks of its flag; one that is still
//           open when the program has ended is another. reset() is
//           pci_reset_function(): pci_dev_lock (here the block alone), the reset proper, unlock. The strategy supplies
//           the three steps, this class joins them, so that the window around the reset is the caller's too.
// Origins   Who has a function to himself, by the block or by changing its power state, calls as kOwner.
#ifndef CFGTORTURE_HARNESS_SDK_CALLER_H_
#define CFGTORTURE_HARNESS_SDK_CALLER_H_

#include <cerrno>
#include <cstdint>

#include "harness/kernel/observer.h"
#include "harness/pci/hardware/hardware.h"
#include "harness/sdk/strategy.h"

namespace cfgtorture {

class Caller {
 public:
  explicit Caller(Strategy& strategy) : strategy_(strategy) {}

  int read(Device& dev, Offset where, Size size, uint32_t* value, hw::Origin origin = hw::Origin::kKernel) {
    Stamp stamp(hw::Call::kRead, dev.function, origin);
    return strategy_.read(dev, where, size, value);
  }
  int write(Device& dev, Offset where, Size size, uint32_t value, hw::Origin origin = hw::Origin::kKernel) {
    Stamp stamp(hw::Call::kWrite, dev.function, origin);
    return strategy_.write(dev, where, size, value);
  }
  int user_read(Device& dev, Offset where, Size size, uint32_t* value) {
    Stamp stamp(hw::Call::kUserRead, dev.function, hw::Origin::kUser);
    return strategy_.user_read(dev, where, size, value);
  }
  int user_write(Device& dev, Offset where, Size size, uint32_t value) {
    Stamp stamp(hw::Call::kUserWrite, dev.function, hw::Origin::kUser);
    return strategy_.user_write(dev, where, size, value);
  }

  void access_lock(Device& dev) {
    Stamp stamp(hw::Call::kAccessLock, dev.function, hw::Origin::kKernel);
    strategy_.access_lock(dev);
    OpenWindow(dev);
  }
  bool access_trylock(Device& dev) {
    Stamp stamp(hw::Call::kAccessTrylock, dev.function, hw::Origin::kKernel);
    if (!strategy_.access_trylock(dev)) return false;
    OpenWindow(dev);
    return true;
  }
  void access_unlock(Device& dev) {
    Stamp stamp(hw::Call::kAccessUnlock, dev.function, hw::Origin::kKernel);
    CloseWindow(dev);
    strategy_.access_unlock(dev);
  }

  bool intx_mask(Device& dev, bool mask) {
    Stamp stamp(hw::Call::kIntxMask, dev.function, hw::Origin::kKernel);
    return strategy_.intx_mask(dev, mask);
  }
  int capability_update(Device& dev, Offset reg, uint16_t clear, uint16_t set) {
    Stamp stamp(hw::Call::kCapabilityUpdate, dev.function, hw::Origin::kKernel);
    return strategy_.capability_update(dev, reg, clear, set);
  }
  void msi_mask(Device& dev, unsigned vector, bool mask) {
    Stamp stamp(hw::Call::kMsiMask, dev.function, hw::Origin::kKernel);
    strategy_.msi_mask(dev, vector, mask);
  }
  void msi_write(Device& dev, const MsiMessage& message) {
    Stamp stamp(hw::Call::kMsiWrite, dev.function, hw::Origin::kKernel);
    strategy_.msi_write(dev, message);
  }

  int set_power_state(Device& dev, PowerState to) {
    Stamp stamp(hw::Call::kSetPowerState, dev.function, hw::Origin::kOwner);
    return strategy_.set_power_state(dev, to);
  }
  int reset(Device& dev) {
    Stamp stamp(hw::Call::kReset, dev.function, hw::Origin::kOwner);
    strategy_.access_lock(dev);
    return ResetAndUnlock(dev);
  }
  // pci_try_reset_function(): -EAGAIN if somebody else has the function.
  int try_reset(Device& dev) {
    Stamp stamp(hw::Call::kReset, dev.function, hw::Origin::kOwner);
    if (!strategy_.access_trylock(dev)) return -EAGAIN;
    return ResetAndUnlock(dev);
  }

  ConfigOps* set_ops(Device& any_on_bus, ConfigOps* ops) {
    Stamp stamp(hw::Call::kSetOps, any_on_bus.function, hw::Origin::kKernel);
    return strategy_.set_ops(*any_on_bus.bus, ops);
  }

  void device_add(Device& dev) {
    Stamp stamp(hw::Call::kDeviceAdd, dev.function, hw::Origin::kKernel);
    hw::ObjectCreated(dev.function);
    strategy_.device_add(dev);
  }
  // The caller frees `dev` afterwards.
  void device_remove(Device& dev) {
    Stamp stamp(hw::Call::kDeviceRemove, dev.function, hw::Origin::kKernel);
    strategy_.device_remove(dev);
    hw::ObjectFreed(dev.function);
  }

 private:
  class Stamp {
   public:
    Stamp(hw::Call call, hw::FunctionId function, hw::Origin origin) { hw::CallBegin(call, function, origin); }
    ~Stamp() { hw::CallEnd(); }
    Stamp(const Stamp&) = delete;
    Stamp& operator=(const Stamp&) = delete;
  };

  int ResetAndUnlock(Device& dev) {
    OpenWindow(dev);
    const int result = strategy_.reset(dev);
    CloseWindow(dev);
    strategy_.access_unlock(dev);
    return result;
  }
  static void OpenWindow(Device& dev) {
    hw::BlockedWindowOpen(dev.function);
    observer::Blocked(dev.function);
  }
  // The block may be released by another context than the one that took it; not twice, and not never.
  static void CloseWindow(Device& dev) {
    observer::Unblocked(dev.function);
    if (!hw::BlockedWindowClose(dev.function)) {
      observer::Violation(Hazard::kOwner, "pci_cfg_access_unlock() of a function that is not blocked");
    }
  }

  Strategy& strategy_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_SDK_CALLER_H_
