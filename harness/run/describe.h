// harness/run/describe.h: what a shared object of code under test offers, asked of a worker process.
#ifndef CFGTORTURE_HARNESS_RUN_DESCRIBE_H_
#define CFGTORTURE_HARNESS_RUN_DESCRIBE_H_

#include <string>

#include "absl/status/statusor.h"
#include "harness/result/catalogue.h"

namespace cfgtorture::run {

// Runs `worker --describe plugin`. Fills bridges, explorers and memories that the worker does not name.
// Errors: InvalidArgument with the worker's own line (not instrumented, not readable); Internal if the worker fails.
absl::StatusOr<Catalogue> Describe(const std::string& worker, const std::string& plugin);

}  // namespace cfgtorture::run

#endif  // CFGTORTURE_HARNESS_RUN_DESCRIBE_H_
