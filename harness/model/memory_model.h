// harness/model/memory_model.h: what an atomic load may read, where that is more than the newest value.
//
// Sequential consistency has none of these: the machine's pointer is null and abi.cc reads and writes memory itself.
// A weaker model is asked for every atomic access of at most 8 bytes, after its scheduling point, and told of all
// that orders memory without an access: tasks that begin and end, wake-ups, interrupts, turns of a CPU.
//
// Guarantees  Memory itself holds the newest value of each location in every model; an older one is what the call of
//             the ABI returns. Happens-before, and so the races, are those of race_detector.h in every model. Which
//             value is read is a choice (choice.h), so tokens replay.
// Departs     Plain accesses, which the compiler makes itself after the call, read the newest value and are never
//             delayed; so are atomics of 16 bytes and those that share bytes with others. Volatile ones: volatile.cc.
#ifndef CFGTORTURE_HARNESS_MODEL_MEMORY_MODEL_H_
#define CFGTORTURE_HARNESS_MODEL_MEMORY_MODEL_H_

#include <cstdint>

#include "harness/model/race_detector.h"

namespace cfgtorture::model {

class MemoryModel {
 public:
  virtual ~MemoryModel() = default;
  virtual void BeginExecution() = 0;
  virtual void AddContext(unsigned context) = 0;

  // Accesses of the current context, all of `size` bytes at the location's address, with their happens-before edges
  // and what spinners have to know. What a load reads.
  virtual uint64_t Load(AtomicLocation& location, unsigned size, int order) = 0;
  virtual void Store(AtomicLocation& location, unsigned size, uint64_t value, int order) = 0;
  // A read-modify-write in two steps: what it reads, then what it makes of that.
  virtual uint64_t ReadToModify(AtomicLocation& location, unsigned size) = 0;
  virtual void Modify(AtomicLocation& location, unsigned size, uint64_t old, uint64_t value, int order) = 0;
  // What a compare-exchange compares. Equal to `expected`: it succeeds, and Modify() follows; else it was a load.
  virtual uint64_t Compare(AtomicLocation& location, unsigned size, uint64_t expected, int failure) = 0;
  // An access of 16 bytes, which is about to be made.
  virtual void Wide(AtomicLocation& location, bool write) = 0;
  virtual void Fence(int order) = 0;  // after RaceDetector::Fence()

  virtual void Fork(unsigned child) = 0;
  virtual void Join(unsigned ended) = 0;
  virtual void Wakes(unsigned context) = 0;  // the current one makes it runnable: a task, or an interrupt it has raised
  virtual void Woken() = 0;                  // the current one, by whoever called Wakes()
  // `next` is about to run where one of `others` ran last.
  virtual void TurnsTo(unsigned next, uint64_t others) = 0;
  // The current context gives its CPU up, for a while or for good, to `others`.
  virtual void GivesUp(uint64_t others) = 0;
  // A plain access, of the current context or of these, meets a write of theirs that nothing orders before it, and
  // which memory holds already.
  virtual void Races(uint64_t writers) = 0;
  virtual bool Delays() const = 0;  // stores of the current context that others cannot see yet
  virtual void DeviceWrite() = 0;
  // The current context has been through cpu_relax() after an iteration that read `count` values (MachineContext).
  virtual void Relaxed(uint32_t count) = 0;
  // Nobody can go on: from now on everybody sees everything.
  virtual void Settle() = 0;
};

inline uint64_t ReadMemory(uintptr_t address, unsigned size) {
  switch (size) {
    case 1:
      return *At<const volatile uint8_t>(address);
    case 2:
      return *At<const volatile uint16_t>(address);
    case 4:
      return *At<const volatile uint32_t>(address);
    default:
      return *At<const volatile uint64_t>(address);
  }
}
inline void WriteMemory(uintptr_t address, unsigned size, uint64_t value) {
  switch (size) {
    case 1:
      *At<volatile uint8_t>(address) = static_cast<uint8_t>(value);
      break;
    case 2:
      *At<volatile uint16_t>(address) = static_cast<uint16_t>(value);
      break;
    case 4:
      *At<volatile uint32_t>(address) = static_cast<uint32_t>(value);
      break;
    default:
      *At<volatile uint64_t>(address) = value;
  }
}

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_MEMORY_MODEL_H_
