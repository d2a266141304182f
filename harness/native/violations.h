// harness/native/violations.h: checks of the kernel's words that failed (observer::Violation), counted without a lock.
#ifndef CFGTORTURE_HARNESS_NATIVE_VIOLATIONS_H_
#define CFGTORTURE_HARNESS_NATIVE_VIOLATIONS_H_

#include <cstdint>
#include <vector>

#include "harness/result/hazard.h"

namespace cfgtorture::native {

struct ViolationCount {
  Hazard hazard;
  const char* text;  // a literal of the code under test
  uint64_t count;
};

// Any thread.
std::vector<ViolationCount> Violations();

}  // namespace cfgtorture::native

#endif  // CFGTORTURE_HARNESS_NATIVE_VIOLATIONS_H_
