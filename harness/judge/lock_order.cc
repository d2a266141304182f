#include "harness/judge/lock_order.h"

#include <algorithm>
#include <cstdlib>

namespace cfgtorture::judge {
namespace {

OrderEdge EdgeOf(const HeldLock& outer, const HeldLock& wanted) {
  return {outer.lock_class, wanted.lock_class, outer.shared, wanted.shared, outer.place, wanted.place};
}

}  // namespace

bool LockOrder::Wait(const HeldLock* held, unsigned held_count, const HeldLock& wanted, Path* cycle) {
  bool chained = false;  // an edge from a lock that was itself waited for
  bool added = false;
  for (unsigned i = held_count; i-- > 0;) {
    const HeldLock& outer = held[i];
    if (outer.family == wanted.family && wanted.subclass <= outer.subclass) {  // not down the topology
      if (cycle->empty()) cycle->push_back(EdgeOf(outer, wanted));
      continue;
    }
    if (chained) continue;
    chained = !outer.by_trylock;
    if (Known(outer.lock_class, wanted.lock_class)) continue;
    const OrderEdge edge = EdgeOf(outer, wanted);
    if (cycle->empty() && (reach_[wanted.lock_class] >> outer.lock_class & 1) != 0) {
      *cycle = PathBetween(wanted.lock_class, outer.lock_class);
      cycle->push_back(edge);
    }
    Add(edge);
    added = true;
  }
  return added;
}

void LockOrder::Add(const OrderEdge& edge) {
  const uint64_t from = uint64_t{1} << edge.from;
  const uint64_t reached = uint64_t{1} << edge.to | reach_[edge.to];
  after_[edge.from] |= uint64_t{1} << edge.to;
  reach_[edge.from] |= reached;
  tails_ |= from;
  for (uint64_t mask = tails_; mask != 0; mask &= mask - 1) {
    uint64_t& others = reach_[static_cast<unsigned>(__builtin_ctzll(mask))];
    if ((others & from) != 0) others |= reached;
  }
  edges_.push_back(edge);
}

// Breadth first.
LockOrder::Path LockOrder::PathBetween(ClassId from, ClassId to) const {
  std::array<size_t, kMaxClasses> via;  // index of the edge by which a class was reached
  std::array<ClassId, kMaxClasses> queue;
  unsigned head = 0, tail = 0;
  queue[tail++] = from;
  uint64_t seen = uint64_t{1} << from;
  while ((seen >> to & 1) == 0) {
    if (head == tail) std::abort();
    const ClassId at = queue[head++];
    for (size_t e = 0; e < edges_.size(); ++e) {
      if (edges_[e].from != at || (seen >> edges_[e].to & 1) != 0) continue;
      seen |= uint64_t{1} << edges_[e].to;
      via[edges_[e].to] = e;
      queue[tail++] = edges_[e].to;
    }
  }
  Path path;
  for (ClassId at = to; at != from; at = edges_[via[at]].from) path.push_back(edges_[via[at]]);
  std::reverse(path.begin(), path.end());
  return path;
}

void LockOrder::Forget() {
  for (uint64_t mask = tails_; mask != 0; mask &= mask - 1) {
    const unsigned tail = static_cast<unsigned>(__builtin_ctzll(mask));
    after_[tail] = reach_[tail] = 0;
  }
  tails_ = 0;
  edges_.clear();
}

void LockOrder::CheckInvariants() const {
  std::array<uint64_t, kMaxClasses> bits{};
  for (const OrderEdge& edge : edges_) {
    if ((bits[edge.from] >> edge.to & 1) != 0 || (tails_ >> edge.from & 1) == 0) std::abort();
    bits[edge.from] |= uint64_t{1} << edge.to;
  }
  if (bits != after_) std::abort();
  for (unsigned middle = 0; middle < kMaxClasses; ++middle) {  // Warshall's
    for (uint64_t& row : bits) {
      if ((row >> middle & 1) != 0) row |= bits[middle];
    }
  }
  if (bits != reach_) std::abort();
}

}  // namespace cfgtorture::judge
