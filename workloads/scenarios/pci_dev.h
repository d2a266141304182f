// workloads/scenarios/pci_dev.h: a function as the driver core sees it: its device_lock beside the block of its
// configuration space (facts 2.5).
#ifndef CFGTORTURE_WORKLOADS_SCENARIOS_PCI_DEV_H_
#define CFGTORTURE_WORKLOADS_SCENARIOS_PCI_DEV_H_

#include "harness/kernel/mutex.h"
#include "harness/sdk/caller.h"

namespace cfgtorture {

struct PciDev {
  // `position` orders the device_locks that are held together along the topology, parents first: the kernel exempts
  // them from lockdep, our judge knows them by it.
  PciDev(Device& dev_in, Caller& caller_in, int position = 0)
      : dev(dev_in), caller(caller_in), device_lock("device_lock", position) {}

  // pci_dev_lock(), pci_dev_trylock(), pci_dev_unlock() since a91ee0e9fca9 (v5.19): device_lock, then the block.
  void lock() {
    device_lock.lock();
    caller.access_lock(dev);
  }
  bool trylock() {
    if (!device_lock.try_lock()) return false;
    if (caller.access_trylock(dev)) return true;
    device_lock.unlock();
    return false;
  }
  void unlock() {
    caller.access_unlock(dev);
    device_lock.unlock();
  }

  Device& dev;
  Caller& caller;
  Mutex device_lock;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_WORKLOADS_SCENARIOS_PCI_DEV_H_
