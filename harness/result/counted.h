// harness/result/counted.h: a number and what it counts: "1 execution", "3 executions".
#ifndef CFGTORTURE_HARNESS_RESULT_COUNTED_H_
#define CFGTORTURE_HARNESS_RESULT_COUNTED_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"

namespace cfgtorture {

inline std::string Counted(uint64_t count, const char* word) {
  return absl::StrCat(count, " ", word, count == 1 ? "" : "s");
}

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_RESULT_COUNTED_H_
