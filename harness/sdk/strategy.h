// harness/sdk/strategy.h: a locking strategy: the kernel's own entry points to configuration space (design 5).
//
// A strategy overrides what it is about and inherits v5.9's behaviour for the rest. It is called through Caller
// (caller.h), which stamps each call for the monitors.
#ifndef CFGTORTURE_HARNESS_SDK_STRATEGY_H_
#define CFGTORTURE_HARNESS_SDK_STRATEGY_H_

#include <cstdint>

#include "harness/kernel/spinlock.h"
#include "harness/kernel/wait_queue.h"
#include "harness/pci/device.h"

namespace cfgtorture {

class Strategy {
 public:
  virtual ~Strategy() = default;

  // pci_bus_read/write_config_*: any context, a hardirq with raw locks held included; never waits for the block.
  // A misaligned access returns kBadRegisterNumber; a failed read stores all ones.
  virtual int read(Device& dev, Offset where, Size size, uint32_t* value);
  virtual int write(Device& dev, Offset where, Size size, uint32_t value);

  // pci_user_*: task; waits while the function is blocked. Returns 0 or a negative errno.
  virtual int user_read(Device& dev, Offset where, Size size, uint32_t* value);
  virtual int user_write(Device& dev, Offset where, Size size, uint32_t value);

  // pci_cfg_access_*: lock sleeps; trylock and unlock also in softirq or under a spinlock, and by another context than
  // the blocker's; not hardirq under rt. Unblocking what is not blocked is a finding (`owner`).
  virtual void access_lock(Device& dev);
  virtual bool access_trylock(Device& dev);
  virtual void access_unlock(Device& dev);

  // pci_check_and_set_intx_mask: any context. True if the mask changed hands as asked (facts 3.2).
  virtual bool intx_mask(Device& dev, bool mask);
  // pcie_capability_clear_and_set_word: task. `reg` is an offset into the PCIe capability.
  virtual int capability_update(Device& dev, Offset reg, uint16_t clear, uint16_t set);

  // Mask or unmask one vector; rewrite a message: hardirq, IRQs off, a raw lock held.
  virtual void msi_mask(Device& dev, unsigned vector, bool mask);
  virtual void msi_write(Device& dev, const MsiMessage& message);

  // pci_set_power_state; pci_reset_function inside pci_dev_lock: task, sleep over the recovery time.
  virtual int set_power_state(Device& dev, PowerState to);
  virtual int reset(Device& dev);

  // pci_bus_set_ops: task. Returns the old ops.
  virtual ConfigOps* set_ops(Bus& bus, ConfigOps* ops);

  // Hot-plug: task. The Device lives from device_add to device_remove.
  virtual void device_add(Device& dev);
  virtual void device_remove(Device& dev);

  // Does an access use the lock that the bridge's ops bring (design 5)?
  virtual ConfigOps::Locking ops_locking() const { return ConfigOps::Locking::kNone; }

 protected:
  // pci_wait_cfg(): returns when `dev` is not blocked. Entered and left with pci_lock_ held, IRQs off; drops it.
  virtual void wait_cfg(Device& dev);

  // The pieces that every strategy is made of. They take no lock: whoever calls them holds what the strategy thinks
  // is needed.
  static bool Misaligned(Offset where, Size size) { return (where & (static_cast<unsigned>(size) - 1)) != 0; }
  static int BusRead(Device& dev, Offset where, Size size, uint32_t* value);  // bus->ops, then the all-ones rule
  static int BusWrite(Device& dev, Offset where, Size size, uint32_t value);
  static int ErrnoOf(int config_status);                                          // pcibios_err_to_errno()
  static bool CheckAndSetIntx(Device& dev, bool mask);                            // steps 2 to 5 of facts 3.2
  static int ClearAndSet(Device& dev, Offset reg, uint16_t clear, uint16_t set);  // steps of facts 3.1, on the bus
  static Offset MsiMaskRegister(const Device& dev);                               // 0: not maskable

  RawSpinlock pci_lock_{"pci_lock"};
  WaitQueueHead pci_cfg_wait_{"pci_cfg_wait"};  // one for all functions: that is what made the 2019 panic possible
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_SDK_STRATEGY_H_
