// harness/kernel/spin/clh.h: CLH queue lock (Craig 1993; Magnusson, Landin, Hagersten, IPPS 1994; facts 7.3): each
// waiter spins on the node of whoever is in front, and adopts it when it leaves. Fair in the order of the exchange.
//
// Holds a node of its CPU (queue_nodes.h) from lock() to unlock().
#ifndef CFGTORTURE_HARNESS_KERNEL_SPIN_CLH_H_
#define CFGTORTURE_HARNESS_KERNEL_SPIN_CLH_H_

#include <atomic>

#include "harness/kernel/engine.h"
#include "harness/kernel/spin/queue_nodes.h"

namespace cfgtorture {

class ClhLock {
 public:
  ClhLock() : tail_(Free()) {}
  ~ClhLock() { QueueNodes::GiveSpare(tail_.load(std::memory_order_relaxed)); }
  ClhLock(const ClhLock&) = delete;
  ClhLock& operator=(const ClhLock&) = delete;

  void lock() {
    ClhNode* node = QueueNodes::ClaimClh();
    node->busy.store(1, std::memory_order_relaxed);
    ClhNode* front = tail_.exchange(node, std::memory_order_acq_rel);
    Wait(front);
    Hold(node, front);
  }
  // Free means that the last node is not busy. CLH has no way to say "if it is still free" (a node can be the last,
  // leave, and be the last again, busy): then this waits, for a holder on another CPU.
  bool try_lock() {
    ClhNode* last = tail_.load(std::memory_order_acquire);
    if (last->busy.load(std::memory_order_acquire) != 0) return false;
    ClhNode* node = QueueNodes::ClaimClh();
    node->busy.store(1, std::memory_order_relaxed);
    ClhNode* front = last;
    if (!tail_.compare_exchange_strong(last, node, std::memory_order_acq_rel, std::memory_order_relaxed)) {
      QueueNodes::ReleaseClh(node, node);
      return false;
    }
    Wait(front);
    Hold(node, front);
    return true;
  }
  void unlock() {
    ClhNode* node = holder_;
    QueueNodes::ReleaseClh(node, front_);
    node->busy.store(0, std::memory_order_release);
  }

 private:
  static ClhNode* Free() {
    QueueNodes::MakeClh();
    ClhNode* node = QueueNodes::TakeSpare();
    node->busy.store(0, std::memory_order_relaxed);
    return node;
  }

  static void Wait(ClhNode* front) {
    while (front->busy.load(std::memory_order_acquire) != 0) engine::Relax();
  }
  void Hold(ClhNode* node, ClhNode* front) {
    holder_ = node;
    front_ = front;
  }

  std::atomic<ClhNode*> tail_;
  ClhNode* holder_ = nullptr;  // guarded by this lock, as is front_: what it spun on and adopts
  ClhNode* front_ = nullptr;
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_SPIN_CLH_H_
