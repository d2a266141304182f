// harness/kernel/spin/queue_nodes.h: the nodes that waiters of a queued spinlock stand on: a few for each CPU, as the
// kernel's qnodes, because a lock word has no room for pointers to stacks and lock() no argument for a node.
//
// Context  Claim() and Release(): preemption off, so that the CPU stays; an interrupt that comes in between gives back
//          what it takes before it returns, so whatever it saw is so again.
// Departs  the kernel has four nodes a CPU, one a context, since a qspinlock's node is free again once the lock is
//          taken. MCS and CLH hold theirs until the unlock, and locks nest, in any order: eight, each with a mark.
#ifndef CFGTORTURE_HARNESS_KERNEL_SPIN_QUEUE_NODES_H_
#define CFGTORTURE_HARNESS_KERNEL_SPIN_QUEUE_NODES_H_

#include <atomic>
#include <cstdint>

#include "harness/kernel/engine.h"

namespace cfgtorture {

// MCS, qspinlock: what a waiter spins on itself.
struct QueueNode {
  std::atomic<QueueNode*> next;  // who waits behind
  std::atomic<uint32_t> wait;    // until whoever is in front clears it
  bool used;
};

// CLH: what whoever waits behind spins on.
struct ClhNode {
  std::atomic<uint32_t> busy;
  ClhNode* next_spare;  // while no lock and no CPU has it
};

class QueueNodes {
 public:
  static constexpr unsigned kPerCpu = 8;

  // Task context; before the first lock that needs nodes is taken. Once made they stay.
  static void Make();
  static void MakeClh();

  static QueueNode* Claim();
  static void Release(QueueNode* node);
  // A number below 2^16, not 0, and back.
  static uint32_t CodeOf(const QueueNode* node);
  static QueueNode* NodeOf(uint32_t code);

  // A node of this CPU's; given back, on the same CPU, as another, which the CPU has from then on.
  static ClhNode* ClaimClh();
  static void ReleaseClh(ClhNode* claimed, ClhNode* adopted);
  // A free node, for a new lock to end its queue with; and back, when the lock is gone. Task context.
  static ClhNode* TakeSpare();
  static void GiveSpare(ClhNode* node);
};

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_KERNEL_SPIN_QUEUE_NODES_H_
