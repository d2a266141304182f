// harness/model/memory_tso.h: total store order: a buffer of stores for each CPU.
//
// Model       x86-TSO (Owens, Sarkar, Sewell, TPHOLs 2009): a store enters its CPU's buffer and reaches memory in the
//             order of the buffer; a CPU reads its own newest buffered store, else what has reached memory. Locked
//             operations, seq_cst stores (compiled to xchg) and seq_cst fences drain the buffer of their CPU. So do
//             interrupt entry and return, a turn of the CPU to another task, wake-ups, raised interrupts and writes to
//             a device: all of these drain it on hardware or by the kernel's own barriers.
// Choices     kDrains. A load of a location with stores in buffers asks, again and again until the answer is "none",
//             which CPU's oldest store is to drain first. Only loads, read-modify-writes and other drains of the same
//             location can tell when a store drained: so nothing is lost by deciding no earlier.
// Memory      itself holds the newest value executed, though it may be in a buffer yet; what other CPUs see is kept
//             aside. Once the last buffered store of a location has drained, and it is not the one executed last,
//             memory is set to it, unless something else has been written there meanwhile.
// Plain       A plain store is never delayed, so it may be in memory before those that its CPU has stored earlier.
// Whoever
//             is ordered after it sees those anyway; who races with it makes them drain first.
// Guarantees  No outcome that x86-TSO forbids, and all it allows for buffers of kDepth stores and executions as they
//             are interleaved: modification order is the order of draining.
// Spinning    After cpu_relax() the stores that the iteration did not see have drained.
#ifndef CFGTORTURE_HARNESS_MODEL_MEMORY_TSO_H_
#define CFGTORTURE_HARNESS_MODEL_MEMORY_TSO_H_

#include "harness/model/machine.h"
#include "harness/model/memory_model.h"

namespace cfgtorture::model {

class TsoMemory final : public MemoryModel {
 public:
  static constexpr unsigned kDepth = 8;  // stores in one buffer; a ninth drains the first

  void BeginExecution() override;
  void AddContext(unsigned) override {}
  uint64_t Load(AtomicLocation& location, unsigned size, int order) override;
  void Store(AtomicLocation& location, unsigned size, uint64_t value, int order) override;
  uint64_t ReadToModify(AtomicLocation& location, unsigned size) override;
  void Modify(AtomicLocation& location, unsigned size, uint64_t old, uint64_t value, int order) override;
  uint64_t Compare(AtomicLocation& location, unsigned size, uint64_t expected, int failure) override;
  void Wide(AtomicLocation& location, bool write) override;
  void Fence(int order) override;
  void Fork(unsigned) override { DrainAll(OwnCpu()); }
  void Join(unsigned) override {}
  void Wakes(unsigned) override { DrainAll(OwnCpu()); }
  void Woken() override {}
  void TurnsTo(unsigned next, uint64_t others) override;
  void GivesUp(uint64_t) override { DrainAll(OwnCpu()); }
  void Races(uint64_t writers) override;
  bool Delays() const override { return buffers_[OwnCpu()].count != 0; }
  void DeviceWrite() override { DrainAll(OwnCpu()); }
  void Relaxed(uint32_t count) override;
  void Settle() override;

 private:
  static constexpr uint32_t kMaxWaiting = 1u << 12;

  // A location that has had stores in buffers.
  struct Waiting {
    uint64_t visible;      // what has reached memory
    uint64_t executed;     // the newest store, which memory holds
    uint32_t outstanding;  // stores in buffers
    uint32_t size;
  };
  struct BufferedStore {
    AtomicLocation* location;
    uint32_t waiting;  // its place; another one than the location's: memory was written by other means meanwhile
    Epoch released;    // as in AtomicLocation, which gets it when the store drains
    bool has_sync;
    uint64_t value;
    uint32_t sync[kClockWidth];
  };
  struct Buffer {
    uint32_t first = 0;
    uint32_t count = 0;
    BufferedStore stores[kDepth];

    BufferedStore& At(uint32_t n) { return stores[(first + n) % kDepth]; }  // n-th oldest
  };

  unsigned OwnCpu() const { return machine.context().cpu; }
  Waiting* Of(AtomicLocation& location, unsigned size);  // null: no store to it is buffered
  bool Buffers(const BufferedStore& store, const AtomicLocation& location) const {
    return store.location == &location && store.waiting == location.history;
  }
  bool Holds(unsigned cpu, const AtomicLocation& location);
  void LetDrain(AtomicLocation& location, bool may_stop);
  void DrainOldest(unsigned cpu);
  void DrainAll(unsigned cpu);
  uint64_t ReadShared(AtomicLocation& location, unsigned size);
  void Sees(AtomicLocation& location, bool may_read_another);

  uint32_t count_ = 1;      // place 0 is none
  uint64_t not_empty_ = 0;  // CPUs
  Buffer buffers_[kMaxCpus];
  Waiting waiting_[kMaxWaiting];
};

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_MEMORY_TSO_H_
