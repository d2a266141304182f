// locks/seqcount_retry.cc: reads take no pci_lock and are done again if something changed meanwhile.
//
// Models    no proposal of the thread: what a reader of it would try next. Writes, helpers, block and wait are v5.9's,
//           under pci_lock; whoever changes something flips a sequence there, with interrupts off, and does not sleep
//           inside.
// Legal     every context: a reader in hardirq cannot interrupt a writer on its CPU.
// Leaves    the address/data pair (the ops bring their own lock); D-state changes (C11): their recovery sleeps, so no
//           sequence can cover it.
// Against   a read has reached the device by the time it is found to have been in vain: a user's lies inside the
// blocked
//           window all the same, and a register that a read changes has been changed twice. bus->ops is read without a
//           lock (C14).
#include <cerrno>

#include "harness/kernel/seqcount.h"
#include "harness/sdk/registry.h"
#include "harness/sdk/strategy.h"

namespace cfgtorture {
namespace {

class SeqcountRetry final : public Strategy {
 public:
  int read(Device& dev, Offset where, Size size, uint32_t* value) override {
    if (Misaligned(where, size)) return kBadRegisterNumber;
    return ReadUnchanged(dev, where, size, value);
  }
  int user_read(Device& dev, Offset where, Size size, uint32_t* value) override {
    *value = ~0u;
    if (Misaligned(where, size)) return -EINVAL;
    for (;;) {
      const uint32_t begin = changes_.read_begin();
      if (dev.block_cfg_access.load(std::memory_order_relaxed)) {
        wait_event(pci_cfg_wait_, [&dev] { return !dev.block_cfg_access.load(std::memory_order_relaxed); });
        continue;
      }
      const int status = BusRead(dev, where, size, value);
      if (!changes_.read_retry(begin)) return ErrnoOf(status);
    }
  }

  void access_lock(Device& dev) override {
    might_sleep();
    pci_lock_.lock_irq();
    if (dev.block_cfg_access.load(std::memory_order_relaxed)) wait_cfg(dev);
    changes_.write_begin();
    dev.block_cfg_access.store(true, std::memory_order_relaxed);
    changes_.write_end();
    pci_lock_.unlock_irq();
  }
  bool access_trylock(Device& dev) override {
    const unsigned long flags = pci_lock_.lock_irqsave();
    const bool locked = !dev.block_cfg_access.load(std::memory_order_relaxed);
    if (locked) {
      changes_.write_begin();
      dev.block_cfg_access.store(true, std::memory_order_relaxed);
      changes_.write_end();
    }
    pci_lock_.unlock_irqrestore(flags);
    return locked;
  }

  ConfigOps* set_ops(Bus& bus, ConfigOps* ops) override {
    const unsigned long flags = pci_lock_.lock_irqsave();
    changes_.write_begin();
    ConfigOps* const old = bus.ops;
    bus.ops = ops;
    changes_.write_end();
    pci_lock_.unlock_irqrestore(flags);
    return old;
  }

  ConfigOps::Locking ops_locking() const override { return ConfigOps::Locking::kOwn; }

 private:
  int ReadUnchanged(Device& dev, Offset where, Size size, uint32_t* value) {
    for (;;) {
      const uint32_t begin = changes_.read_begin();
      const int status = BusRead(dev, where, size, value);
      if (!changes_.read_retry(begin)) return status;
    }
  }

  SeqCount changes_;  // written under pci_lock_
};

const StrategyRegistration kSeqcountRetry{{
    .name = "seqcount-retry",
    .summary = "reads are retried around changes, writes and helpers take pci_lock",
    .make = Make<SeqcountRetry>,
}};

}  // namespace
}  // namespace cfgtorture
