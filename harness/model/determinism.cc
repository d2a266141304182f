#include "harness/model/determinism.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "harness/model/arena.h"
#include "harness/model/assert.h"
#include "harness/run/worker.h"

namespace cfgtorture::model {

// Memory of the heap is the same in each execution, and globals are put back; but what lies on a stack that is used
// again is what the execution before has left there.
void NotDeterministic(const std::string& which, const Outcome& first, const Outcome& second,
                      const std::function<Outcome()>& again) {
  FillStacks(0);
  const Outcome zeros = again();
  FillStacks(0xa5);
  if (again() != zeros) {
    run::BadInput(
        absl::StrCat(which,
                     " goes another way with other garbage on its stacks: it reads a local variable that it has not "
                     "written (-Wmaybe-uninitialized, -fsanitize=memory and valgrind find which)"));
  }
  HarnessFailed(absl::StrFormat("%s is not deterministic: %d steps, hash %x; again %d steps, hash %x", which,
                                first.steps, first.hash, second.steps, second.hash));
}

}  // namespace cfgtorture::model
