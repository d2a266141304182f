// workloads/scenarios/crdump_abba.cc
//
// Result: buggy convicted (deadlock of a driver's lock with the block). Fixed: clean.
//
// Error recovery on s390 blocked config access and called the driver, whose handler takes the devlink lock. mlx5's
// crash dump holds the devlink lock and blocks config access, to have the vendor-specific capability to itself (facts
// 5).
//
// History  fixed by 0fd20f65df6a (v6.18): recovery takes device_lock alone, as AER's and powerpc's do.
#include "harness/sdk/program.h"
#include "workloads/scenarios/pci_dev.h"

namespace cfgtorture {

SCENARIO(CrdumpAbba, .name = "crdump-abba", .summary = "error recovery against a crash dump, devlink lock and block",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "deadlock",
         .tag = Tag::kHistoric, .history = "fixed by 0fd20f65df6a (v6.18)") {
  PciDev nic(*s.world.Endpoint(0), s.caller);
  Mutex devlink("devlink->lock");
  const bool recovery_blocks = s.buggy();

  Actor recovery("zpci_event_attempt_error_recovery", -1, [&] {
    nic.device_lock.lock();
    if (recovery_blocks) s.caller.access_lock(nic.dev);
    devlink.lock();  // the driver's error_detected()
    devlink.unlock();
    if (recovery_blocks) s.caller.access_unlock(nic.dev);
    nic.device_lock.unlock();
  });
  Actor dump("mlx5_crdump", -1, [&] {
    devlink.lock();
    s.caller.access_lock(nic.dev);  // mlx5_vsc_gw_lock()
    s.caller.access_unlock(nic.dev);
    devlink.unlock();
  });
}

}  // namespace cfgtorture
