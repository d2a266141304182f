// harness/model/arena.h: where the code under test lives while it is modelled: one range of addresses, the same in
// every process, so that a schedule replays under address randomisation.
//
//   kBase            stacks of the contexts, kStackBytes each
//   kHeapBase        heap (heap.h): a bump allocator, never reused within an execution
//   kShadowBase      detector cells of the two above; kDataShadowBase: those of the object's .data and .bss
//
// 0x100000000000 is taken under AddressSanitizer, 0x200000000000 is free (toolchain.md).
#ifndef CFGTORTURE_HARNESS_MODEL_ARENA_H_
#define CFGTORTURE_HARNESS_MODEL_ARENA_H_

#include <cstddef>
#include <cstdint>

namespace cfgtorture::model {

inline constexpr unsigned kMaxContexts = 62;  // tasks and interrupt contexts of one execution; bits of a mask
inline constexpr uintptr_t kBase = 0x200000000000;
inline constexpr size_t kStackBytes = size_t{128} << 10;
inline constexpr size_t kStacksBytes = kStackBytes * 64;
inline constexpr uintptr_t kHeapBase = kBase + kStacksBytes;
inline constexpr size_t kHeapBytes = size_t{1} << 30;
inline constexpr size_t kArenaBytes = kStacksBytes + kHeapBytes;
inline constexpr uintptr_t kShadowBase = 0x210000000000;
inline constexpr uintptr_t kDataShadowBase = 0x220000000000;
inline constexpr size_t kDataShadowBytes = size_t{64} << 20;

// Maps the ranges, once a process. Asserts that the kernel gave them.
void MapArena();
// Between executions: each byte of the stacks is `byte`.
void FillStacks(int byte);

// What lies at a number. The ranges are at fixed addresses, and the ABI is handed addresses, so numbers become pointers
// here and nowhere else.
template <typename T>
T* At(uintptr_t address) {
  return reinterpret_cast<T*>(address);
}

inline char* StackBottom(unsigned context) { return At<char>(kBase + context * kStackBytes); }
// The stacks' tops differ in their place within a page. If they did not, what one context saves at a switch and what
// the next one restores would agree in the lowest 12 bits of their addresses, and the processor would hold the load
// back for the store (Intel's Optimization Reference Manual, "4-KByte memory aliasing"): 5 % of lock-counter:ticket's
// time.
inline size_t StackBytes(unsigned context) { return kStackBytes - size_t{context % 8} * 576; }
inline char* StackTop(unsigned context) { return StackBottom(context) + StackBytes(context); }
inline bool InStacks(uintptr_t address) { return address - kBase < kStacksBytes; }
inline unsigned StackOwner(uintptr_t address) { return static_cast<unsigned>((address - kBase) / kStackBytes); }
inline bool InHeap(uintptr_t address) { return address - kHeapBase < kHeapBytes; }

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_ARENA_H_
