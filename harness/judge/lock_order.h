// harness/judge/lock_order.h: lock order by class, from one clean run: the first edge that closes a cycle is the
// finding.
//
// An edge A > B says that B was waited for while A was held. Facts come in as small numbers; calls are serialised by
// the caller. A class is a name and a subclass; subclasses of one name (its family) are ordered along the topology,
// parents first, as lockdep's nesting is. Instances, contexts and call chains are evidence: kept beside the edge.
//
// As lockdep does, an edge is drawn from the innermost held lock alone: what was held when that one was waited for has
// its edge already, and a cycle then names every lock of the chain. Locks got by trylock have no edge in, so the search
// goes on outward past them.
//
// Cost        a known edge is one bit; a new one asks a bit of the transitive closure, and updates it over the classes
//             that have edges. Only a cycle is searched for its path. Forgetting an execution costs the edges that it
//             had.
// Misses      what no run did. A trylock adds no edge into its lock, for it cannot wait; edges out of it count.
// Cries wolf  two instances of a family nested by an order that it was not told of: give them subclasses.
// Source      Documentation/locking/lockdep-design.rst (facts 7.1).
#ifndef CFGTORTURE_HARNESS_JUDGE_LOCK_ORDER_H_
#define CFGTORTURE_HARNESS_JUDGE_LOCK_ORDER_H_

#include <array>
#include <cstdint>
#include <vector>

namespace cfgtorture::judge {

using ClassId = uint8_t;  // dense from 0
inline constexpr unsigned kMaxClasses = 64;

// Evidence, in numbers of the caller's that the judges keep and never read.
struct Place {
  uint64_t site = 0;     // in the code
  uint32_t stack = 0;    // a call chain
  uint32_t lock = 0;     // instance
  uint32_t context = 0;  // who
};

struct HeldLock {
  Place place;
  int subclass = 0;
  ClassId lock_class = 0;  // of a name and a subclass
  ClassId family = 0;      // of a name
  bool shared = false;
  bool by_trylock = false;
};

struct OrderEdge {
  ClassId from = 0, to = 0;
  bool from_shared = false, to_shared = false;
  Place held, wanted;  // where each was taken when the edge was first seen
};

class LockOrder {
 public:
  // A path of edges. As what a lock about to be waited for closes: from its class back to a held one, then the new
  // edge. A family inside itself without a higher subclass is a cycle of one edge.
  using Path = std::vector<OrderEdge>;

  // `held` are the locks of the waiting context, oldest first. `cycle` stays empty if nothing is closed. True if an
  // edge is new.
  // REQUIRES: `wanted` is waited for; a trylock is not reported here at all.
  bool Wait(const HeldLock* held, unsigned held_count, const HeldLock& wanted, Path* cycle);
  void Forget();  // a new execution

  bool Known(ClassId from, ClassId to) const { return (after_[from] >> to & 1) != 0; }
  // What is waited for inside `from`, over any number of edges: a set of classes.
  uint64_t Reached(ClassId from) const { return reach_[from]; }
  // The shortest path. REQUIRES: there is one.
  Path PathBetween(ClassId from, ClassId to) const;
  void CheckInvariants() const;  // expensive: every edge is kept once, the bits are theirs, and reach_ is their closure

 private:
  void Add(const OrderEdge& edge);

  std::array<uint64_t, kMaxClasses> after_{};  // bit `to` of after_[from]: the edge is known
  std::array<uint64_t, kMaxClasses> reach_{};  // the same over any number of edges
  uint64_t tails_ = 0;                         // classes with an edge out of them: the only ones that reach anything
  std::vector<OrderEdge> edges_;
};

}  // namespace cfgtorture::judge

#endif  // CFGTORTURE_HARNESS_JUDGE_LOCK_ORDER_H_
