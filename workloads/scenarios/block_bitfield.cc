// workloads/scenarios/block_bitfield.cc
//
// Result: buggy convicted (data-race; blocked-access: the block is lost). Fixed: clean.
//
// The block is one bit of a word in struct pci_dev that also holds msi_enabled and others, which are written without
// pci_lock. Whoever enables MSI reads the word, a reset sets its block, the former writes msi_enabled: the block is
// gone and a user reads a function in reset. Or the other way round, and msi_enabled is gone (facts 2.4). The
// read-modify-write that the compiler makes of a bit-field is spelt out, so that every compiler shows the same.
//
// Who enables MSI here is vfio's SET_IRQS, which holds no device_lock. A probe does hold it, and so, since a91ee0e9fca9
// (v5.19), does pci_dev_lock() before it blocks: the pair of the report of 2020 can no longer meet.
//
// History  open in 6.12, seen in the field: "PCI: Fix race condition between block_cfg_access and
//          msi_enabled/msix_enabled", Yicong Yang, 11 November 2020, not merged. The fixed side is ours: both bits are
//          set and cleared by atomic operations, as priv_flags are.
#include <atomic>

#include "harness/kernel/named.h"
#include "harness/sdk/program.h"
#include "harness/sdk/registers.h"

namespace cfgtorture {
namespace {

constexpr uint32_t kMsiEnabled = 1u << 3, kBlockCfgAccess = 1u << 13;

struct Bits {
  const bool atomic;
  uint32_t word = 0;  // plain, as bit-fields are
  std::atomic<uint32_t> priv_flags{0};

  void set(uint32_t bit) {
    if (atomic) {
      priv_flags.fetch_or(bit, std::memory_order_relaxed);
    } else {
      const uint32_t old = word;
      word = old | bit;
    }
  }
  void clear(uint32_t bit) {
    if (atomic) {
      priv_flags.fetch_and(~bit, std::memory_order_relaxed);
    } else {
      const uint32_t old = word;
      word = old & ~bit;
    }
  }
  bool test(uint32_t bit) const { return ((atomic ? priv_flags.load(std::memory_order_relaxed) : word) & bit) != 0; }
};

// The block, on such a word. Who finds it blocked goes without: how it waits is another scenario's matter.
class BlockBit final : public Strategy {
 public:
  explicit BlockBit(Bits& bits) : bits_(bits) {}
  void access_lock(Device&) override {
    pci_lock_.lock_irq();
    bits_.set(kBlockCfgAccess);
    pci_lock_.unlock_irq();
  }
  void access_unlock(Device&) override {
    const unsigned long flags = pci_lock_.lock_irqsave();
    bits_.clear(kBlockCfgAccess);
    pci_lock_.unlock_irqrestore(flags);
  }
  int user_read(Device& dev, Offset where, Size size, uint32_t* value) override {
    int status = kDeviceNotFound;
    pci_lock_.lock_irq();
    if (!bits_.test(kBlockCfgAccess)) status = BusRead(dev, where, size, value);
    pci_lock_.unlock_irq();
    return ErrnoOf(status);
  }

 private:
  Bits& bits_;
};

SCENARIO(BlockBitfield, .name = "block-bitfield", .summary = "the block and msi_enabled are bits of one plain word",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9",
         .must_find = "data-race,blocked-access", .tag = Tag::kOpen,
         .history = "patch by mail, Yicong Yang, 11 November 2020, not merged") {
  Device& nic = *s.world.Endpoint(0);
  Bits bits{.atomic = !s.buggy()};
  Name(bits.word, "pci_dev bit-fields");
  BlockBit strategy(bits);
  Caller kernel(strategy);

  Actor set_irqs("set_irqs", -1, [&] { bits.set(kMsiEnabled); });  // pci_enable_msi(), without pci_lock
  Actor reset("reset_store", -1, [&] {
    kernel.access_lock(nic);
    uint32_t command;
    kernel.read(nic, PCI_COMMAND, Size::kWord, &command, hw::Origin::kOwner);
    kernel.access_unlock(nic);
  });
  Actor user("lspci", -1, [&] {
    uint32_t id;
    kernel.user_read(nic, PCI_VENDOR_ID, Size::kDword, &id);
  });
}

}  // namespace
}  // namespace cfgtorture
