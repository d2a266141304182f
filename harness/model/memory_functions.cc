// Memory functions, new and delete, and the guards of static initialisers, as the code under test calls them: bound
// here by --wrap for it alone (scripts/cmake/code_under_test.cmake). Race-checked; allocation goes to the model's heap.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "harness/model/abi.h"
#include "harness/model/assert.h"
#include "harness/model/findings.h"
#include "harness/model/heap.h"
#include "harness/model/machine.h"
#include "harness/model/recorder.h"

#define CFGT_ABI extern "C" __attribute__((visibility("default")))
#define CFGT_PC reinterpret_cast<uintptr_t>(__builtin_return_address(0))

using cfgtorture::model::counts;
using cfgtorture::model::Heap;
using cfgtorture::model::heap;
using cfgtorture::model::machine;
using cfgtorture::model::PlainRead;
using cfgtorture::model::PlainWrite;
using cfgtorture::model::recorder;

namespace {

void Read(uintptr_t pc, const void* from, size_t size) {
  ++counts.memory_functions;
  if (size != 0) PlainRead(pc, from, size);
}
void Write(uintptr_t pc, void* to, size_t size) {
  ++counts.memory_functions;
  if (size != 0) PlainWrite(pc, to, size);
}

// Outside an execution (static initialisers, tables of the plug-in) memory must outlive executions.
void* Allocate(size_t size, size_t alignment) {
  if (!machine.running()) {
    void* block = std::aligned_alloc(alignment < 16 ? 16 : alignment, (size + 63) & ~size_t{63});
    CFGT_ASSERT(block != nullptr);
    return block;
  }
  return heap.Allocate(size, alignment);
}

void Release(uintptr_t pc, void* block) {
  if (block == nullptr) return;
  if (!Heap::Owns(block)) {
    std::free(block);
    return;
  }
  machine.EndVolatile();
  size_t size = 0;
  if (!heap.Free(block, &size)) {
    cfgtorture::model::BadFree(pc, block);
    return;
  }
  if (size != 0) {
    recorder.NextFrees();
    PlainWrite(pc, block, size);  // whoever still uses it races with the free
    machine.races().Free(reinterpret_cast<uintptr_t>(block), size);
  }
}

}  // namespace

CFGT_ABI void* __wrap_memcpy(void* to, const void* from, size_t size) {
  Read(CFGT_PC, from, size);
  Write(CFGT_PC, to, size);
  return std::memcpy(to, from, size);
}
CFGT_ABI void* __wrap_memmove(void* to, const void* from, size_t size) {
  Read(CFGT_PC, from, size);
  Write(CFGT_PC, to, size);
  return std::memmove(to, from, size);
}
CFGT_ABI void* __wrap_memset(void* to, int byte, size_t size) {
  Write(CFGT_PC, to, size);
  return std::memset(to, byte, size);
}
CFGT_ABI int __wrap_memcmp(const void* a, const void* b, size_t size) {
  Read(CFGT_PC, a, size);
  Read(CFGT_PC, b, size);
  return std::memcmp(a, b, size);
}
CFGT_ABI size_t __wrap_strlen(const char* text) {
  const size_t length = std::strlen(text);
  Read(CFGT_PC, text, length + 1);
  return length;
}
CFGT_ABI int __wrap_strcmp(const char* a, const char* b) {
  Read(CFGT_PC, a, std::strlen(a) + 1);
  Read(CFGT_PC, b, std::strlen(b) + 1);
  return std::strcmp(a, b);
}
CFGT_ABI int __wrap_strncmp(const char* a, const char* b, size_t size) {
  Read(CFGT_PC, a, strnlen(a, size));
  Read(CFGT_PC, b, strnlen(b, size));
  return std::strncmp(a, b, size);
}

CFGT_ABI void* __wrap_malloc(size_t size) { return Allocate(size, 16); }
CFGT_ABI void* __wrap_calloc(size_t count, size_t size) {
  void* block = Allocate(count * size, 16);
  Write(CFGT_PC, block, count * size);
  return std::memset(block, 0, count * size);
}
CFGT_ABI void __wrap_free(void* block) { Release(CFGT_PC, block); }
CFGT_ABI void* __wrap_realloc(void* block, size_t size) {
  void* grown = Allocate(size, 16);
  if (block != nullptr) {
    const size_t old = Heap::Owns(block) ? (static_cast<Heap::Header*>(block) - 1)->bytes : size;
    std::memcpy(grown, block, old < size ? old : size);
    Release(CFGT_PC, block);
  }
  return grown;
}

CFGT_ABI void* __wrap__Znwm(size_t size) { return Allocate(size, 16); }
CFGT_ABI void* __wrap__Znam(size_t size) { return Allocate(size, 16); }
CFGT_ABI void* __wrap__ZnwmSt11align_val_t(size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<size_t>(alignment));
}
CFGT_ABI void* __wrap__ZnamSt11align_val_t(size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<size_t>(alignment));
}
CFGT_ABI void __wrap__ZdaPvSt11align_val_t(void* block, std::align_val_t) { Release(CFGT_PC, block); }
CFGT_ABI void __wrap__ZdlPv(void* block) { Release(CFGT_PC, block); }
CFGT_ABI void __wrap__ZdaPv(void* block) { Release(CFGT_PC, block); }
CFGT_ABI void __wrap__ZdlPvm(void* block, size_t) { Release(CFGT_PC, block); }
CFGT_ABI void __wrap__ZdaPvm(void* block, size_t) { Release(CFGT_PC, block); }
CFGT_ABI void __wrap__ZdlPvSt11align_val_t(void* block, std::align_val_t) { Release(CFGT_PC, block); }
CFGT_ABI void __wrap__ZdlPvmSt11align_val_t(void* block, size_t, std::align_val_t) { Release(CFGT_PC, block); }

// libstdc++'s guards belong to the OS thread, not to the fiber: a switch inside an initialiser would hang. Byte 0 says
// initialised (the compiler's own fast path reads it), byte 1 in progress; who finds that spins. All through the ABI,
// so that the initialiser happens before whoever finds it done.
extern "C" uint8_t __tsan_atomic8_load(const volatile uint8_t* from, int order);
extern "C" void __tsan_atomic8_store(volatile uint8_t* to, uint8_t value, int order);
extern "C" uint8_t __tsan_atomic8_exchange(volatile uint8_t* to, uint8_t value, int order);

namespace {
constexpr int kAcquire = 2, kRelease = 3;
}

CFGT_ABI int __wrap___cxa_guard_acquire(uint8_t* guard) {
  for (;;) {
    if (__tsan_atomic8_load(guard, kAcquire) != 0) return 0;
    if (__tsan_atomic8_exchange(guard + 1, 1, kAcquire) == 0) {
      if (__tsan_atomic8_load(guard, kAcquire) == 0) return 1;
      __tsan_atomic8_store(guard + 1, 0, kRelease);
      return 0;
    }
    machine.Relax(CFGT_PC);
  }
}
CFGT_ABI void __wrap___cxa_guard_release(uint8_t* guard) {
  __tsan_atomic8_store(guard, 1, kRelease);
  __tsan_atomic8_store(guard + 1, 0, kRelease);
}
CFGT_ABI void __wrap___cxa_guard_abort(uint8_t* guard) { __tsan_atomic8_store(guard + 1, 0, kRelease); }
