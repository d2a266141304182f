// harness/cli/print_run.h: what stress and explore print: cells, findings, what to do next.
#ifndef CFGTORTURE_HARNESS_CLI_PRINT_RUN_H_
#define CFGTORTURE_HARNESS_CLI_PRINT_RUN_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "harness/cli/session.h"

namespace cfgtorture::cli {

// Prints to session.text(), if that is not null; returns the lines that say what to do next.
std::vector<std::string> PrintRun(Session& session);

// --perfetto FILE; "" is none.
absl::Status SavePerfetto(const RunResult& result, const std::string& path);

}  // namespace cfgtorture::cli

#endif  // CFGTORTURE_HARNESS_CLI_PRINT_RUN_H_
