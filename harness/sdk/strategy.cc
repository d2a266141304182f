// What a strategy inherits: access.c of v5.9 (facts 2.2, 2.3), the INTx helper and the PCIe capability helper.
#include "harness/sdk/strategy.h"

#include <cerrno>

#include "harness/kernel/delay_point.h"
#include "harness/kernel/observer.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {

// ---- Without a lock
// --------------------------------------------------------------------------------------------------

int Strategy::BusRead(Device& dev, Offset where, Size size, uint32_t* value) {
  PassDelayPoint(DelayPoint::kConfigAccess);
  uint32_t data = ~0u;
  const int status = dev.bus->ops->read(*dev.bus, dev.devfn, where, static_cast<unsigned>(size), &data);
  if (status != kOk) data = ~0u;  // PCI_SET_ERROR_RESPONSE (57bdeef47166, v5.17)
  if (size != Size::kDword) data &= (1u << 8 * static_cast<unsigned>(size)) - 1;
  *value = data;
  return status;
}

int Strategy::BusWrite(Device& dev, Offset where, Size size, uint32_t value) {
  PassDelayPoint(DelayPoint::kConfigAccess);
  return dev.bus->ops->write(*dev.bus, dev.devfn, where, static_cast<unsigned>(size), value);
}

int Strategy::ErrnoOf(int config_status) {
  switch (config_status) {
    case kOk:
      return 0;
    case kFuncNotSupported:
      return -ENOENT;
    case kBadVendorId:
      return -ENOTTY;
    case kDeviceNotFound:
      return -ENODEV;
    case kBadRegisterNumber:
      return -EFAULT;
    case kSetFailed:
      return -EIO;
    case kBufferTooSmall:
      return -ENOSPC;
    default:
      return -ERANGE;
  }
}

bool Strategy::CheckAndSetIntx(Device& dev, bool mask) {
  // One dword read: Command and Status belong together.
  uint32_t command_and_status;
  BusRead(dev, PCI_COMMAND, Size::kDword, &command_and_status);
  const bool pending = ((command_and_status >> 16) & PCI_STATUS_INTERRUPT) != 0;
  if (pending != mask) return false;  // masking: not ours; unmasking: still pending

  const auto command = static_cast<uint16_t>(command_and_status);
  const auto wanted =
      static_cast<uint16_t>(mask ? command | PCI_COMMAND_INTX_DISABLE : command & ~PCI_COMMAND_INTX_DISABLE);
  // A word: writing the dword back would clear the RW1C bits of Status.
  if (wanted != command) BusWrite(dev, PCI_COMMAND, Size::kWord, wanted);
  return true;
}

int Strategy::ClearAndSet(Device& dev, Offset reg, uint16_t clear, uint16_t set) {
  const uint8_t capability = dev.info().pcie;
  if (capability == 0) return kFuncNotSupported;
  const auto where = static_cast<Offset>(capability + reg);
  uint32_t value;
  const int status = BusRead(dev, where, Size::kWord, &value);
  if (status != kOk) return status;
  return BusWrite(dev, where, Size::kWord, (value & ~uint32_t{clear}) | set);
}

// ---- Accessors
// -------------------------------------------------------------------------------------------------------

int Strategy::read(Device& dev, Offset where, Size size, uint32_t* value) {
  if (Misaligned(where, size)) return kBadRegisterNumber;
  const unsigned long flags = pci_lock_.lock_irqsave();
  const int status = BusRead(dev, where, size, value);
  pci_lock_.unlock_irqrestore(flags);
  return status;
}

int Strategy::write(Device& dev, Offset where, Size size, uint32_t value) {
  if (Misaligned(where, size)) return kBadRegisterNumber;
  const unsigned long flags = pci_lock_.lock_irqsave();
  const int status = BusWrite(dev, where, size, value);
  pci_lock_.unlock_irqrestore(flags);
  return status;
}

int Strategy::user_read(Device& dev, Offset where, Size size, uint32_t* value) {
  *value = ~0u;
  if (Misaligned(where, size)) return -EINVAL;
  pci_lock_.lock_irq();
  if (dev.block_cfg_access.load(std::memory_order_relaxed)) wait_cfg(dev);
  const int status = BusRead(dev, where, size, value);
  pci_lock_.unlock_irq();
  return ErrnoOf(status);
}

int Strategy::user_write(Device& dev, Offset where, Size size, uint32_t value) {
  if (Misaligned(where, size)) return -EINVAL;
  pci_lock_.lock_irq();
  if (dev.block_cfg_access.load(std::memory_order_relaxed)) wait_cfg(dev);
  const int status = BusWrite(dev, where, size, value);
  pci_lock_.unlock_irq();
  return ErrnoOf(status);
}

// ---- Block and wait: 2a7e32d0547f, v5.9
// ------------------------------------------------------------------------------

void Strategy::wait_cfg(Device& dev) {
  do {
    pci_lock_.unlock_irq();
    // Tested without pci_lock: harmless, since it is tested again under it (facts 2.4).
    wait_event(pci_cfg_wait_, [&dev] { return !dev.block_cfg_access.load(std::memory_order_relaxed); });
    pci_lock_.lock_irq();
  } while (dev.block_cfg_access.load(std::memory_order_relaxed));  // another may have blocked it first (C25)
}

void Strategy::access_lock(Device& dev) {
  might_sleep();
  pci_lock_.lock_irq();
  if (dev.block_cfg_access.load(std::memory_order_relaxed)) wait_cfg(dev);
  dev.block_cfg_access.store(true, std::memory_order_relaxed);
  pci_lock_.unlock_irq();
}

bool Strategy::access_trylock(Device& dev) {
  const unsigned long flags = pci_lock_.lock_irqsave();
  const bool locked = !dev.block_cfg_access.load(std::memory_order_relaxed);
  if (locked) dev.block_cfg_access.store(true, std::memory_order_relaxed);
  pci_lock_.unlock_irqrestore(flags);
  return locked;
}

void Strategy::access_unlock(Device& dev) {
  const unsigned long flags = pci_lock_.lock_irqsave();
  if (!dev.block_cfg_access.load(std::memory_order_relaxed)) {
    observer::Violation(Hazard::kOwner, "pci_cfg_access_unlock() of a function that is not blocked");
  }
  dev.block_cfg_access.store(false, std::memory_order_relaxed);
  pci_lock_.unlock_irqrestore(flags);
  wake_up_all(pci_cfg_wait_);
}

// ---- Helpers
// ---------------------------------------------------------------------------------------------------------

bool Strategy::intx_mask(Device& dev, bool mask) {
  const unsigned long flags = pci_lock_.lock_irqsave();
  const bool changed = CheckAndSetIntx(dev, mask);
  pci_lock_.unlock_irqrestore(flags);
  return changed;
}

int Strategy::capability_update(Device& dev, Offset reg, uint16_t clear, uint16_t set) {
  const uint8_t capability = dev.info().pcie;
  if (capability == 0) return kFuncNotSupported;
  const auto where = static_cast<Offset>(capability + reg);

  // Every other register is updated without a lock, in 6.12 too (5e70d0acf082).
  const bool locked = reg == PCI_EXP_LNKCTL || reg == PCI_EXP_RTCTL;
  unsigned long flags = 0;
  if (locked) flags = dev.pcie_cap_lock.lock_irqsave();
  uint32_t value;
  int status = read(dev, where, Size::kWord, &value);
  if (status == kOk) status = write(dev, where, Size::kWord, (value & ~uint32_t{clear}) | set);
  if (locked) dev.pcie_cap_lock.unlock_irqrestore(flags);
  return status;
}

ConfigOps* Strategy::set_ops(Bus& bus, ConfigOps* ops) {
  const unsigned long flags = pci_lock_.lock_irqsave();
  ConfigOps* const old = bus.ops;
  bus.ops = ops;
  pci_lock_.unlock_irqrestore(flags);
  return old;
}

void Strategy::device_add(Device&) {}
void Strategy::device_remove(Device&) {}

}  // namespace cfgtorture
