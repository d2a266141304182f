// MSI masking and message rewrites (facts 3.3).
#include "harness/sdk/registers.h"
#include "harness/sdk/strategy.h"

namespace cfgtorture {

Offset Strategy::MsiMaskRegister(const Device& dev) {
  const hw::FunctionInfo& info = dev.info();
  if (info.msi == 0 || !info.msi_maskable) return 0;
  return static_cast<Offset>(info.msi + (info.msi_64bit ? PCI_MSI_MASK_64 : PCI_MSI_MASK_32));
}

void Strategy::msi_mask(Device& dev, unsigned vector, bool mask) {
  const Offset where = MsiMaskRegister(dev);
  if (where == 0) return;  // cannot be masked: fires at any time
  const uint32_t bit = 1u << vector;
  // All vectors share the register, the callers hold the descriptor lock of one alone (77e89afc25f3, v5.14).
  const unsigned long flags = dev.msi_lock.lock_irqsave();
  dev.msi_mask = mask ? dev.msi_mask | bit : dev.msi_mask & ~bit;
  write(dev, where, Size::kDword, dev.msi_mask);
  dev.msi_lock.unlock_irqrestore(flags);
}

// The raw lock of the interrupt's descriptor, which the caller holds, serialises rewrites; msi_lock is for masks.
void Strategy::msi_write(Device& dev, const MsiMessage& message) {
  const hw::FunctionInfo& info = dev.info();
  const bool reachable = dev.current_state == PowerState::kD0 && !dev.disconnected.load(std::memory_order_relaxed);
  if (reachable && info.msi != 0) {
    const auto at = [&info](Offset reg) { return static_cast<Offset>(info.msi + reg); };
    uint32_t control;
    read(dev, at(PCI_MSI_FLAGS), Size::kWord, &control);
    control &= ~uint32_t{PCI_MSI_FLAGS_QSIZE};
    control |= uint32_t{dev.msi_multiple} << 4;
    write(dev, at(PCI_MSI_FLAGS), Size::kWord, control);
    write(dev, at(PCI_MSI_ADDRESS_LO), Size::kDword, message.address_low);
    if (info.msi_64bit) write(dev, at(PCI_MSI_ADDRESS_HI), Size::kDword, message.address_high);
    write(dev, at(info.msi_64bit ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32), Size::kWord, message.data);
    read(dev, at(PCI_MSI_FLAGS), Size::kWord, &control);  // flushes the writes
  }
  dev.msi_message = message;
}

}  // namespace cfgtorture
