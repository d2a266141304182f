// harness/kernel/spin/algorithm.h: which algorithm a spinning lock runs, a parameter of the cell.
#ifndef CFGTORTURE_HARNESS_KERNEL_SPIN_ALGORITHM_H_
#define CFGTORTURE_HARNESS_KERNEL_SPIN_ALGORITHM_H_

#include <cstdint>

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

// The bare algorithm, without preemption, interrupts or observers.
class SpinCore {
 public:
  explicit SpinCore(SpinAlgorithm algorithm) : algorithm_(algorithm) {}
  void lock() {
    if (algorithm_ == SpinAlgorithm::kTicket) {
      ticket_.lock();
    } else {
      tas_.lock();
    }
  }
  bool try_lock() { return algorithm_ == SpinAlgorithm::kTicket ? ticket_.try_lock() : tas_.try_lock(); }
  void unlock() {
    if (algorithm_ == SpinAlgorithm::kTicket) {
      ticket_.unlock();
    } else {
      tas_.unlock();
    }
  }

 private:
  const SpinAlgorithm algorithm_;
  TasLock tas_;
  TicketLock ticket_;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_SPIN_ALGORITHM_H_
