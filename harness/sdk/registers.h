// harness/sdk/registers.h: the few configuration registers that this kernel names (PCI Local Bus 3.0, PCIe Base 5.0).
#ifndef CFGTORTURE_HARNESS_SDK_REGISTERS_H_
#define CFGTORTURE_HARNESS_SDK_REGISTERS_H_

#include <cstdint>

namespace cfgtorture {

// Header.
inline constexpr uint16_t PCI_VENDOR_ID = 0x00;
inline constexpr uint16_t PCI_COMMAND = 0x04;
inline constexpr uint16_t PCI_STATUS = 0x06;
inline constexpr uint16_t PCI_BIST = 0x0f;
inline constexpr uint16_t PCI_BASE_ADDRESS_0 = 0x10;
inline constexpr uint16_t PCI_CAPABILITY_LIST = 0x34;

// Type 1.
inline constexpr uint16_t PCI_BRIDGE_CONTROL = 0x3e;
inline constexpr uint16_t PCI_BRIDGE_CTL_BUS_RESET = 0x0040;

inline constexpr uint16_t PCI_COMMAND_MEMORY = 0x0002;
inline constexpr uint16_t PCI_COMMAND_MASTER = 0x0004;
inline constexpr uint16_t PCI_COMMAND_INTX_DISABLE = 0x0400;
inline constexpr uint16_t PCI_STATUS_INTERRUPT = 0x0008;
inline constexpr uint16_t PCI_STATUS_CAP_LIST = 0x0010;
inline constexpr uint8_t PCI_BIST_START = 0x40;

// Offsets into the power management capability.
inline constexpr uint16_t PCI_PM_CTRL = 4;
inline constexpr uint16_t PCI_PM_CTRL_STATE_MASK = 0x0003;
inline constexpr uint16_t PCI_PM_CTRL_NO_SOFT_RESET = 0x0008;

// Into the PCIe capability.
inline constexpr uint16_t PCI_EXP_DEVCTL = 0x08;
inline constexpr uint16_t PCI_EXP_DEVCTL_BCR_FLR = 0x8000;
inline constexpr uint16_t PCI_EXP_DEVSTA = 0x0a;
inline constexpr uint16_t PCI_EXP_DEVSTA_CED = 0x0001;   // correctable error detected
inline constexpr uint16_t PCI_EXP_DEVSTA_NFED = 0x0002;  // non-fatal error detected
inline constexpr uint16_t PCI_EXP_DEVSTA_TRPND = 0x0020;
inline constexpr uint16_t PCI_EXP_LNKCTL = 0x10;
inline constexpr uint16_t PCI_EXP_LNKCTL_ASPM_L1 = 0x0002;
inline constexpr uint16_t PCI_EXP_LNKCTL_LD = 0x0010;  // link disable
inline constexpr uint16_t PCI_EXP_LNKCTL_ES = 0x0080;  // extended synch
inline constexpr uint16_t PCI_EXP_LNKSTA = 0x12;
inline constexpr uint16_t PCI_EXP_RTCTL = 0x1c;

// Into the MSI capability.
inline constexpr uint16_t PCI_MSI_FLAGS = 2;
inline constexpr uint16_t PCI_MSI_FLAGS_ENABLE = 0x0001;
inline constexpr uint16_t PCI_MSI_FLAGS_QSIZE = 0x0070;
inline constexpr uint16_t PCI_MSI_ADDRESS_LO = 4;
inline constexpr uint16_t PCI_MSI_ADDRESS_HI = 8;
inline constexpr uint16_t PCI_MSI_DATA_32 = 8;
inline constexpr uint16_t PCI_MSI_DATA_64 = 12;
inline constexpr uint16_t PCI_MSI_MASK_32 = 12;
inline constexpr uint16_t PCI_MSI_MASK_64 = 16;

// Into the MSI-X capability, and into an entry of its table.
inline constexpr uint16_t PCI_MSIX_FLAGS = 2;
inline constexpr uint16_t PCI_MSIX_FLAGS_ENABLE = 0x8000;
inline constexpr uint16_t PCI_MSIX_ENTRY_LOWER_ADDR = 0;
inline constexpr uint16_t PCI_MSIX_ENTRY_UPPER_ADDR = 4;
inline constexpr uint16_t PCI_MSIX_ENTRY_DATA = 8;
inline constexpr uint16_t PCI_MSIX_ENTRY_VECTOR_CTRL = 12;
inline constexpr uint32_t PCI_MSIX_ENTRY_CTRL_MASKBIT = 1;

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_SDK_REGISTERS_H_
