#include "harness/kernel/spin/algorithm.h"

namespace cfgtorture {
namespace {

SpinAlgorithm algorithm_of_new_locks = kDefaultSpinAlgorithm;

}  // namespace

// Names are looked up before anything is under test; the model need not see it.
__attribute__((no_sanitize("thread"))) bool FindSpinAlgorithm(const char* name, unsigned length,
                                                              SpinAlgorithm* algorithm) {
  for (uint32_t i = 0; i < kSpinAlgorithmCount; ++i) {
    const char* candidate = kSpinAlgorithmNames[i];
    unsigned same = 0;
    while (same < length && candidate[same] == name[same] && candidate[same] != '\0') ++same;
    if (same == length && candidate[same] == '\0') {
      *algorithm = static_cast<SpinAlgorithm>(i);
      return true;
    }
  }
  return false;
}

void SetSpinAlgorithm(SpinAlgorithm algorithm) { algorithm_of_new_locks = algorithm; }
SpinAlgorithm CurrentSpinAlgorithm() { return algorithm_of_new_locks; }

}  // namespace cfgtorture
