// harness/result/replay_command.h: the command line that repeats a token, which names the plug-in that it was made
// from.
#ifndef CFGTORTURE_HARNESS_RESULT_REPLAY_COMMAND_H_
#define CFGTORTURE_HARNESS_RESULT_REPLAY_COMMAND_H_

#include <string>
#include <string_view>
#include <vector>

#include "harness/result/run_result.h"

namespace cfgtorture {

// File name of the tool's own code under test, without "BUILD.so".
inline constexpr std::string_view kBuiltInCode = "libcfgt_code_";
bool IsBuiltIn(std::string_view plugin);

// The command that repeats a token, or "RESULT.json --finding FINGERPRINT", made from the code under test at `plugin`.
std::string ReplayCommand(std::vector<std::string> what, const std::string& plugin);
// The same, of a row of the result, whose cells are all of one plug-in.
std::string ReplayCommand(const RunResult& result, const std::string& token);

}  // namespace cfgtorture

#endif  // CFGTORTURE_HARNESS_RESULT_REPLAY_COMMAND_H_
