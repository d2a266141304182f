// harness/native/futex.h: raw futex calls. Not through libc's wrappers of anything: libtsan must not see them.
#ifndef CFGTORTURE_HARNESS_NATIVE_FUTEX_H_
#define CFGTORTURE_HARNESS_NATIVE_FUTEX_H_

#include <atomic>
#include <cstdint>

namespace cfgtorture::native {

// Waits while *word == expected, at most timeout_ns (0: no limit). Returns also for no reason, and on any signal: the
// caller looks again.
void FutexWait(std::atomic<uint32_t>& word, uint32_t expected, uint64_t timeout_ns = 0);
void FutexWakeAll(std::atomic<uint32_t>& word);

}  // namespace cfgtorture::native

#endif  // CFGTORTURE_HARNESS_NATIVE_FUTEX_H_
