// workloads/scenarios/block_user_bug.cc
//
// Result: buggy convicted (assertion: the kernel's own BUG). Fixed: clean.
//
// Before v3.3 a block was a flag that one set and nobody waited for: a second blocker of a blocked function hit a BUG.
// Two writes to its sysfs reset file suffice. Since then the second one waits for the first (facts 2.1, 2.3).
//
// History  7ea7e98fd8d0 (v2.6.20) to v3.2; fixed by fb51ccbf217c (v3.3).
#include "harness/kernel/bug.h"
#include "harness/sdk/program.h"

namespace cfgtorture {
namespace {

// pci_block_user_cfg_access() and pci_unblock_user_cfg_access(), v2.6.39.
class BlockUser final : public Strategy {
 public:
  void access_lock(Device& dev) override {
    const unsigned long flags = pci_lock_.lock_irqsave();
    const bool was_blocked = dev.block_cfg_access.load(std::memory_order_relaxed);
    dev.block_cfg_access.store(true, std::memory_order_relaxed);
    pci_lock_.unlock_irqrestore(flags);
    // If this fires: whoever blocks twice would unblock for the other too.
    BUG_ON(was_blocked);
  }
};

SCENARIO(BlockUserBug, .name = "block-user-bug", .summary = "two resets of one function block it",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "assertion",
         .tag = Tag::kHistoric, .history = "since 7ea7e98fd8d0 (v2.6.20); fixed by fb51ccbf217c (v3.3)") {
  Device& nic = *s.world.Endpoint(0);
  BlockUser before;
  Caller old_kernel(before);
  Caller& kernel = s.buggy() ? old_kernel : s.caller;
  const auto reset = [&] {
    kernel.access_lock(nic);
    kernel.access_unlock(nic);
  };

  Actor first("reset_store", -1, reset);
  Actor second("reset_store", -1, reset);
}

}  // namespace
}  // namespace cfgtorture
