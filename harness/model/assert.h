// harness/model/assert.h: always-on assertions for bugs of ours. One names its place and, through the worker's exit
// status 3, the cell; the front end shows both.
#ifndef CFGTORTURE_HARNESS_MODEL_ASSERT_H_
#define CFGTORTURE_HARNESS_MODEL_ASSERT_H_

#include <cstdio>
#include <cstdlib>

#define CFGT_ASSERT(condition)                                                                      \
  do {                                                                                              \
    if (!(condition)) [[unlikely]] {                                                                \
      std::fprintf(stderr, "cfgtorture: bug of ours: %s:%d: %s\n", __FILE__, __LINE__, #condition); \
      std::_Exit(3);                                                                                \
    }                                                                                               \
  } while (false)

#endif  // CFGTORTURE_HARNESS_MODEL_ASSERT_H_
