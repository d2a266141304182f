// harness/pci/ops/own_lock.h: the lock that a backend brings, if whoever uses the backend asks for it.
#ifndef CFGTORTURE_HARNESS_PCI_OPS_OWN_LOCK_H_
#define CFGTORTURE_HARNESS_PCI_OPS_OWN_LOCK_H_

#include <optional>

#include "harness/kernel/spinlock.h"
#include "harness/pci/ops/config_ops.h"

namespace cfgtorture {

// Raw, IRQs saved: accesses come from hardirq. Without Locking::kOwn there is no lock, and nothing to observe.
class OwnLock {
 public:
  OwnLock(const char* name, ConfigOps::Locking locking) {
    if (locking == ConfigOps::Locking::kOwn) lock_.emplace(name);
  }

  class Guard {
   public:
    explicit Guard(OwnLock& own) : own_(own) {
      if (own_.lock_) flags_ = own_.lock_->lock_irqsave();
    }
    ~Guard() {
      if (own_.lock_) own_.lock_->unlock_irqrestore(flags_);
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    OwnLock& own_;
    unsigned long flags_ = 0;
  };

 private:
  std::optional<RawSpinlock> lock_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_PCI_OPS_OWN_LOCK_H_
