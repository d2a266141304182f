#include "harness/model/heap.h"

#include <cstring>

#include "harness/model/assert.h"

namespace cfgtorture::model {

Heap heap;

void* Heap::Allocate(size_t bytes, size_t alignment) {
  if (alignment < 16) alignment = 16;
  const size_t size = bytes == 0 ? 16 : (bytes + 15) & ~size_t{15};
  const uintptr_t block = (next_ + sizeof(Header) + alignment - 1) & ~(alignment - 1);
  if (block + size - kHeapBase >= kHeapBytes) BeyondLimit("bytes of heap", kHeapBytes);
  // Padding before an aligned block is a block of its own, so that BlockOf() can walk.
  if (block - sizeof(Header) != next_) {
    auto* padding = At<Header>(next_);
    padding->bytes = block - sizeof(Header) - next_ - sizeof(Header);
    padding->live = kPadding;
  }
  auto* header = At<Header>(block - sizeof(Header));
  header->bytes = bytes;
  header->live = 1;
  next_ = block + size;
  void* result = At<void>(block);
  std::memset(result, 0xa5, size);  // the same garbage in every execution
  return result;
}

bool Heap::Free(void* block, size_t* bytes) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(block);
  if (!InHeap(address) || address >= next_ || address % 16 != 0) return false;
  auto* header = At<Header>(address - sizeof(Header));
  if (header->live != 1) return false;
  header->live = 0;
  *bytes = header->bytes;
  std::memset(block, 0x5a, header->bytes);
  return true;
}

const Heap::Header* Heap::BlockOf(uintptr_t address, uintptr_t* begin) const {
  for (uintptr_t at = kHeapBase; at < next_;) {
    const auto* header = At<const Header>(at);
    const uintptr_t block = at + sizeof(Header);
    const bool padding = header->live == kPadding;
    const uintptr_t size = header->bytes == 0 && !padding ? 16 : (header->bytes + 15) & ~uintptr_t{15};
    if (!padding && address >= block && address < block + size) {
      *begin = block;
      return header;
    }
    at = block + size;
  }
  return nullptr;
}

}  // namespace cfgtorture::model
