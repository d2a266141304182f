// harness/model/assert.h: always-on assertions for bugs of ours. One names its place and, through the worker's exit
// status 3, the cell; the front end shows both.
#ifndef CFGTORTURE_HARNESS_MODEL_ASSERT_H_
#define CFGTORTURE_HARNESS_MODEL_ASSERT_H_

#include <cstdio>
#include <cstdlib>
#include <string>

#define CFGT_ASSERT(condition)                                                                      \
  do {                                                                                              \
    if (!(condition)) [[unlikely]] {                                                                \
      std::fprintf(stderr, "cfgtorture: bug of ours: %s:%d: %s\n", __FILE__, __LINE__, #condition); \
      std::_Exit(3);                                                                                \
    }                                                                                               \
  } while (false)

namespace cfgtorture::model {

// A bug of ours that is no assertion's.
[[noreturn]] inline void HarnessFailed(const std::string& text) {
  std::fprintf(stderr, "cfgtorture-model: %s\n", text.c_str());
  std::_Exit(3);
}

// The program takes more than the model has room for, which is no bug of ours: the worker's exit status 2.
[[noreturn]] inline void BeyondLimit(const char* what, unsigned long long limit) {
  std::fprintf(stderr, "the program takes more than %llu %s in one execution, all that the model has room for\n", limit,
               what);
  std::_Exit(2);
}

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_ASSERT_H_
