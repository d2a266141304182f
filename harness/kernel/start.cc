#include "harness/kernel/start.h"

#include "harness/kernel/irq.h"
#include "harness/kernel/spin/algorithm.h"
#include "harness/kernel/task.h"

namespace cfgtorture {

bool StartKernel(const char* spin) {
  SpinAlgorithm algorithm = kDefaultSpinAlgorithm;
  unsigned length = 0;
  while (spin[length] != '\0') ++length;
  if (length != 0 && !FindSpinAlgorithm(spin, length, &algorithm)) return false;
  SetSpinAlgorithm(algorithm);
  SetSchedulerHook(nullptr, nullptr);
  MakeRunQueues();
  MakeIrqTable();
  return true;
}

}  // namespace cfgtorture
