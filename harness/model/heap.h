// harness/model/heap.h: the heap of the code under test: deterministic addresses, and freed memory that stays poisoned.
//
// A bump allocator: nothing is reused within an execution, so a dangling pointer always meets a freed cell of the
// detector; everything is given back at once between executions. Each block has a header of 16 bytes before it.
#ifndef CFGTORTURE_HARNESS_MODEL_HEAP_H_
#define CFGTORTURE_HARNESS_MODEL_HEAP_H_

#include <cstddef>
#include <cstdint>

#include "harness/model/arena.h"

namespace cfgtorture::model {

class Heap {
 public:
  struct Header {
    uint64_t bytes;
    uint64_t live;  // 1, 0 once freed, or kPadding
  };

  static constexpr uint64_t kPadding = 2;  // between a block and one that is aligned more strictly

  void BeginExecution() { next_ = kHeapBase; }
  void* Allocate(size_t bytes, size_t alignment);
  // Marks the block freed. False if `block` is not a live block of this heap.
  bool Free(void* block, size_t* bytes);
  // The block that holds `address`, or null: a walk from the start, for reports.
  const Header* BlockOf(uintptr_t address, uintptr_t* begin) const;
  static bool Owns(const void* block) { return InHeap(reinterpret_cast<uintptr_t>(block)); }

 private:
  uintptr_t next_ = kHeapBase;
};

extern Heap heap;

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_HEAP_H_
