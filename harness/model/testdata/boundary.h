// A class that both sides of the boundary use: the instrumented object and the test that loads it. In one static link
// the linker would keep one body of each function for both, and the wrong one (design 1).
#ifndef CFGTORTURE_HARNESS_MODEL_TESTDATA_BOUNDARY_H_
#define CFGTORTURE_HARNESS_MODEL_TESTDATA_BOUNDARY_H_

#include <atomic>
#include <cstdint>

struct OnBothSides {
  std::atomic<uint32_t> count{0};
  uint64_t plain = 0;

  // One atomic operation; one plain read and one plain write of 8 bytes.
  __attribute__((noinline)) void Touch() {
    count.fetch_add(1, std::memory_order_relaxed);
    plain += 3;
  }
};

template <class T>
__attribute__((noinline)) T ReadThrough(const T* from) {  // one plain read
  return *from;
}

#endif  // CFGTORTURE_HARNESS_MODEL_TESTDATA_BOUNDARY_H_
