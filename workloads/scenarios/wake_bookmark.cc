// workloads/scenarios/wake_bookmark.cc
//
// Result: buggy convicted (list-corrupt; data-race). Fixed: clean.
//
// A waker with many to wake leaves a bookmark in the list after a batch of callbacks, and lets go of the queue's lock
// for a moment. That makes it a writer of the list. Waiters of pci_cfg_wait linked and unlinked themselves under
// pci_lock, which it does not hold: two locks, two writers. The kernel's batch is 64, so that it takes 65 waiters; here
// it is one, and takes two (facts 2.4).
//
// History  since 2554db916586 (v4.14), where the queue was pci_cfg_wait; ended there by 2a7e32d0547f (v5.9).
#include <atomic>

#include "harness/kernel/named.h"
#include "harness/kernel/wake_batch.h"
#include "harness/sdk/program.h"

namespace cfgtorture {
namespace {

struct Block {
  const bool own_locking;  // waiters go by pci_lock
  RawSpinlock pci_lock{"pci_lock"};
  WaitQueueHead pci_cfg_wait{"pci_cfg_wait"};
  std::atomic<bool> blocked{true};
  bool Clear() const { return !blocked.load(std::memory_order_relaxed); }

  void Wait() {
    if (!own_locking) return wait_event(pci_cfg_wait, [this] { return Clear(); });
    WaitQueueEntry wait;
    pci_lock.lock_irq();
    __add_wait_queue(pci_cfg_wait, wait);
    while (!Clear()) {
      set_current_state(TaskState::kUninterruptible);
      pci_lock.unlock_irq();
      schedule();
      pci_lock.lock_irq();
    }
    __set_current_state(TaskState::kRunning);
    __remove_wait_queue(pci_cfg_wait, wait);
    pci_lock.unlock_irq();
  }

  // pci_cfg_access_unlock()
  void Unblock() {
    pci_lock.lock_irq();
    blocked.store(false, std::memory_order_relaxed);
    pci_lock.unlock_irq();
    wake_up_all_batched(pci_cfg_wait, 1);
  }
};

SCENARIO(WakeBookmark, .name = "wake-bookmark",
         .summary = "a waker leaves a bookmark in a list whose waiters go by another lock", .needs_strategy = false,
         .buggy = "waitqueue-v4.11", .fixed = "waitqueue-v5.9", .must_find = "list-corrupt,data-race",
         .may_find = "dead-entry,lost-wakeup,deadlock",
         .may_find_why =
             "a waiter also leaves while the walk stands on its entry, as in cfg-wait-corruption; and whom a "
             "torn list has lost nobody wakes",
         .tag = Tag::kHistoric, .history = "since 2554db916586 (v4.14); ended by 2a7e32d0547f (v5.9)") {
  Block block{.own_locking = s.buggy()};
  Name(block.pci_cfg_wait, "pci_cfg_wait");
  Actor first("reader", -1, [&] { block.Wait(); });
  Actor second("other reader", -1, [&] { block.Wait(); });
  Actor unblock("unblock", -1, [&] { block.Unblock(); });
}

}  // namespace
}  // namespace cfgtorture
