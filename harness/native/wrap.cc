// What the instrumented code under test calls for memory (CFGT_WRAPPED in scripts/cmake/code_under_test.cmake), in the
// tsan worker: passed on to libc's names, which libtsan intercepts and checks for races. Each is a tail call, so that
// libtsan sees the code under test as the caller, and not this file.
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

extern "C" {

int __cxa_guard_acquire(void* guard);
void __cxa_guard_release(void* guard);
void __cxa_guard_abort(void* guard);

void* __wrap_memcpy(void* to, const void* from, size_t n) { return memcpy(to, from, n); }
void* __wrap_memmove(void* to, const void* from, size_t n) { return memmove(to, from, n); }
void* __wrap_memset(void* to, int value, size_t n) { return memset(to, value, n); }
int __wrap_memcmp(const void* a, const void* b, size_t n) { return memcmp(a, b, n); }
size_t __wrap_strlen(const char* text) { return strlen(text); }
int __wrap_strcmp(const char* a, const char* b) { return strcmp(a, b); }
int __wrap_strncmp(const char* a, const char* b, size_t n) { return strncmp(a, b, n); }

void* __wrap_malloc(size_t n) { return malloc(n); }
void __wrap_free(void* memory) { free(memory); }
void* __wrap_calloc(size_t count, size_t n) { return calloc(count, n); }
void* __wrap_realloc(void* memory, size_t n) { return realloc(memory, n); }

void* __wrap__Znwm(size_t n) { return operator new(n); }
void* __wrap__Znam(size_t n) { return operator new[](n); }
void* __wrap__ZnwmSt11align_val_t(size_t n, std::align_val_t align) { return operator new(n, align); }
void __wrap__ZdlPv(void* memory) { operator delete(memory); }
void __wrap__ZdaPv(void* memory) { operator delete[](memory); }
void __wrap__ZdlPvm(void* memory, size_t) { operator delete(memory); }
void __wrap__ZdaPvm(void* memory, size_t) { operator delete[](memory); }
void* __wrap__ZnamSt11align_val_t(size_t n, std::align_val_t align) { return operator new[](n, align); }
void __wrap__ZdaPvSt11align_val_t(void* memory, std::align_val_t align) { operator delete[](memory, align); }
void __wrap__ZdlPvSt11align_val_t(void* memory, std::align_val_t align) { operator delete(memory, align); }
void __wrap__ZdlPvmSt11align_val_t(void* memory, size_t, std::align_val_t align) { operator delete(memory, align); }

int __wrap___cxa_guard_acquire(void* guard) { return __cxa_guard_acquire(guard); }
void __wrap___cxa_guard_release(void* guard) { __cxa_guard_release(guard); }
void __wrap___cxa_guard_abort(void* guard) { __cxa_guard_abort(guard); }

}  // extern "C"
