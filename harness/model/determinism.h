// harness/model/determinism.h: an execution that is run again must end as it did.
#ifndef CFGTORTURE_HARNESS_MODEL_DETERMINISM_H_
#define CFGTORTURE_HARNESS_MODEL_DETERMINISM_H_

#include <cstdint>
#include <functional>
#include <string>

#include "harness/model/machine.h"

namespace cfgtorture::model {

struct Outcome {
  EndReason reason = EndReason::kDone;
  uint64_t hash = 0;
  uint64_t steps = 0;
  bool operator==(const Outcome&) const = default;
};

// It has not: ends the worker with who is to blame. `which` names the execution, and `again` runs it.
[[noreturn]] void NotDeterministic(const std::string& which, const Outcome& first, const Outcome& second,
                                   const std::function<Outcome()>& again);

}  // namespace cfgtorture::model

#endif  // CFGTORTURE_HARNESS_MODEL_DETERMINISM_H_
