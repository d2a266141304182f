// workloads/scenarios/sysfs_active_reference.cc
//
// Result: buggy convicted (deadlock of a lock with a file that is in use). Fixed: clean.
//
// A write to a sysfs file keeps the file active, and its removal waits until it is not. Recovery, by such a write,
// takes the rescan lock; a removal of the device holds the rescan lock and waits for its files (facts 8.2).
//
// History  fixed by 576c75e36c68 (v5.6, unverified): recover_store() gives its active reference up first.
#include <atomic>

#include "harness/kernel/mutex.h"
#include "harness/kernel/named.h"
#include "harness/kernel/wait_queue.h"
#include "harness/sdk/program.h"

namespace cfgtorture {
namespace {

// kernfs_get_active(), kernfs_put_active(), kernfs_drain().
struct KernfsNode {
  static constexpr int kDeactivated = 1 << 16;
  std::atomic<int> active{0};  // users; kDeactivated less once it is being removed
  WaitQueueHead deactivate_waitq{"kernfs_drain"};

  bool get_active() {
    int users = active.load(std::memory_order_relaxed);
    while (users >= 0) {
      if (active.compare_exchange_strong(users, users + 1, std::memory_order_acquire)) return true;
    }
    return false;
  }
  void put_active() {
    if (active.fetch_sub(1, std::memory_order_release) - 1 == -kDeactivated) wake_up_all(deactivate_waitq);
  }
  void drain() {
    active.fetch_sub(kDeactivated, std::memory_order_relaxed);
    wait_event(deactivate_waitq, [this] { return active.load(std::memory_order_acquire) == -kDeactivated; });
  }
};

SCENARIO(SysfsActiveReference, .name = "sysfs-active-reference",
         .summary = "a sysfs write wants the rescan lock, a removal under it waits for the file",
         .needs_strategy = false, .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "deadlock",
         .tag = Tag::kHistoric, .history = "fixed by 576c75e36c68 (v5.6, unverified)") {
  Mutex pci_rescan_remove_lock("pci_rescan_remove_lock");
  KernfsNode recover;
  Name(recover.active, "kn->active");
  const bool breaks_protection = !s.buggy();

  Actor write("recover_store", -1, [&] {
    if (!recover.get_active()) return;            // -ENODEV
    if (breaks_protection) recover.put_active();  // sysfs_break_active_protection()
    pci_rescan_remove_lock.lock();
    pci_rescan_remove_lock.unlock();
    if (!breaks_protection) recover.put_active();
  });
  Actor removal("pci_stop_and_remove_bus_device", -1, [&] {
    pci_rescan_remove_lock.lock();
    recover.drain();
    pci_rescan_remove_lock.unlock();
  });
}

}  // namespace
}  // namespace cfgtorture
