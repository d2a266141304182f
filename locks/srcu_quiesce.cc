// locks/srcu_quiesce.cc: accesses are SRCU readers; whoever changes something publishes that and waits until those that
// cannot have seen it are gone.
//
// Models    no proposal of the thread: what Gleixner asked for (C10), quiesce all users first, by the means that the
//           kernel has for readers in every context.
// Legal     accesses in every context, hardirq included. A block drains, so it sleeps; so does the trylock, which is
//           then no longer for softirqs or under a spinlock.
// Leaves    the address/data pair (the ops bring their own lock); read-modify-write: readers run side by side.
// Against   a kernel access during a change fails with 0x86, since a hardirq cannot wait. A change costs two grace
//           periods.
#include <cerrno>

#include "harness/kernel/observer.h"
#include "harness/kernel/srcu.h"
#include "harness/sdk/registry.h"
#include "harness/sdk/strategy.h"
#include "locks/change_owner.h"

namespace cfgtorture {
namespace {

class SrcuQuiesce final : public Strategy {
 public:
  int read(Device& dev, Offset where, Size size, uint32_t* value) override {
    if (Misaligned(where, size)) return kBadRegisterNumber;
    const unsigned index = accesses_.read_lock();
    int status = kDeviceNotFound;
    *value = size == Size::kDword ? ~0u : (1u << 8 * static_cast<unsigned>(size)) - 1;
    if (Open(dev)) status = BusRead(dev, where, size, value);
    accesses_.read_unlock(index);
    return status;
  }
  int write(Device& dev, Offset where, Size size, uint32_t value) override {
    if (Misaligned(where, size)) return kBadRegisterNumber;
    const unsigned index = accesses_.read_lock();
    const int status = Open(dev) ? BusWrite(dev, where, size, value) : kDeviceNotFound;
    accesses_.read_unlock(index);
    return status;
  }

  int user_read(Device& dev, Offset where, Size size, uint32_t* value) override {
    *value = ~0u;
    if (Misaligned(where, size)) return -EINVAL;
    const unsigned index = EnterAsUser(dev);
    const int status = BusRead(dev, where, size, value);
    accesses_.read_unlock(index);
    return ErrnoOf(status);
  }
  int user_write(Device& dev, Offset where, Size size, uint32_t value) override {
    if (Misaligned(where, size)) return -EINVAL;
    const unsigned index = EnterAsUser(dev);
    const int status = BusWrite(dev, where, size, value);
    accesses_.read_unlock(index);
    return ErrnoOf(status);
  }

  void access_lock(Device& dev) override {
    might_sleep();
    while (!Publish(dev)) {
      wait_event(pci_cfg_wait_, [&dev] { return !dev.block_cfg_access.load(std::memory_order_relaxed); });
    }
    accesses_.synchronize();
  }
  bool access_trylock(Device& dev) override {
    if (!Publish(dev)) return false;
    accesses_.synchronize();
    return true;
  }
  void access_unlock(Device& dev) override {
    if (!dev.block_cfg_access.load(std::memory_order_relaxed)) {
      observer::Violation(Hazard::kOwner, "pci_cfg_access_unlock() of a function that is not blocked");
    }
    owner_.Clear(dev);
    dev.block_cfg_access.store(false, std::memory_order_release);
    wake_up_all(pci_cfg_wait_);
  }

  bool intx_mask(Device& dev, bool mask) override {
    const unsigned index = accesses_.read_lock();
    const bool changed = Open(dev) && CheckAndSetIntx(dev, mask);
    accesses_.read_unlock(index);
    return changed;
  }

  int set_power_state(Device& dev, PowerState to) override {
    const bool has_it = owner_.IsCurrent(dev);
    if (!has_it) access_lock(dev);
    const int result = Strategy::set_power_state(dev, to);
    if (!has_it) access_unlock(dev);
    return result;
  }

  // Of every function behind the bus at once: nobody is inside while the pointer moves.
  ConfigOps* set_ops(Bus& bus, ConfigOps* ops) override {
    ops_changes_.lock();
    ops_changing_.store(true, std::memory_order_seq_cst);
    accesses_.synchronize();
    ConfigOps* const old = bus.ops;
    bus.ops = ops;
    ops_changing_.store(false, std::memory_order_release);
    ops_changes_.unlock();
    wake_up_all(pci_cfg_wait_);
    return old;
  }

  ConfigOps::Locking ops_locking() const override { return ConfigOps::Locking::kOwn; }

 private:
  // False if somebody else has it.
  bool Publish(Device& dev) {
    bool blocked = false;
    if (!dev.block_cfg_access.compare_exchange_strong(blocked, true, std::memory_order_seq_cst)) return false;
    owner_.Set(dev);
    return true;
  }
  // REQUIRES: inside a read section; then the answer holds until it ends.
  bool Open(const Device& dev) const {
    if (ops_changing_.load(std::memory_order_seq_cst)) return false;
    return !dev.block_cfg_access.load(std::memory_order_seq_cst) || owner_.IsCurrent(dev);
  }
  bool OpenToUsers(const Device& dev) const {
    return !ops_changing_.load(std::memory_order_seq_cst) && !dev.block_cfg_access.load(std::memory_order_seq_cst);
  }
  unsigned EnterAsUser(const Device& dev) {
    for (;;) {
      const unsigned index = accesses_.read_lock();
      if (OpenToUsers(dev)) return index;
      accesses_.read_unlock(index);
      wait_event(pci_cfg_wait_, [this, &dev] { return OpenToUsers(dev); });
    }
  }

  Srcu accesses_;
  ChangeOwner owner_;
  Mutex ops_changes_{"pci_ops_changes"};
  std::atomic<bool> ops_changing_{false};
};

const StrategyRegistration kSrcuQuiesce{{
    .name = "srcu-quiesce",
    .summary = "accesses are SRCU readers; a change is published, and waits until they have drained",
    .make = Make<SrcuQuiesce>,
}};

}  // namespace
}  // namespace cfgtorture
