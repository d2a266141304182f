// harness/kernel/spin/mcs.h: MCS queue lock (Mellor-Crummey and Scott, TOCS 1991; facts 7.3): each waiter spins on its
// own node, which whoever is in front clears. Fair in the order of the exchange.
//
// Holds a node of its CPU (queue_nodes.h) from lock() to unlock().
#ifndef CFGTORTURE_HARNESS_KERNEL_SPIN_MCS_H_
#define CFGTORTURE_HARNESS_KERNEL_SPIN_MCS_H_

#include <atomic>

#include "harness/kernel/engine.h"
#include "harness/kernel/spin/queue_nodes.h"

namespace cfgtorture {

class McsLock {
 public:
  McsLock() { QueueNodes::Make(); }

  void lock() {
    QueueNode* node = NewNode();
    QueueNode* front = tail_.exchange(node, std::memory_order_acq_rel);
    if (front != nullptr) {
      front->next.store(node, std::memory_order_release);
      while (node->wait.load(std::memory_order_acquire) != 0) engine::Relax();
    }
    holder_ = node;
  }
  bool try_lock() {
    QueueNode* node = NewNode();
    QueueNode* nobody = nullptr;
    if (!tail_.compare_exchange_strong(nobody, node, std::memory_order_acq_rel, std::memory_order_relaxed)) {
      QueueNodes::Release(node);
      return false;
    }
    holder_ = node;
    return true;
  }
  void unlock() {
    QueueNode* node = holder_;
    QueueNode* next = node->next.load(std::memory_order_acquire);
    if (next == nullptr) {
      QueueNode* last = node;
      if (tail_.compare_exchange_strong(last, nullptr, std::memory_order_release, std::memory_order_relaxed)) {
        QueueNodes::Release(node);
        return;
      }
      while ((next = node->next.load(std::memory_order_acquire)) == nullptr) engine::Relax();  // it is about to link
    }
    next->wait.store(0, std::memory_order_release);
    QueueNodes::Release(node);
  }

 private:
  // The exchange of the tail publishes what is stored here.
  static QueueNode* NewNode() {
    QueueNode* node = QueueNodes::Claim();
    node->next.store(nullptr, std::memory_order_relaxed);
    node->wait.store(1, std::memory_order_relaxed);
    return node;
  }

  std::atomic<QueueNode*> tail_{nullptr};
  QueueNode* holder_ = nullptr;  // guarded by this lock
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_SPIN_MCS_H_
