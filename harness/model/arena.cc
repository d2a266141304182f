#include "harness/model/arena.h"

#include <sys/mman.h>

#include <cstring>

#include "harness/model/assert.h"

namespace cfgtorture::model {
namespace {

void MapAt(uintptr_t address, size_t bytes) {
  void* wanted = At<void>(address);
  void* got = mmap(wanted, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  CFGT_ASSERT(got == wanted);
}

constexpr size_t kGuardBytes = 4096;

}  // namespace

void FillStacks(int byte) {
  for (unsigned context = 0; context < kMaxContexts; ++context) {
    std::memset(StackBottom(context) + kGuardBytes, byte, kStackBytes - kGuardBytes);
  }
}

void MapArena() {
  static bool mapped = false;
  if (mapped) return;
  mapped = true;
  MapAt(kBase, kArenaBytes);
  // A frame too large for its stack must not reach the next context's.
  for (unsigned context = 0; context < 64; ++context) {
    CFGT_ASSERT(mprotect(StackBottom(context), kGuardBytes, PROT_NONE) == 0);
  }
  MapAt(kShadowBase, kArenaBytes * 4);  // 32 bytes a granule of 8
  MapAt(kDataShadowBase, kDataShadowBytes);
}

}  // namespace cfgtorture::model
