// harness/model/memory_c11.h: C++20's memory without load buffering; modification order is execution order.
//
// Model       RC11 (Lahav, Vafeiadis, Kang, Hur, Dreyer, PLDI 2017): po and rf acyclic, coherence, and psc for seq_cst
//             accesses and fences, whose order is the order of execution too.
// Algorithm   Each location keeps its last stores, each store when a context first saw it or a newer one, as Relacy
//             (Vyukov, 2008) does: a load may go back from the newest store to the first one that something which
//             happens before the load has seen. RMWs read the newest. The scheme is CDSChecker's (Norris and Demsky,
//             OOPSLA 2013) and tsan11's (Lidbury and Donaldson, POPL 2017) but for its bookkeeping.
// seq_cst     A seq_cst load reads the last seq_cst store or a newer one, and nothing older than what happens before a
//             seq_cst fence that ran earlier. A seq_cst fence shows its context, and who acquires from it, all that
//             happens before earlier such fences and every seq_cst store before it. These are the edges of psc that
//             run against execution order, all of them, so psc stays acyclic. What fences show is kept as a `View`,
//             apart from the clocks of the race detector, since it is no happens-before.
// One CPU     What ran on a CPU is seen by what runs there later (a View again): a task and the handler that interrupts
//             it are never out of order, as on hardware. So is a wake-up by its sleeper, since the scheduler's locks
//             are between them, and an interrupt raised by its handler.
// Guarantees  No outcome that RC11 forbids.
// Misses      Outcomes with modification order against execution order (2+2W, S), load buffering, stores more than
//             kDepth - 1 back. LITMUS.md has the table.
// Spinning    After cpu_relax() a load reads a newer store than in the iteration before, if there is one: so await
//             loops are finite, and a spinner runs once for each value that it may read.
#ifndef CFGTORTURE_HARNESS_MODEL_MEMORY_C11_H_
#define CFGTORTURE_HARNESS_MODEL_MEMORY_C11_H_

#include <cstring>

#include "harness/model/machine.h"
#include "harness/model/memory_model.h"

namespace cfgtorture::model {

class C11Memory final : public MemoryModel {
 public:
  static constexpr unsigned kDepth = 16;  // stores of one location that are kept

  C11Memory();
  void BeginExecution() override;
  void AddContext(unsigned context) override;
  uint64_t Load(AtomicLocation& location, unsigned size, int order) override;
  void Store(AtomicLocation& location, unsigned size, uint64_t value, int order) override;
  uint64_t ReadToModify(AtomicLocation& location, unsigned size) override;
  void Modify(AtomicLocation& location, unsigned size, uint64_t old, uint64_t value, int order) override;
  uint64_t Compare(AtomicLocation& location, unsigned size, uint64_t expected, int failure) override;
  void Wide(AtomicLocation&, bool) override {}  // of such a location no history is kept
  void Fence(int order) override;
  void Fork(unsigned child) override;
  void Join(unsigned ended) override;
  void Wakes(unsigned context) override;
  void Woken() override;
  void TurnsTo(unsigned next, uint64_t others) override;
  void GivesUp(uint64_t others) override;
  void Races(uint64_t) override {}  // C++20 says nothing of what follows
  bool Delays() const override { return false; }
  void DeviceWrite() override {}
  void Relaxed(uint32_t count) override;
  void Settle() override {}  // loads ask machine.asking()

 private:
  static constexpr uint32_t kMaxHistories = 1u << 16;
  static constexpr uint32_t kNever = ~uint32_t{0};

  // What is seen beyond what happens before.
  struct View {
    bool any = false;    // else the rest means nothing
    uint32_t stamp = 0;  // of the last seq_cst fence in it
    alignas(16) uint32_t clock[kClockWidth];
  };
  struct alignas(64) StoreRecord {
    uint64_t value;
    Epoch released;  // as in AtomicLocation, which has it while this store is the newest
    uint32_t sc;     // sc_time_ + 1 when a seq_cst store was made; 0: it is none
    bool has_sync;
    uint8_t writer;
    alignas(16) uint32_t seen[kClockWidth];  // by whom, first: their clocks then, or kNever
    alignas(16) uint32_t sync[kClockWidth];
    View view;  // of what released it
  };
  struct History {
    uint32_t newest;  // store number; its place is the number modulo kDepth
    uint32_t oldest;
    uint32_t last_sc;  // the last seq_cst store, 0: none
    StoreRecord stores[kDepth];

    StoreRecord& At(uint32_t number) { return stores[number % kDepth]; }
  };
  struct ContextViews {
    View own;
    View pending;  // what relaxed loads have seen and no fence has acquired yet
    View release;  // at the last release fence
    View woken;
    uint32_t read[kSpinReads];  // numbers of the stores that machine's reads of this iteration have read
  };

  History* Of(AtomicLocation& location, unsigned size, uint64_t memory) {
    if (location.history != 0) [[likely]] {
      History& history = histories_[location.history];
      if (history.At(history.newest).value == memory && !location.overlapped && location.size() == size) [[likely]]
        return &history;
    }
    return BeginHistory(location, size, memory);
  }
  [[gnu::noinline]] History* BeginHistory(AtomicLocation& location, unsigned size, uint64_t memory);
  bool Hidden(const StoreRecord& store) const;     // is everything older than it?
  uint64_t Readable(History& history, int order);  // bit n: the store n before the newest
  uint64_t OlderReadable(History& history, int order) const;
  uint32_t Choose(const AtomicLocation& location, const History& history, uint64_t readable);
  uint64_t Read(AtomicLocation& location, History& history, uint32_t number, int order);
  uint64_t ReadNewest(AtomicLocation& location, History& history, int order);
  [[gnu::noinline]] uint64_t ReadOlder(AtomicLocation& location, History& history, uint32_t number, int order);
  void Acquire(const View& view, int order);
  StoreRecord& Push(AtomicLocation& location, History& history, uint64_t value, int order);
  void SeeStore(StoreRecord& store);
  void Note(AtomicLocation& location, uint32_t number, bool may_read_another);
  void Show(View& to, unsigned from);  // all that context has seen, in order of execution
  void Include(View& to, const uint32_t* clock);
  void Include(View& to, const View& from) {
    if (from.any) [[unlikely]]
      IncludeView(to, from);
  }
  [[gnu::noinline]] void IncludeView(View& to, const View& from);
  // Clocks, four at a time; width_ is a multiple of four, and not 0.
  using Four [[gnu::vector_size(16)]] = uint32_t;
  void Copy(uint32_t* to, const uint32_t* from) const {
    unsigned i = 0;
    do {
      std::memcpy(to + i, from + i, sizeof(Four));
    } while ((i += 4) < width_);
  }
  void Fill(uint32_t* to, uint32_t value) const {
    const Four four = {value, value, value, value};
    unsigned i = 0;
    do {
      std::memcpy(to + i, &four, sizeof(four));
    } while ((i += 4) < width_);
  }
  bool Meets(const uint32_t* seen, const uint32_t* known) const {
    uint64_t any = 0;
    unsigned i = 0;
    do {
      Four a, b;
      std::memcpy(&a, seen + i, sizeof(a));
      std::memcpy(&b, known + i, sizeof(b));
      const Four met = reinterpret_cast<Four>(a <= b);
      uint64_t halves[2];
      std::memcpy(halves, &met, sizeof(halves));
      any |= halves[0] | halves[1];
    } while ((i += 4) < width_);
    return any != 0;
  }
  void Widen();

  History* histories_;
  uint32_t count_ = 1;  // place 0 is no history
  unsigned width_ = 4;
  uint32_t sc_time_ = 0;  // seq_cst fences of this execution
  View fences_;           // what has happened before any of them
  ContextViews contexts_[kClockWidth];
};

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_MEMORY_C11_H_
