// The inner side of the boundary test: accesses whose number is plain from the source. What a function does is said in
// the test, by hand.
#include "harness/model/testdata/boundary.h"

#include <cstring>

#define CFGT_EXPORT_C extern "C" __attribute__((visibility("default"), noinline))

CFGT_EXPORT_C void inner_touch(OnBothSides* object, int times) {
  for (int i = 0; i < times; ++i) object->Touch();
}

CFGT_EXPORT_C uint64_t inner_read(const uint64_t* from) { return ReadThrough(from); }

CFGT_EXPORT_C void inner_write(uint16_t* to) { *to = 7; }

CFGT_EXPORT_C void inner_copy(char* to, const char* from, unsigned long size) { std::memcpy(to, from, size); }

CFGT_EXPORT_C uint32_t inner_volatile(volatile uint32_t* at) {
  *at = 1;
  return *at;
}

CFGT_EXPORT_C void inner_fence() { std::atomic_thread_fence(std::memory_order_seq_cst); }

CFGT_EXPORT_C bool inner_exchange(std::atomic<uint64_t>* at) {
  uint64_t expected = 0;
  return at->compare_exchange_strong(expected, 1);
}
