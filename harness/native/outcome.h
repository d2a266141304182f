// harness/native/outcome.h: what monitors, libtsan and histograms say, as the fields of a CellResult.
#ifndef CFGTORTURE_HARNESS_NATIVE_OUTCOME_H_
#define CFGTORTURE_HARNESS_NATIVE_OUTCOME_H_

#include <cstdint>
#include <vector>

#include "harness/native/window.h"
#include "harness/result/cell.h"
#include "harness/run/worker.h"

namespace cfgtorture::native {

// Verdicts of the hazards in `mask` that this worker can see, and of any other that fired. A hazard that it cannot see
// is left out: silence of a monitor that is not there is no verdict.
void FillHazards(uint64_t mask, uint64_t deadlocks, CellResult& result);

// Latencies of the operations of this period, by call and context. May be called while tasks run.
void FillOperations(double ns_per_tick, CellResult& result);

// These, rates of the window, each with its interval; percentiles, longest IRQs-off section, fairness. May be called
// while tasks run.
void FillMeasurements(double ns_per_tick, const Window& window, CellResult& result);

// After the tasks have ended: lock statistics, what observing them costs, where the longest IRQs-off section was.
void FillLocks(const run::LoadedPlugin& loaded, double ns_per_tick, CellResult& result);

// The frames of a call chain that lie in the code under test: what lies below is the harness that called it.
std::vector<Frame> CodeFrames(const run::LoadedPlugin& loaded, const uintptr_t* pcs, size_t count);

// After the tasks have ended: what the monitors stored, the kernel words' own checks, and races of the code under test.
std::vector<Finding> FindingsOf(const run::LoadedPlugin& loaded);

}  // namespace cfgtorture::native

#endif  // CFGTORTURE_HARNESS_NATIVE_OUTCOME_H_
