// harness/result/rounds_for_test.h: how often a test with random input draws one.
#ifndef CFGTORTURE_HARNESS_RESULT_ROUNDS_FOR_TEST_H_
#define CFGTORTURE_HARNESS_RESULT_ROUNDS_FOR_TEST_H_

#include <algorithm>
#include <cstdlib>

namespace cfgtorture {

// One in so many of what takes long, where each costs more and another build draws them all (CFGT_SHORTER of test
// preset asan, as in workloads/verdicts_test.py).
inline int Shorter() {
  const char* given = std::getenv("CFGT_SHORTER");
  return given == nullptr ? 1 : std::max(std::atoi(given), 1);
}
inline int Rounds(int all, int least) { return std::max(all / Shorter(), std::min(all, least)); }

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_RESULT_ROUNDS_FOR_TEST_H_
