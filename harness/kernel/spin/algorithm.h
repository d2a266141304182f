// harness/kernel/spin/algorithm.h: which algorithm a spinning lock runs, a parameter of the cell.
#ifndef CFGTORTURE_HARNESS_KERNEL_SPIN_ALGORITHM_H_
#define CFGTORTURE_HARNESS_KERNEL_SPIN_ALGORITHM_H_

#include <cstdint>
#include <new>
#include <type_traits>

#include "harness/kernel/spin/clh.h"
#include "harness/kernel/spin/mcs.h"
#include "harness/kernel/spin/qspinlock.h"
#include "harness/kernel/spin/tas.h"
#include "harness/kernel/spin/ticket.h"
#include "harness/kernel/spin/ttas.h"

namespace cfgtorture {

enum class SpinAlgorithm : uint8_t { kTas, kTtas, kTicket, kMcs, kClh, kQspinlock };

inline constexpr const char* kSpinAlgorithmNames[] = {"tas",    "ttas",  // in enum order
                                                      "ticket", "mcs",  "clh", "qspinlock"};
inline constexpr uint32_t kSpinAlgorithmCount = 6;
inline constexpr SpinAlgorithm kDefaultSpinAlgorithm = SpinAlgorithm::kQspinlock;  // x86's and arm64's

// The algorithm named by `length` characters at `name`. False, and *algorithm unchanged, if there is none.
bool FindSpinAlgorithm(const char* name, unsigned length, SpinAlgorithm* algorithm);

// What locks that are constructed from now on run. Set once, before a program's tasks exist.
void SetSpinAlgorithm(SpinAlgorithm algorithm);
SpinAlgorithm CurrentSpinAlgorithm();

// The bare algorithm, without preemption, interrupts or observers. Whoever owns it keeps which one it is (lock_tag.h).
class SpinCore {
 public:
  explicit SpinCore(SpinAlgorithm algorithm) {
    With(algorithm, [](auto& lock) { new (&lock) std::remove_reference_t<decltype(lock)>; });
  }
  ~SpinCore() {}  // its owner calls Destroy(), which must be told what there is to destroy
  SpinCore(const SpinCore&) = delete;
  SpinCore& operator=(const SpinCore&) = delete;
  void Destroy(SpinAlgorithm algorithm) {
    if (algorithm == SpinAlgorithm::kClh) clh_.~ClhLock();  // the others hold nothing
  }

  void lock(SpinAlgorithm algorithm) {
    With(algorithm, [](auto& lock) { lock.lock(); });
  }
  bool try_lock(SpinAlgorithm algorithm) {
    return With(algorithm, [](auto& lock) { return lock.try_lock(); });
  }
  void unlock(SpinAlgorithm algorithm) {
    With(algorithm, [](auto& lock) { lock.unlock(); });
  }

 private:
  template <typename F>
  __attribute__((always_inline)) std::invoke_result_t<F, TasLock&> With(SpinAlgorithm algorithm, F f) {
    // Compared, the ones most run first: a table's indirect jump is guessed wrong more often.
    if (algorithm == SpinAlgorithm::kTicket) return f(ticket_);
    if (algorithm == SpinAlgorithm::kQspinlock) return f(qspinlock_);
    if (algorithm == SpinAlgorithm::kTas) return f(tas_);
    if (algorithm == SpinAlgorithm::kTtas) return f(ttas_);
    if (algorithm == SpinAlgorithm::kMcs) return f(mcs_);
    return f(clh_);
  }

  union {
    TasLock tas_;
    TtasLock ttas_;
    TicketLock ticket_;
    McsLock mcs_;
    ClhLock clh_;
    QSpinlock qspinlock_;
  };
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_SPIN_ALGORITHM_H_
