// harness/kernel/spin/algorithm.h: which algorithm a spinning lock runs, a parameter of the cell.
#ifndef CFGTORTURE_HARNESS_KERNEL_SPIN_ALGORITHM_H_
#define CFGTORTURE_HARNESS_KERNEL_SPIN_ALGORITHM_H_

#include <cstdint>
#include <new>

#include "harness/kernel/spin/tas.h"
#include "harness/kernel/spin/ticket.h"

namespace cfgtorture {

enum class SpinAlgorithm : uint8_t { kTas, kTicket };

inline constexpr const char* kSpinAlgorithmNames[] = {"tas", "ticket"};  // in enum order
inline constexpr uint32_t kSpinAlgorithmCount = 2;

// The algorithm named by `length` characters at `name`. False, and *algorithm unchanged, if there is none.
bool FindSpinAlgorithm(const char* name, unsigned length, SpinAlgorithm* algorithm);

// What locks that are constructed from now on run. Set once, before a program's tasks exist.
void SetSpinAlgorithm(SpinAlgorithm algorithm);
SpinAlgorithm CurrentSpinAlgorithm();

// The bare algorithm, without preemption, interrupts or observers. Whoever owns it keeps which one it is (lock_tag.h).
class SpinCore {
 public:
  explicit SpinCore(SpinAlgorithm algorithm) {
    if (algorithm == SpinAlgorithm::kTicket) {
      new (&ticket_) TicketLock;
    } else {
      new (&tas_) TasLock;
    }
  }
  void lock(SpinAlgorithm algorithm) {
    if (algorithm == SpinAlgorithm::kTicket) {
      ticket_.lock();
    } else {
      tas_.lock();
    }
  }
  bool try_lock(SpinAlgorithm algorithm) {
    return algorithm == SpinAlgorithm::kTicket ? ticket_.try_lock() : tas_.try_lock();
  }
  void unlock(SpinAlgorithm algorithm) {
    if (algorithm == SpinAlgorithm::kTicket) {
      ticket_.unlock();
    } else {
      tas_.unlock();
    }
  }

 private:
  union {
    TasLock tas_;
    TicketLock ticket_;
  };
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_SPIN_ALGORITHM_H_
