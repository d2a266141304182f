#include "harness/kernel/spin/queue_nodes.h"

#include <new>

#include "harness/kernel/spin/tas.h"

namespace cfgtorture {
namespace {

struct alignas(64) NodesOfCpu {
  QueueNode nodes[QueueNodes::kPerCpu];
};

struct ClhPlace {
  ClhNode* node;
  bool used;
};

struct alignas(64) ClhOfCpu {
  ClhPlace places[QueueNodes::kPerCpu];
  ClhNode first[QueueNodes::kPerCpu];  // of the places, until they adopt others
};

NodesOfCpu* nodes_of_cpu = nullptr;
ClhOfCpu* clh_of_cpu = nullptr;

// Bare memory: a model's execution begins with this, and all but the marks is stored by whoever claims a node.
template <typename T>
__attribute__((no_sanitize("thread"))) T* OnePerCpu() {
  return static_cast<T*>(
      ::operator new (sizeof(T) * static_cast<unsigned>(engine::CpuCount()), std::align_val_t{alignof(T)}));
}

ClhNode* spare = nullptr;  // guarded by spare_lock
TasLock spare_lock;

[[noreturn]] void TooMany() { engine::EndExecution("more than eight queued spinlocks held on one CPU"); }

}  // namespace

// Bookkeeping of one CPU, which no other looks at; the kernel's is one this_cpu_inc(). So it is kept out of the
// instrumentation: it neither races nor needs to be explored.
__attribute__((no_sanitize("thread"))) void QueueNodes::Make() {
  if (nodes_of_cpu != nullptr) return;
  nodes_of_cpu = OnePerCpu<NodesOfCpu>();
  for (int cpu = 0; cpu < engine::CpuCount(); ++cpu) {
    for (QueueNode& node : nodes_of_cpu[cpu].nodes) node.used = false;
  }
}

__attribute__((no_sanitize("thread"))) void QueueNodes::MakeClh() {
  if (clh_of_cpu != nullptr) return;
  clh_of_cpu = OnePerCpu<ClhOfCpu>();
  for (int cpu = 0; cpu < engine::CpuCount(); ++cpu) {
    for (unsigned i = 0; i < kPerCpu; ++i) clh_of_cpu[cpu].places[i] = {&clh_of_cpu[cpu].first[i], false};
  }
}

__attribute__((no_sanitize("thread"))) QueueNode* QueueNodes::Claim() {
  for (QueueNode& node : nodes_of_cpu[engine::CurrentCpu()].nodes) {
    if (node.used) continue;
    node.used = true;
    return &node;
  }
  TooMany();
}

__attribute__((no_sanitize("thread"))) void QueueNodes::Release(QueueNode* node) { node->used = false; }

__attribute__((no_sanitize("thread"))) uint32_t QueueNodes::CodeOf(const QueueNode* node) {
  const unsigned cpu = static_cast<unsigned>(engine::CurrentCpu());
  return (cpu + 1) * kPerCpu + static_cast<uint32_t>(node - nodes_of_cpu[cpu].nodes);
}
__attribute__((no_sanitize("thread"))) QueueNode* QueueNodes::NodeOf(uint32_t code) {
  return &nodes_of_cpu[code / kPerCpu - 1].nodes[code % kPerCpu];
}

__attribute__((no_sanitize("thread"))) ClhNode* QueueNodes::ClaimClh() {
  for (ClhPlace& place : clh_of_cpu[engine::CurrentCpu()].places) {
    if (place.used) continue;
    place.used = true;
    return place.node;
  }
  TooMany();
}
__attribute__((no_sanitize("thread"))) void QueueNodes::ReleaseClh(ClhNode* claimed, ClhNode* adopted) {
  for (ClhPlace& place : clh_of_cpu[engine::CurrentCpu()].places) {
    if (place.node != claimed) continue;
    place = {adopted, false};
    return;
  }
}

ClhNode* QueueNodes::TakeSpare() {
  spare_lock.lock();
  ClhNode* node = spare;
  if (node != nullptr) spare = node->next_spare;
  spare_lock.unlock();
  return node != nullptr ? node : new ClhNode;
}

void QueueNodes::GiveSpare(ClhNode* node) {
  spare_lock.lock();
  node->next_spare = spare;
  spare = node;
  spare_lock.unlock();
}

}  // namespace cfgtorture
