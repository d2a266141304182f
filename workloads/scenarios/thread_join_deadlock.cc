// workloads/scenarios/thread_join_deadlock.cc
//
// Result: buggy convicted (deadlock of a lock with the end of a thread). Fixed: clean.
//
// The hot-plug thread of an upper port removes what is below it: it holds the rescan lock and frees the lower port's
// interrupt, which waits until that port's thread has ended. The lower thread has an event of its own and waits for the
// rescan lock. No order of locks shows it (facts 8.2; steps unverified).
//
// History  fixed by 87d0f2a5536f (v5.5), whose steps were not read. The fixed side is ours: the lower thread asks by
//          trylock, and goes when its port is gone.
#include <atomic>

#include "harness/kernel/mutex.h"
#include "harness/kernel/task.h"
#include "harness/kernel/time.h"
#include "harness/sdk/program.h"

namespace cfgtorture {
namespace {

struct LowerPort {
  Mutex& pci_rescan_remove_lock;
  const bool gives_up;
  std::atomic<bool> disconnected{false};

  static void Thread(void* argument) {
    auto& port = *static_cast<LowerPort*>(argument);
    if (port.gives_up) {
      while (!port.pci_rescan_remove_lock.try_lock()) {
        if (port.disconnected.load(std::memory_order_relaxed)) return;
        cpu_relax();
      }
    } else {
      port.pci_rescan_remove_lock.lock();
    }
    port.pci_rescan_remove_lock.unlock();
  }
};

SCENARIO(ThreadJoinDeadlock, .name = "thread-join-deadlock",
         .summary = "a removal waits for a hot-plug thread that waits for the rescan lock", .needs_strategy = false,
         .buggy = "waitqueue-v5.9", .fixed = "waitqueue-v5.9", .must_find = "deadlock", .tag = Tag::kHistoric,
         .history = "fixed by 87d0f2a5536f (v5.5)") {
  Mutex pci_rescan_remove_lock("pci_rescan_remove_lock");
  LowerPort port{pci_rescan_remove_lock, !s.buggy()};
  const engine::TaskId thread = kthread_run("pciehp_ist of the lower port", -1, LowerPort::Thread, &port);

  Actor upper("pciehp_ist of the upper port", -1, [&] {
    pci_rescan_remove_lock.lock();
    port.disconnected.store(true, std::memory_order_relaxed);
    kthread_join(thread);  // free_irq() of the lower port
    pci_rescan_remove_lock.unlock();
  });
}

}  // namespace
}  // namespace cfgtorture
