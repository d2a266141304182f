// g++ calls these for volatile accesses (--param=tsan-distinguish-volatile=1), and libtsan has none of them.
//
// A volatile access is what READ_ONCE and WRITE_ONCE are: it does not race with another one, and does with a plain one.
// So libtsan is told of a relaxed atomic access of the same size. For a write that is an addition of 0: the value is
// not known here, and the store itself follows. Misaligned ones are left out: a locked addition across two cache lines
// may trap.
#include <cstdint>

extern "C" {

uint8_t __tsan_atomic8_load(const volatile uint8_t* at, int order);
uint16_t __tsan_atomic16_load(const volatile uint16_t* at, int order);
uint32_t __tsan_atomic32_load(const volatile uint32_t* at, int order);
uint64_t __tsan_atomic64_load(const volatile uint64_t* at, int order);
uint8_t __tsan_atomic8_fetch_add(volatile uint8_t* at, uint8_t by, int order);
uint16_t __tsan_atomic16_fetch_add(volatile uint16_t* at, uint16_t by, int order);
uint32_t __tsan_atomic32_fetch_add(volatile uint32_t* at, uint32_t by, int order);
uint64_t __tsan_atomic64_fetch_add(volatile uint64_t* at, uint64_t by, int order);

void __tsan_volatile_read1(void* at) { __tsan_atomic8_load(static_cast<uint8_t*>(at), __ATOMIC_RELAXED); }
void __tsan_volatile_read2(void* at) { __tsan_atomic16_load(static_cast<uint16_t*>(at), __ATOMIC_RELAXED); }
void __tsan_volatile_read4(void* at) { __tsan_atomic32_load(static_cast<uint32_t*>(at), __ATOMIC_RELAXED); }
void __tsan_volatile_read8(void* at) { __tsan_atomic64_load(static_cast<uint64_t*>(at), __ATOMIC_RELAXED); }
void __tsan_volatile_read16(void* at) {
  __tsan_volatile_read8(at);
  __tsan_volatile_read8(static_cast<uint64_t*>(at) + 1);
}
void __tsan_volatile_write1(void* at) { __tsan_atomic8_fetch_add(static_cast<uint8_t*>(at), 0, __ATOMIC_RELAXED); }
void __tsan_volatile_write2(void* at) { __tsan_atomic16_fetch_add(static_cast<uint16_t*>(at), 0, __ATOMIC_RELAXED); }
void __tsan_volatile_write4(void* at) { __tsan_atomic32_fetch_add(static_cast<uint32_t*>(at), 0, __ATOMIC_RELAXED); }
void __tsan_volatile_write8(void* at) { __tsan_atomic64_fetch_add(static_cast<uint64_t*>(at), 0, __ATOMIC_RELAXED); }
void __tsan_volatile_write16(void* at) {
  __tsan_volatile_write8(at);
  __tsan_volatile_write8(static_cast<uint64_t*>(at) + 1);
}
void __tsan_unaligned_volatile_read2(void*) {}
void __tsan_unaligned_volatile_read4(void*) {}
void __tsan_unaligned_volatile_read8(void*) {}
void __tsan_unaligned_volatile_read16(void*) {}
void __tsan_unaligned_volatile_write2(void*) {}
void __tsan_unaligned_volatile_write4(void*) {}
void __tsan_unaligned_volatile_write8(void*) {}
void __tsan_unaligned_volatile_write16(void*) {}

}  // extern "C"
