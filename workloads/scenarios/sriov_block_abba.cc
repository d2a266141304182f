// workloads/scenarios/sriov_block_abba.cc
//
// Result: buggy convicted (deadlock of a lock with the block). Fixed: clean.
//
// sriov_numvfs_store() holds device_lock, and switching VFs off blocks config access. A reset took the two the other
// way round: block, then device_lock. The block is a flag and a wait queue, no lock that lockdep knows (facts 2.5).
//
// History  fixed by a91ee0e9fca9 (v5.19), which turns pci_dev_lock() round.
#include "harness/sdk/program.h"
#include "workloads/scenarios/pci_dev.h"

namespace cfgtorture {

SCENARIO(SriovBlockAbba, .name = "sriov-block-abba", .summary = "sriov_numvfs_store() against a reset, lock and block",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "deadlock",
         .tag = Tag::kHistoric, .history = "fixed by a91ee0e9fca9 (v5.19)") {
  PciDev pf(*s.world.Endpoint(0), s.caller);
  const bool block_first = s.buggy();

  Actor numvfs("sriov_numvfs_store", -1, [&] {
    pf.device_lock.lock();
    s.caller.access_lock(pf.dev);  // sriov_disable()
    s.caller.access_unlock(pf.dev);
    pf.device_lock.unlock();
  });
  Actor reset("reset_store", -1, [&] {
    if (block_first) {
      s.caller.access_lock(pf.dev);
      pf.device_lock.lock();
      pf.device_lock.unlock();
      s.caller.access_unlock(pf.dev);
    } else {
      pf.lock();
      pf.unlock();
    }
  });
}

}  // namespace cfgtorture
