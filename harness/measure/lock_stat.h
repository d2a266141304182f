// harness/measure/lock_stat.h: who waited for which lock, where, how long, and for whom; how long it was held.
//
// The figures are those of /proc/lock_stat (Documentation/locking/lockstat.rst): an acquisition that had to wait is a
// contention, and only its time counts as wait time; a bounce is an acquisition (or a contention) on another CPU than
// the last. Besides, lockstorm's: how many acquisitions by others passed while one waited, the longest run of one
// owner.
//
// Blame     a contention is charged to the holder that it directly waited for, the one just before it, as Go's mutex
//           profile charges the unlocker. (lock_stat names the holder at the moment the wait begins.)
// Readers   exclude nobody among themselves, and a reader-cheap lock must stay so: only the first reader after a writer
//           writes the record of the lock. So bounces between readers are not counted, a writer blames that first
//           reader, and "acquisitions by others" and runs are of exclusive ones.
// Threads   a LockTable belongs to one context of one thread. A LockRecord belongs to the lock: it is written by
//           whoever has just acquired it, so its line travels with the lock and is shared no more than that is.
// Cost      no allocation, no read-modify-write. One table row and the record an acquisition; the caller reads the
//           clock, three times an acquisition.
// Memory    all zero bytes is an empty table, and an empty record.
#ifndef CFGTORTURE_HARNESS_MEASURE_LOCK_STAT_H_
#define CFGTORTURE_HARNESS_MEASURE_LOCK_STAT_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace cfgtorture::measure {

// Where in the code under test: return addresses, innermost first. Two, since the lock's own function may be one.
struct LockSite {
  std::array<uintptr_t, 2> pcs{};
  bool operator==(const LockSite&) const = default;
};

struct Times {  // ticks
  uint64_t count = 0, min = 0, max = 0, total = 0;
  void Add(uint64_t ticks) {
    min = count == 0 ? ticks : std::min(min, ticks);
    max = std::max(max, ticks);
    total += ticks;
    ++count;
  }
  void Add(const Times& other) {
    if (other.count == 0) return;
    min = count == 0 ? other.min : std::min(min, other.min);
    max = std::max(max, other.max);
    total += other.total;
    count += other.count;
  }
};

struct LockFigures {
  uint64_t acquisitions = 0;  // successful trylocks included
  uint64_t acquisition_bounces = 0;
  uint64_t contention_bounces = 0;
  uint64_t longest_wait_acquisitions = 0;  // by others, during one wait
  Times wait;                              // its count is the contentions
  Times hold;                              // its count lacks what was not released yet
  void Add(const LockFigures& other) {
    acquisitions += other.acquisitions;
    acquisition_bounces += other.acquisition_bounces;
    contention_bounces += other.contention_bounces;
    longest_wait_acquisitions = std::max(longest_wait_acquisitions, other.longest_wait_acquisitions);
    wait.Add(other.wait);
    hold.Add(other.hold);
  }
};

// Relaxed atomics: a reader may look while a first reader writes; a figure that is off by one then is one that the
// schedule could have given.
struct alignas(64) LockRecord {
  std::atomic<uint64_t> sequence{0};  // exclusive acquisitions so far
  std::atomic<uint32_t> thread{0};    // of the last owner, + 1; 0: nobody yet
  std::atomic<uint32_t> cpu{0};
  std::atomic<uint32_t> shared{0};  // the last owner was a reader
  std::array<std::atomic<uintptr_t>, 2> site{};
  std::atomic<uint64_t> run{0}, longest_run{0};
};

// Who acquires: constant for one context of one task.
struct LockOwner {
  uint32_t thread = 0;
  uint32_t cpu = 0;
};

class LockTable {
 public:
  static constexpr size_t kRows = 4096;   // call sites x locks of one context of one thread
  static constexpr size_t kPairs = 2048;  // waiter x holder
  static constexpr size_t kMaxProbes = 64;
  static constexpr uint32_t kMaxWaits = 8;  // a sleeping lock's wait takes the locks of a wake-up
  static constexpr uint32_t kMaxHeld = 24;

  struct Row {
    uint32_t lock = 0;  // 0: empty
    bool shared = false;
    LockSite site;
    LockFigures figures;
  };
  // Contentions of one lock, by the holder that was waited for.
  struct Pair {
    uint32_t lock = 0;  // 0: empty
    uint32_t thread = 0;
    bool shared = false;  // the holder
    LockSite holder;
    Times wait;
  };

  // `spins`: how often this context has gone round a spin loop so far.
  void Wait(uint32_t lock, const LockRecord& record, uint64_t spins, uint64_t now) {
    if (waits_count_ < kMaxWaits) {
      waits_[waits_count_] = {lock, false, spins, record.sequence.load(std::memory_order_relaxed), now};
    }
    ++waits_count_;
  }
  // What waits has to sleep for it.
  void Blocked() {
    if (waits_count_ != 0 && waits_count_ <= kMaxWaits) waits_[waits_count_ - 1].blocked = true;
  }
  // `tried`: by a trylock, which was not announced by Wait().
  void Acquired(uint32_t lock, bool shared, bool tried, const LockSite& site, const LockOwner& owner,
                LockRecord& record, uint64_t spins, uint64_t now);
  void Released(uint32_t lock, uint64_t now);

  // ---- When nobody records any more.
  const std::array<Row, kRows>& rows() const { return rows_; }
  const std::array<Pair, kPairs>& pairs() const { return pairs_; }
  uint64_t dropped() const { return dropped_; }  // acquisitions that found no room in the table
  uint32_t waits() const { return std::min(waits_count_, kMaxWaits); }
  uint32_t WaitsFor(uint32_t index) const { return waits_[index].lock; }

 private:
  struct OpenWait {
    uint32_t lock;
    bool blocked;
    uint64_t spins;
    uint64_t sequence;
    uint64_t since;
  };
  struct Held {
    uint32_t lock;
    Row* row;  // null: no room
    uint64_t since;
  };

  static size_t Hash(uint32_t lock, bool flag, const LockSite& site) {
    uint64_t hash = lock * 2u + (flag ? 1u : 0u);
    for (const uintptr_t pc : site.pcs) hash = (hash ^ pc) * 0x9e3779b97f4a7c15;
    return static_cast<size_t>(hash >> 32);
  }
  Row* RowOf(uint32_t lock, bool shared, const LockSite& site);
  Pair* PairOf(uint32_t lock, uint32_t thread, bool shared, const LockSite& holder);

  uint32_t waits_count_ = 0;
  uint32_t held_count_ = 0;
  uint64_t dropped_ = 0;
  std::array<OpenWait, kMaxWaits> waits_{};
  std::array<Held, kMaxHeld> held_{};
  std::array<Row, kRows> rows_{};
  std::array<Pair, kPairs> pairs_{};
};

}  // namespace cfgtorture::measure

#endif  // CFGTORTURE_HARNESS_MEASURE_LOCK_STAT_H_
